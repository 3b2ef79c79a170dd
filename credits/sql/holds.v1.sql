-- Holds: place, capture, release. One call each, one outcome each.

-- Refuses: spending_restricted, account_frozen, account_in_debt, insufficient_credits, idempotency_key_reused.
-- p_restriction is what the caller found to stop this customer from spending; empty where nothing does.
CREATE OR REPLACE FUNCTION credits_place_hold(
    p_account uuid, p_amount bigint, p_purpose text, p_seconds integer, p_restriction text,
    p_at timestamptz, p_key text, p_actor_kind text, p_actor_id text, p_request_id text
) RETURNS credits_result LANGUAGE plpgsql AS $$
DECLARE
    a credits_account;
    o credits_operation;
    v_hash uuid := md5(concat_ws('|', 'hold', p_amount, p_seconds, p_purpose))::uuid;
    v_hold uuid;
    v_expires timestamptz;
    v_writer text;
BEGIN
    SELECT * INTO a FROM credits_account WHERE workspace_id = p_account FOR NO KEY UPDATE;
    SELECT * INTO o FROM credits_operation WHERE account_id = p_account AND key = p_key;
    IF FOUND THEN
        RETURN credits__replay(o, v_hash);
    END IF;
    IF p_restriction <> '' THEN
        RETURN credits__refused('spending_restricted', a, p_at, p_restriction);
    ELSIF a.frozen_at IS NOT NULL THEN
        RETURN credits__refused('account_frozen', a, p_at);
    ELSIF a.debt > 0 THEN
        RETURN credits__refused('account_in_debt', a, p_at);
    ELSIF a.workspace_id IS NULL OR a.posted - a.held < p_amount THEN
        RETURN credits__refused('insufficient_credits', a, p_at);
    ELSIF a.next_expiry_at <= p_at AND a.posted - a.held - credits__overdue(a, p_at) < p_amount THEN
        RETURN credits__refused('insufficient_credits', a, p_at);
    END IF;
    v_writer := set_config('credits.writer', 'on', true);
    v_hold := credits_new_id(p_at);
    v_expires := p_at + make_interval(secs => p_seconds);
    UPDATE credits_account SET held = held + p_amount WHERE workspace_id = p_account RETURNING * INTO a;
    INSERT INTO credits_hold
        (id, account_id, amount, captured_amount, lost_amount, purpose, status, expires_at, actor_kind, actor_id,
         request_id, idempotency_key, created_at)
    VALUES
        (v_hold, p_account, p_amount, 0, 0, p_purpose, 'open', v_expires, p_actor_kind, p_actor_id, p_request_id,
         p_key, p_at);
    RETURN credits__done('hold', p_key, v_hash, a, v_hold, NULL, NULL, p_amount, 0, v_expires, p_at);
END $$;

-- Spends all of a hold (p_amount NULL) or part of it; the rest returns. Which lots pay is decided here.
-- Refuses: hold_not_found, hold_settled, hold_expired, capture_exceeds_hold, idempotency_key_reused.
-- p_allow_late: work that ran although its hold had expired is captured from what is available, and what is not
-- available any more is recorded as lost. Freezing and restrictions stop new holds, not work already done.
CREATE OR REPLACE FUNCTION credits_capture_hold(
    p_account uuid, p_hold uuid, p_amount bigint, p_allow_late boolean,
    p_at timestamptz, p_key text, p_actor_kind text, p_actor_id text, p_request_id text
) RETURNS credits_result LANGUAGE plpgsql AS $$
DECLARE
    a credits_account;
    o credits_operation;
    h credits_hold;
    v_hash uuid := md5(concat_ws('|', 'capture', p_hold, p_allow_late, p_amount))::uuid;
    v_amount bigint;
    v_entry uuid;
    v_time timestamptz;
    v_closed boolean;
    v_writer text;
BEGIN
    SELECT * INTO a FROM credits_account WHERE workspace_id = p_account FOR NO KEY UPDATE;
    SELECT * INTO o FROM credits_operation WHERE account_id = p_account AND key = p_key;
    IF FOUND THEN
        RETURN credits__replay(o, v_hash);
    END IF;
    SELECT * INTO h FROM credits_hold WHERE id = p_hold;
    IF h.id IS NULL OR h.account_id <> p_account THEN
        RETURN credits__refused('hold_not_found', a, p_at);
    ELSIF h.status NOT IN ('open', 'expired') THEN
        RETURN credits__refused('hold_settled', a, p_at, h.status);
    END IF;
    v_amount := coalesce(p_amount, h.amount);
    IF v_amount > h.amount THEN
        RETURN credits__refused('capture_exceeds_hold', a, p_at, h.amount::text);
    ELSIF h.status = 'expired' OR h.expires_at <= p_at THEN
        IF p_allow_late THEN
            v_writer := set_config('credits.writer', 'on', true);
            RETURN credits__capture_late(a, h, v_amount, v_hash, p_at, p_key, p_actor_kind, p_actor_id, p_request_id);
        END IF;
        RETURN credits__refused('hold_expired', a, p_at, h.status);
    END IF;
    v_writer := set_config('credits.writer', 'on', true);
    v_time := credits__entry_time(a, p_at);
    v_entry := credits_new_id(v_time);
    v_closed := credits__burn(p_account, v_entry, v_amount);
    UPDATE credits_hold
       SET status = 'captured', captured_amount = v_amount, settled_at = p_at, entry_id = v_entry
     WHERE id = p_hold;
    -- Debt cannot be paid by what the capture returns within this statement, hence the CASE and the call below.
    UPDATE credits_account
       SET posted = posted - v_amount,
           held = held - CASE WHEN debt > 0 THEN v_amount ELSE h.amount END,
           last_entry_at = v_time,
           next_expiry_at = CASE WHEN v_closed THEN credits__next_expiry(p_account) ELSE next_expiry_at END
     WHERE workspace_id = p_account RETURNING * INTO a;
    INSERT INTO credits_entry
        (id, account_id, kind, amount, debt_delta, balance_after, hold_id, reason_code, actor_kind, actor_id,
         request_id, idempotency_key, created_at)
    VALUES
        (v_entry, p_account, 'capture', -v_amount, 0, a.posted, p_hold, '', p_actor_kind, p_actor_id,
         p_request_id, p_key, v_time);
    IF a.debt > 0 AND v_amount < h.amount THEN
        a := credits__unhold(a, h.amount - v_amount, p_at, p_key, p_actor_kind, p_actor_id, p_request_id);
    END IF;
    RETURN credits__done('capture', p_key, v_hash, a, p_hold, v_entry, NULL, v_amount, 0, NULL, p_at);
END $$;

-- Takes credits out of hold. Where there is debt they pay it in the same step, for a debtor has nothing free.
CREATE OR REPLACE FUNCTION credits__unhold(
    a credits_account, p_amount bigint, p_at timestamptz, p_key text, p_actor_kind text, p_actor_id text,
    p_request_id text
) RETURNS credits_account LANGUAGE plpgsql AS $$
DECLARE
    v_pay bigint := least(a.debt, p_amount);
    v_entry uuid;
    v_time timestamptz;
BEGIN
    IF v_pay = 0 THEN
        UPDATE credits_account SET held = held - p_amount WHERE workspace_id = a.workspace_id RETURNING * INTO a;
        RETURN a;
    END IF;
    v_time := credits__entry_time(a, p_at);
    v_entry := credits_new_id(v_time);
    PERFORM credits__burn(a.workspace_id, v_entry, v_pay);
    UPDATE credits_account
       SET held = held - p_amount, debt = debt - v_pay, last_entry_at = v_time,
           next_expiry_at = credits__next_expiry(a.workspace_id)
     WHERE workspace_id = a.workspace_id RETURNING * INTO a;
    PERFORM credits__write_entry(v_entry, a, 'settle_debt', 0, -v_pay, NULL, NULL, NULL, '', p_key,
                                 p_actor_kind, p_actor_id, p_request_id);
    RETURN a;
END $$;

-- The hold has expired, the work was done: take what is available, record the rest as lost.
CREATE OR REPLACE FUNCTION credits__capture_late(
    a credits_account, h credits_hold, p_amount bigint, p_hash uuid,
    p_at timestamptz, p_key text, p_actor_kind text, p_actor_id text, p_request_id text
) RETURNS credits_result LANGUAGE plpgsql AS $$
DECLARE
    v_taken bigint;
    v_entry uuid;
    v_time timestamptz;
BEGIN
    IF h.status = 'open' THEN
        -- No sweep has come by yet: its credits return first, as the sweep would have done.
        a := credits__unhold(a, h.amount, p_at, p_key, p_actor_kind, p_actor_id, p_request_id);
    END IF;
    v_taken := least(p_amount, greatest(0, a.posted - a.held - credits__overdue(a, p_at)));
    v_time := credits__entry_time(a, p_at);
    v_entry := credits_new_id(v_time);
    PERFORM credits__burn(a.workspace_id, v_entry, v_taken);
    UPDATE credits_hold
       SET status = 'captured_late', captured_amount = v_taken, lost_amount = p_amount - v_taken, settled_at = p_at,
           entry_id = v_entry
     WHERE id = h.id;
    UPDATE credits_account
       SET posted = posted - v_taken, last_entry_at = v_time, next_expiry_at = credits__next_expiry(a.workspace_id)
     WHERE workspace_id = a.workspace_id RETURNING * INTO a;
    PERFORM credits__write_entry(v_entry, a, 'late_capture', -v_taken, 0, h.id, NULL, NULL, '', p_key,
                                 p_actor_kind, p_actor_id, p_request_id);
    RETURN credits__done('late_capture', p_key, p_hash, a, h.id, v_entry, NULL, v_taken, p_amount - v_taken, NULL, p_at);
END $$;

-- Returns all of a hold. Refuses: hold_not_found, hold_settled (an expired one has returned already).
CREATE OR REPLACE FUNCTION credits_release_hold(
    p_account uuid, p_hold uuid, p_at timestamptz, p_key text, p_actor_kind text, p_actor_id text, p_request_id text
) RETURNS credits_result LANGUAGE plpgsql AS $$
DECLARE
    a credits_account;
    o credits_operation;
    h credits_hold;
    v_hash uuid := md5(concat_ws('|', 'release', p_hold))::uuid;
    v_writer text;
BEGIN
    SELECT * INTO a FROM credits_account WHERE workspace_id = p_account FOR NO KEY UPDATE;
    SELECT * INTO o FROM credits_operation WHERE account_id = p_account AND key = p_key;
    IF FOUND THEN
        RETURN credits__replay(o, v_hash);
    END IF;
    SELECT * INTO h FROM credits_hold WHERE id = p_hold;
    IF h.id IS NULL OR h.account_id <> p_account THEN
        RETURN credits__refused('hold_not_found', a, p_at);
    ELSIF h.status <> 'open' THEN
        RETURN credits__refused('hold_settled', a, p_at, h.status);
    END IF;
    v_writer := set_config('credits.writer', 'on', true);
    UPDATE credits_hold SET status = 'released', settled_at = p_at WHERE id = p_hold;
    a := credits__unhold(a, h.amount, p_at, p_key, p_actor_kind, p_actor_id, p_request_id);
    RETURN credits__done('release', p_key, v_hash, a, p_hold, NULL, NULL, h.amount, 0, NULL, p_at);
END $$;

-- Up to 50 operations in one transaction, one outcome each, in the order asked for. A refused one does not disturb
-- the others. Each element of p_operations: {"op", "account", "key", "hold", "amount", "purpose", "seconds",
-- "allow_late"}; which of them an op needs is as in the functions above.
-- p_restricted says which accounts may not spend and why: {"<account>": "<restriction>"}.
-- With p_key the batch as a whole is remembered for p_account, once anything in it was done: the same operations
-- under that key return the first outcomes, others a single row idempotency_key_reused with the detail 'batch'.
CREATE OR REPLACE FUNCTION credits_run_batch(
    p_operations jsonb, p_account uuid, p_restricted jsonb,
    p_at timestamptz, p_key text, p_actor_kind text, p_actor_id text, p_request_id text
) RETURNS SETOF credits_result LANGUAGE plpgsql AS $$
DECLARE
    b record;
    r credits_result;
    o credits_operation;
    v_hash uuid := md5(p_operations::text)::uuid;
    v_outcomes credits_result[] := '{}';
    v_done boolean := false;
    v_accounts uuid[];
    v_writer text;
BEGIN
    v_accounts := array_append(
        ARRAY(SELECT (e.value ->> 'account')::uuid FROM jsonb_array_elements(p_operations) AS e), p_account);
    PERFORM 1 FROM credits_account WHERE workspace_id = ANY (v_accounts) ORDER BY workspace_id FOR NO KEY UPDATE;
    IF p_key <> '' THEN
        SELECT * INTO o FROM credits_operation WHERE account_id = p_account AND key = p_key;
        IF FOUND AND (o.input_hash <> v_hash OR o.outcomes IS NULL) THEN
            r.code := 'idempotency_key_reused';
            r.detail := 'batch';
            RETURN NEXT r;
            RETURN;
        ELSIF FOUND THEN
            FOR r IN SELECT * FROM jsonb_populate_recordset(NULL::credits_result, o.outcomes) LOOP
                r.replayed := true;
                RETURN NEXT r;
            END LOOP;
            RETURN;
        END IF;
    END IF;
    FOR b IN
        SELECT x.* FROM jsonb_to_recordset(p_operations) AS x(
            op text, account uuid, key text, hold uuid, amount bigint, purpose text, seconds integer,
            allow_late boolean)
    LOOP
        CASE b.op
            WHEN 'hold' THEN
                r := credits_place_hold(b.account, b.amount, b.purpose, b.seconds,
                                        coalesce(p_restricted ->> b.account::text, ''), p_at, b.key, p_actor_kind, p_actor_id, p_request_id);
            WHEN 'capture' THEN
                r := credits_capture_hold(b.account, b.hold, b.amount, coalesce(b.allow_late, false),
                                          p_at, b.key, p_actor_kind, p_actor_id, p_request_id);
            WHEN 'release' THEN
                r := credits_release_hold(b.account, b.hold, p_at, b.key, p_actor_kind, p_actor_id, p_request_id);
        END CASE;
        v_done := v_done OR (r.code = 'ok' AND NOT r.replayed);
        IF p_key <> '' THEN
            v_outcomes := v_outcomes || r;
        END IF;
        RETURN NEXT r;
    END LOOP;
    IF p_key <> '' AND v_done THEN
        v_writer := set_config('credits.writer', 'on', true);
        INSERT INTO credits_operation
            (account_id, key, kind, input_hash, amount, lost, posted, held, debt, outcomes, created_at)
        SELECT p_account, p_key, 'batch', v_hash, 0, 0, posted, held, debt, to_jsonb(v_outcomes), p_at
          FROM credits_account WHERE workspace_id = p_account;
        v_writer := set_config('credits.writer', '', true);
    END IF;
END $$;

-- Returns the credits of holds past their time. Accounts that somebody works on right now are left to the next sweep.
CREATE OR REPLACE FUNCTION credits_expire_holds(p_at timestamptz, p_limit integer, p_actor_id text)
RETURNS TABLE (account_id uuid, hold_id uuid, amount bigint) LANGUAGE plpgsql AS $$
DECLARE
    a credits_account;
    v_account uuid;
    v_freed bigint;
    v_writer text := set_config('credits.writer', 'on', true);
BEGIN
    FOR v_account IN
        SELECT DISTINCT due.account_id FROM (
            SELECT h.account_id FROM credits_hold h
             WHERE h.status = 'open' AND h.expires_at <= p_at ORDER BY h.expires_at LIMIT p_limit
        ) AS due ORDER BY 1
    LOOP
        SELECT * INTO a FROM credits_account WHERE workspace_id = v_account FOR NO KEY UPDATE SKIP LOCKED;
        CONTINUE WHEN NOT FOUND;
        v_freed := 0;
        FOR account_id, hold_id, amount IN
            UPDATE credits_hold h SET status = 'expired', settled_at = p_at
             WHERE h.status = 'open' AND h.expires_at <= p_at AND h.account_id = v_account
            RETURNING h.account_id, h.id, h.amount
        LOOP
            v_freed := v_freed + amount;
            RETURN NEXT;
        END LOOP;
        IF v_freed > 0 THEN
            PERFORM credits__unhold(a, v_freed, p_at, 'expire:' || credits_new_id(p_at), 'system', p_actor_id, '');
        END IF;
    END LOOP;
    v_writer := set_config('credits.writer', '', true);
END $$;
