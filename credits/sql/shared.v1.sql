-- What the ledger's functions share: ids, the result row, the guard, replay and the burn order.
--
-- Rules that hold in every function of this folder:
--   * The account row is the lock of everything that belongs to the account. It is taken first, FOR NO KEY UPDATE;
--     several accounts are locked in the order of their ids. Holds and lots need no locks of their own.
--   * Each statement after the lock sees what was committed before the lock was granted (READ COMMITTED, volatile
--     plpgsql): what decides is read after the lock, never before it.
--   * Holds are looked up by id alone and their status is tested afterwards, so that no plan made from stale
--     statistics can walk the index of open holds.
--   * A refusal is a code in the result, not an exception, and no row was written before it.
--   * "now" is an argument.
--   * credits.writer is on from an operation's first write to its last (see guards).

-- RFC 9562 section 6.2, method 3: twelve bits of sub-millisecond time follow the milliseconds, so that ids made for
-- rising times rise too. Within an account the entries' times rise strictly: their ids are the order of the ledger.
CREATE OR REPLACE FUNCTION credits_new_id(p_at timestamptz) RETURNS uuid
LANGUAGE plpgsql VOLATILE PARALLEL SAFE AS $$
DECLARE
    v_us bigint := extract(epoch FROM p_at) * 1000000;
BEGIN
    RETURN encode(
        substring(int8send(v_us / 1000) FROM 3)
        || substring(int8send(28672 + v_us % 1000 * 4096 / 1000) FROM 7)
        || substring(uuid_send(gen_random_uuid()) FROM 9),
        'hex')::uuid;
END $$;
COMMENT ON FUNCTION credits_new_id IS 'A UUID version 7 made for the given time, in the order of times to the microsecond.';

-- Of the credits past their expiry that a sweep has not taken yet, those that back no hold: they cannot be spent.
CREATE OR REPLACE FUNCTION credits__overdue(a credits_account, p_at timestamptz) RETURNS bigint
LANGUAGE plpgsql STABLE AS $$
BEGIN
    IF a.next_expiry_at IS NULL OR a.next_expiry_at > p_at THEN
        RETURN 0;
    END IF;
    RETURN least(
        (SELECT coalesce(sum(remaining), 0)::bigint FROM credits_lot
          WHERE account_id = a.workspace_id AND is_open AND expires_at <= p_at),
        a.posted + a.debt - a.held);
END $$;

CREATE OR REPLACE FUNCTION credits__refused(p_code text, a credits_account, p_at timestamptz, p_detail text DEFAULT '')
RETURNS credits_result LANGUAGE plpgsql STABLE AS $$
DECLARE
    r credits_result;
BEGIN
    r.code := p_code;
    r.replayed := false;
    r.posted := coalesce(a.posted, 0);
    r.held := coalesce(a.held, 0);
    r.debt := coalesce(a.debt, 0);
    r.available := CASE WHEN a.workspace_id IS NULL THEN 0
                        ELSE greatest(0, a.posted - a.held - credits__overdue(a, p_at)) END;
    r.detail := p_detail;
    RETURN r;
END $$;

-- The key was used before: the first answer, or a refusal where something else is asked now.
CREATE OR REPLACE FUNCTION credits__replay(o credits_operation, p_hash uuid) RETURNS credits_result
LANGUAGE plpgsql STABLE AS $$
DECLARE
    r credits_result;
BEGIN
    r.code := CASE WHEN o.input_hash = p_hash THEN 'ok' ELSE 'idempotency_key_reused' END;
    r.replayed := o.input_hash = p_hash;
    r.posted := o.posted;
    r.held := o.held;
    r.debt := o.debt;
    r.available := greatest(0, o.posted - o.held);
    IF r.replayed THEN
        r.hold_id := o.hold_id;
        r.entry_id := o.entry_id;
        r.lot_id := o.lot_id;
        r.amount := o.amount;
        r.lost := o.lost;
        r.detail := o.kind;
        r.expires_at := o.expires_at;
    END IF;
    RETURN r;
END $$;

-- Remembers what was done under a key and returns it as the result: the last step of every operation, which gives
-- up the right to write. ``a`` is the account after the change. The answer leaves out what is past its expiry and not
-- swept yet, as a look at the balance does.
CREATE OR REPLACE FUNCTION credits__done(
    p_kind text, p_key text, p_hash uuid, a credits_account, p_hold uuid, p_entry uuid, p_lot uuid,
    p_amount bigint, p_lost bigint, p_expires_at timestamptz, p_at timestamptz
) RETURNS credits_result LANGUAGE plpgsql AS $$
DECLARE
    r credits_result;
    v_writer text;
BEGIN
    IF a.next_expiry_at <= p_at THEN
        a.posted := a.posted - credits__overdue(a, p_at);
    END IF;
    INSERT INTO credits_operation
        (account_id, key, kind, input_hash, hold_id, entry_id, lot_id, amount, lost, posted, held, debt, expires_at,
         created_at)
    VALUES
        (a.workspace_id, p_key, p_kind, p_hash, p_hold, p_entry, p_lot, p_amount, p_lost, a.posted, a.held, a.debt,
         p_expires_at, p_at);
    v_writer := set_config('credits.writer', '', true);
    r.code := 'ok';
    r.replayed := false;
    r.hold_id := p_hold;
    r.entry_id := p_entry;
    r.lot_id := p_lot;
    r.amount := p_amount;
    r.lost := p_lost;
    r.detail := p_kind;
    r.posted := a.posted;
    r.held := a.held;
    r.debt := a.debt;
    r.available := greatest(0, a.posted - a.held);
    r.expires_at := p_expires_at;
    RETURN r;
END $$;

-- Takes credits from an account's lots: the lot named first (and what restored it), then by priority, expiry, age.
-- True where a lot that expires was used up: the account's next expiry is to be looked up again.
CREATE OR REPLACE FUNCTION credits__burn(p_account uuid, p_entry uuid, p_amount bigint, p_first uuid DEFAULT NULL)
RETURNS boolean LANGUAGE plpgsql AS $$
DECLARE
    v_left bigint := p_amount;
    v_take bigint;
    v_closed boolean := false;
    l record;
BEGIN
    IF p_first IS NOT NULL THEN
        FOR l IN
            SELECT id, remaining, expires_at FROM credits_lot
             WHERE account_id = p_account AND is_open AND (id = p_first OR restores_id = p_first)
             ORDER BY (id = p_first) DESC, created_at, id
        LOOP
            EXIT WHEN v_left = 0;
            v_take := least(l.remaining, v_left);
            v_left := v_left - v_take;
            v_closed := v_closed OR (v_take = l.remaining AND l.expires_at IS NOT NULL);
            UPDATE credits_lot SET remaining = remaining - v_take WHERE id = l.id;
            INSERT INTO credits_slice (entry_id, lot_id, amount) VALUES (p_entry, l.id, -v_take);
        END LOOP;
    END IF;
    IF v_left = 0 THEN
        RETURN v_closed;
    END IF;
    FOR l IN
        SELECT id, remaining, expires_at FROM credits_lot
         WHERE account_id = p_account AND is_open
         ORDER BY priority, expires_at, created_at, id
    LOOP
        v_take := least(l.remaining, v_left);
        v_left := v_left - v_take;
        v_closed := v_closed OR (v_take = l.remaining AND l.expires_at IS NOT NULL);
        UPDATE credits_lot SET remaining = remaining - v_take WHERE id = l.id;
        INSERT INTO credits_slice (entry_id, lot_id, amount) VALUES (p_entry, l.id, -v_take);
        EXIT WHEN v_left = 0;
    END LOOP;
    IF v_left > 0 THEN
        RAISE EXCEPTION 'account % holds % credits fewer than its balance says', p_account, v_left
            USING ERRCODE = 'data_corrupted';
    END IF;
    RETURN v_closed;
END $$;

-- Writes an entry of an account that is locked and already changed: ``a`` is the account after it.
CREATE OR REPLACE FUNCTION credits__write_entry(
    p_entry uuid, a credits_account, p_kind text, p_amount bigint, p_debt_delta bigint, p_hold uuid, p_lot uuid,
    p_reverses uuid, p_reason_code text, p_key text, p_actor_kind text, p_actor_id text, p_request_id text
) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO credits_entry
        (id, account_id, kind, amount, debt_delta, balance_after, hold_id, lot_id, reverses_id, reason_code, actor_kind,
         actor_id, request_id, idempotency_key, created_at)
    VALUES
        (p_entry, a.workspace_id, p_kind, p_amount, p_debt_delta, a.posted, p_hold, p_lot, p_reverses, p_reason_code,
         p_actor_kind, p_actor_id, p_request_id, p_key, a.last_entry_at);
END $$;

-- The time of the account's next entry: not before the last one, so that the ledger reads in the order it happened.
CREATE OR REPLACE FUNCTION credits__entry_time(a credits_account, p_at timestamptz) RETURNS timestamptz
LANGUAGE sql STABLE PARALLEL SAFE
RETURN greatest(p_at, (a).last_entry_at + interval '1 microsecond');

CREATE OR REPLACE FUNCTION credits__next_expiry(p_account uuid) RETURNS timestamptz
LANGUAGE sql STABLE PARALLEL SAFE
BEGIN ATOMIC
    SELECT min(expires_at) FROM credits_lot WHERE account_id = p_account AND is_open;
END;
