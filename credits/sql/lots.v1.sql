-- Lots: granting, adjusting, reversing, clawing back, expiring; and freezing an account.

-- Adds a lot to an account that is locked, pays debt with it, and writes the entry.
CREATE OR REPLACE FUNCTION credits__add_lot(
    a credits_account, p_kind text, p_amount bigint, p_source text, p_source_ref text, p_priority integer,
    p_expires_at timestamptz, p_paid_minor bigint, p_currency text, p_restores uuid, p_reason_code text, p_hash uuid,
    p_at timestamptz, p_key text, p_actor_kind text, p_actor_id text, p_request_id text
) RETURNS credits_result LANGUAGE plpgsql AS $$
DECLARE
    v_pay bigint := least(a.debt, p_amount);
    v_time timestamptz := credits__entry_time(a, p_at);
    v_entry uuid := credits_new_id(v_time);
    v_lot uuid := credits_new_id(v_time);
    v_writer text := set_config('credits.writer', 'on', true);
BEGIN
    INSERT INTO credits_lot
        (id, account_id, source, source_ref, priority, expires_at, paid_amount_minor, currency, granted, remaining,
         clawed_amount, restores_id, created_at)
    VALUES
        (v_lot, a.workspace_id, p_source, p_source_ref, p_priority, p_expires_at, p_paid_minor, p_currency, p_amount,
         p_amount - v_pay, 0, p_restores, v_time);
    IF p_amount > v_pay THEN
        INSERT INTO credits_slice (entry_id, lot_id, amount) VALUES (v_entry, v_lot, p_amount - v_pay);
    END IF;
    UPDATE credits_account
       SET posted = posted + p_amount, debt = debt - v_pay, last_entry_at = v_time,
           next_expiry_at = CASE WHEN p_amount > v_pay THEN least(next_expiry_at, p_expires_at) ELSE next_expiry_at END
     WHERE workspace_id = a.workspace_id RETURNING * INTO a;
    PERFORM credits__write_entry(v_entry, a, p_kind, p_amount, -v_pay, NULL, v_lot, NULL, p_reason_code, p_key,
                                 p_actor_kind, p_actor_id, p_request_id);
    RETURN credits__done(
        CASE p_kind WHEN 'reinstate' THEN 'claw_back' ELSE p_kind END,
        p_key, p_hash, a, NULL, v_entry, v_lot, p_amount, 0, p_expires_at, p_at);
END $$;

-- A first account for a workspace, locked; the one that somebody else made just now, where that is so.
-- An unknown workspace is a foreign_key_violation when the transaction ends.
CREATE OR REPLACE FUNCTION credits__open_account(p_account uuid, p_at timestamptz) RETURNS credits_account
LANGUAGE plpgsql AS $$
DECLARE
    a credits_account;
    v_writer text := set_config('credits.writer', 'on', true);
BEGIN
    INSERT INTO credits_account (workspace_id, posted, held, debt, frozen_reason, created_at)
    VALUES (p_account, 0, 0, 0, '', p_at) ON CONFLICT DO NOTHING;
    v_writer := set_config('credits.writer', '', true);
    SELECT * INTO a FROM credits_account WHERE workspace_id = p_account FOR NO KEY UPDATE;
    RETURN a;
END $$;

-- Credits come in as a lot. Debt is paid first. Refuses: expires_in_the_past, idempotency_key_reused.
CREATE OR REPLACE FUNCTION credits_grant(
    p_account uuid, p_amount bigint, p_source text, p_source_ref text, p_priority integer, p_expires_at timestamptz,
    p_paid_minor bigint, p_currency text, p_reason_code text,
    p_at timestamptz, p_key text, p_actor_kind text, p_actor_id text, p_request_id text
) RETURNS credits_result LANGUAGE plpgsql AS $$
DECLARE
    a credits_account;
    o credits_operation;
    v_hash uuid := md5(concat_ws('|', 'grant', p_amount, p_source, p_priority,
                                 coalesce(extract(epoch FROM p_expires_at)::text, ''), p_paid_minor, p_currency,
                                 p_reason_code, p_source_ref))::uuid;
BEGIN
    SELECT * INTO a FROM credits_account WHERE workspace_id = p_account FOR NO KEY UPDATE;
    IF NOT FOUND AND (p_expires_at > p_at) IS NOT FALSE THEN
        a := credits__open_account(p_account, p_at);
    END IF;
    SELECT * INTO o FROM credits_operation WHERE account_id = p_account AND key = p_key;
    IF FOUND THEN
        RETURN credits__replay(o, v_hash);
    END IF;
    IF p_expires_at <= p_at THEN
        RETURN credits__refused('expires_in_the_past', a, p_at);
    END IF;
    RETURN credits__add_lot(a, 'grant', p_amount, p_source, p_source_ref, p_priority, p_expires_at, p_paid_minor,
                            p_currency, NULL, p_reason_code, v_hash, p_at, p_key, p_actor_kind, p_actor_id,
                            p_request_id);
END $$;

-- A correction: credits added as a lot of their own, or taken in burn order from what is available.
-- Refuses: insufficient_credits, idempotency_key_reused.
CREATE OR REPLACE FUNCTION credits_adjust(
    p_account uuid, p_amount bigint, p_priority integer, p_expires_at timestamptz, p_reason_code text,
    p_at timestamptz, p_key text, p_actor_kind text, p_actor_id text, p_request_id text
) RETURNS credits_result LANGUAGE plpgsql AS $$
DECLARE
    a credits_account;
    o credits_operation;
    v_hash uuid := md5(concat_ws('|', 'adjust', p_amount, p_priority,
                                 coalesce(extract(epoch FROM p_expires_at)::text, ''), p_reason_code))::uuid;
    v_time timestamptz;
    v_entry uuid;
    v_writer text;
BEGIN
    SELECT * INTO a FROM credits_account WHERE workspace_id = p_account FOR NO KEY UPDATE;
    IF NOT FOUND AND p_amount > 0 AND (p_expires_at > p_at) IS NOT FALSE THEN
        a := credits__open_account(p_account, p_at);
    END IF;
    SELECT * INTO o FROM credits_operation WHERE account_id = p_account AND key = p_key;
    IF FOUND THEN
        RETURN credits__replay(o, v_hash);
    END IF;
    IF p_expires_at <= p_at THEN
        RETURN credits__refused('expires_in_the_past', a, p_at);
    ELSIF p_amount > 0 THEN
        RETURN credits__add_lot(a, 'adjust', p_amount, 'adjustment', '', p_priority, p_expires_at, 0, '', NULL,
                                p_reason_code, v_hash, p_at, p_key, p_actor_kind, p_actor_id, p_request_id);
    ELSIF a.workspace_id IS NULL OR a.posted - a.held - credits__overdue(a, p_at) < -p_amount THEN
        RETURN credits__refused('insufficient_credits', a, p_at);
    END IF;
    v_writer := set_config('credits.writer', 'on', true);
    v_time := credits__entry_time(a, p_at);
    v_entry := credits_new_id(v_time);
    PERFORM credits__burn(p_account, v_entry, -p_amount);
    UPDATE credits_account
       SET posted = posted + p_amount, last_entry_at = v_time, next_expiry_at = credits__next_expiry(p_account)
     WHERE workspace_id = p_account RETURNING * INTO a;
    PERFORM credits__write_entry(v_entry, a, 'adjust', p_amount, 0, NULL, NULL, NULL, p_reason_code, p_key,
                                 p_actor_kind, p_actor_id, p_request_id);
    RETURN credits__done('adjust', p_key, v_hash, a, NULL, v_entry, NULL, p_amount, 0, NULL, p_at);
END $$;

-- Undoes an entry by its opposite, through the lots it touched. What a spend returns to a lot past its expiry
-- expires with the next sweep. A hold that was captured stays captured.
-- Refuses: entry_not_found, entry_not_reversible, entry_already_reversed, reversal_would_overdraw (the credits of a
-- grant are spent, held, clawed back, or have paid debt), idempotency_key_reused.
CREATE OR REPLACE FUNCTION credits_reverse_entry(
    p_account uuid, p_entry uuid, p_reason_code text,
    p_at timestamptz, p_key text, p_actor_kind text, p_actor_id text, p_request_id text
) RETURNS credits_result LANGUAGE plpgsql AS $$
DECLARE
    a credits_account;
    o credits_operation;
    e credits_entry;
    l credits_lot;
    v_hash uuid := md5(concat_ws('|', 'reverse', p_entry, p_reason_code))::uuid;
    v_left bigint;
    v_time timestamptz;
    v_new uuid;
    v_writer text;
BEGIN
    SELECT * INTO a FROM credits_account WHERE workspace_id = p_account FOR NO KEY UPDATE;
    SELECT * INTO o FROM credits_operation WHERE account_id = p_account AND key = p_key;
    IF FOUND THEN
        RETURN credits__replay(o, v_hash);
    END IF;
    SELECT * INTO e FROM credits_entry WHERE id = p_entry;
    IF e.id IS NULL OR e.account_id <> p_account THEN
        RETURN credits__refused('entry_not_found', a, p_at);
    ELSIF e.kind NOT IN ('grant', 'capture', 'late_capture', 'adjust') OR e.amount = 0 THEN
        RETURN credits__refused('entry_not_reversible', a, p_at, e.kind);
    ELSIF EXISTS (SELECT 1 FROM credits_entry WHERE reverses_id = p_entry) THEN
        RETURN credits__refused('entry_already_reversed', a, p_at);
    END IF;
    IF e.amount > 0 THEN
        SELECT * INTO l FROM credits_lot WHERE id = e.lot_id;
        v_left := least(l.remaining, l.granted - l.clawed_amount, a.posted + a.debt - a.held);
        IF v_left < e.amount THEN
            RETURN credits__refused('reversal_would_overdraw', a, p_at, v_left::text);
        END IF;
    END IF;
    v_writer := set_config('credits.writer', 'on', true);
    v_time := credits__entry_time(a, p_at);
    v_new := credits_new_id(v_time);
    UPDATE credits_lot SET remaining = remaining - s.amount, reversed_amount = reversed_amount + greatest(e.amount, 0)
      FROM credits_slice s WHERE s.entry_id = p_entry AND credits_lot.id = s.lot_id;
    INSERT INTO credits_slice (entry_id, lot_id, amount)
    SELECT v_new, lot_id, -amount FROM credits_slice WHERE entry_id = p_entry;
    -- What returns to a debtor stays held for a moment, until the statements below pay the debt with it.
    UPDATE credits_account
       SET posted = posted - e.amount, last_entry_at = v_time, next_expiry_at = credits__next_expiry(p_account),
           held = held + CASE WHEN debt > 0 THEN -e.amount ELSE 0 END
     WHERE workspace_id = p_account RETURNING * INTO a;
    PERFORM credits__write_entry(v_new, a, 'reverse', -e.amount, 0, e.hold_id, e.lot_id, p_entry, p_reason_code, p_key,
                                 p_actor_kind, p_actor_id, p_request_id);
    IF a.debt > 0 THEN
        a := credits__unhold(a, -e.amount, p_at, p_key, p_actor_kind, p_actor_id, p_request_id);
    END IF;
    RETURN credits__done('reverse', p_key, v_hash, a, e.hold_id, v_new, e.lot_id, -e.amount, 0, NULL, p_at);
END $$;

-- Takes back what a lot was granted until p_target credits of it are gone in total, however often and in whatever
-- order it is asked: an amount reached already is ``unchanged``, and a smaller target gives credits back only with
-- p_reinstate. What a reversal took counts as gone, and is never given back. Takes from this lot, then in burn order, never from what is held; the rest is debt.
-- Refuses: lot_not_found, claw_back_exceeds_grant, idempotency_key_reused.
CREATE OR REPLACE FUNCTION credits_claw_back(
    p_account uuid, p_lot uuid, p_target bigint, p_reinstate boolean, p_reason_code text,
    p_at timestamptz, p_key text, p_actor_kind text, p_actor_id text, p_request_id text
) RETURNS credits_result LANGUAGE plpgsql AS $$
DECLARE
    a credits_account;
    o credits_operation;
    l credits_lot;
    r credits_result;
    v_hash uuid := md5(concat_ws('|', 'claw_back', p_lot, p_target, p_reinstate, p_reason_code))::uuid;
    v_delta bigint;
    v_take bigint;
    v_time timestamptz;
    v_entry uuid;
    v_writer text;
BEGIN
    SELECT * INTO a FROM credits_account WHERE workspace_id = p_account FOR NO KEY UPDATE;
    SELECT * INTO o FROM credits_operation WHERE account_id = p_account AND key = p_key;
    IF FOUND THEN
        RETURN credits__replay(o, v_hash);
    END IF;
    SELECT * INTO l FROM credits_lot WHERE id = p_lot;
    IF l.id IS NULL OR l.account_id <> p_account THEN
        RETURN credits__refused('lot_not_found', a, p_at);
    ELSIF p_target > l.granted THEN
        RETURN credits__refused('claw_back_exceeds_grant', a, p_at, l.granted::text);
    END IF;
    v_delta := greatest(0, p_target - l.reversed_amount) - l.clawed_amount;
    IF v_delta = 0 OR (v_delta < 0 AND NOT p_reinstate) THEN
        r := credits__refused('unchanged', a, p_at);
        r.lot_id := p_lot;
        r.amount := 0;
        RETURN r;
    END IF;
    v_writer := set_config('credits.writer', 'on', true);
    UPDATE credits_lot SET clawed_amount = clawed_amount + v_delta WHERE id = p_lot;
    IF v_delta < 0 THEN
        RETURN credits__add_lot(a, 'reinstate', -v_delta, l.source, l.source_ref, l.priority, l.expires_at,
                                round(l.paid_amount_minor::numeric * -v_delta / l.granted)::bigint, l.currency,
                                l.id, p_reason_code, v_hash,
                                p_at, p_key, p_actor_kind, p_actor_id, p_request_id);
    END IF;
    v_take := least(v_delta, a.posted + a.debt - a.held);
    v_time := credits__entry_time(a, p_at);
    v_entry := credits_new_id(v_time);
    PERFORM credits__burn(p_account, v_entry, v_take, p_lot);
    UPDATE credits_account
       SET posted = posted - v_delta, debt = debt + v_delta - v_take, last_entry_at = v_time,
           next_expiry_at = credits__next_expiry(p_account)
     WHERE workspace_id = p_account RETURNING * INTO a;
    PERFORM credits__write_entry(v_entry, a, 'claw_back', -v_delta, v_delta - v_take, NULL, p_lot, NULL, p_reason_code,
                                 p_key, p_actor_kind, p_actor_id, p_request_id);
    RETURN credits__done('claw_back', p_key, v_hash, a, NULL, v_entry, p_lot, -v_delta, 0, NULL, p_at);
END $$;

-- Ends lots past their time, each with an entry of its own. Never takes what is held: a lot that backs a hold ends
-- when the hold has settled. Accounts that somebody works on right now are left to the next sweep.
CREATE OR REPLACE FUNCTION credits_expire_lots(p_at timestamptz, p_limit integer, p_actor_id text)
RETURNS TABLE (account_id uuid, lot_id uuid, entry_id uuid, amount bigint, balance_after bigint)
LANGUAGE plpgsql AS $$
DECLARE
    a credits_account;
    l record;
    v_account uuid;
    v_time timestamptz;
    v_writer text := set_config('credits.writer', 'on', true);
BEGIN
    FOR v_account IN
        SELECT DISTINCT due.account_id FROM (
            SELECT t.account_id FROM credits_lot t
              JOIN credits_account c ON c.workspace_id = t.account_id AND c.posted + c.debt > c.held
             WHERE t.is_open AND t.expires_at <= p_at ORDER BY t.expires_at LIMIT p_limit
        ) AS due ORDER BY 1
    LOOP
        SELECT * INTO a FROM credits_account WHERE workspace_id = v_account FOR NO KEY UPDATE SKIP LOCKED;
        CONTINUE WHEN NOT FOUND;
        FOR l IN
            SELECT t.id, t.remaining FROM credits_lot t
             WHERE t.account_id = v_account AND t.is_open AND t.expires_at <= p_at
             ORDER BY t.priority, t.expires_at, t.created_at, t.id
        LOOP
            amount := least(l.remaining, a.posted + a.debt - a.held);
            EXIT WHEN amount = 0;
            v_time := credits__entry_time(a, p_at);
            entry_id := credits_new_id(v_time);
            UPDATE credits_lot t SET remaining = t.remaining - amount WHERE t.id = l.id;
            INSERT INTO credits_slice (entry_id, lot_id, amount) VALUES (entry_id, l.id, -amount);
            UPDATE credits_account SET posted = posted - amount, last_entry_at = v_time
             WHERE workspace_id = v_account RETURNING * INTO a;
            PERFORM credits__write_entry(entry_id, a, 'expire', -amount, 0, NULL, l.id, NULL, '',
                                         'expire:' || entry_id, 'system', p_actor_id, '');
            account_id := v_account;
            lot_id := l.id;
            balance_after := a.posted;
            RETURN NEXT;
        END LOOP;
        UPDATE credits_account SET next_expiry_at = credits__next_expiry(v_account) WHERE workspace_id = v_account;
    END LOOP;
    v_writer := set_config('credits.writer', '', true);
END $$;

-- Freezing stops new holds; holds in progress may still be captured or released.
-- Refuses: account_frozen (it is already), account_not_frozen.
CREATE OR REPLACE FUNCTION credits_set_frozen(p_account uuid, p_frozen boolean, p_reason text, p_at timestamptz)
RETURNS credits_result LANGUAGE plpgsql AS $$
DECLARE
    a credits_account;
    v_writer text;
BEGIN
    SELECT * INTO a FROM credits_account WHERE workspace_id = p_account FOR NO KEY UPDATE;
    IF NOT FOUND AND p_frozen THEN
        a := credits__open_account(p_account, p_at);
    END IF;
    IF p_frozen AND a.frozen_at IS NOT NULL THEN
        RETURN credits__refused('account_frozen', a, p_at);
    ELSIF NOT p_frozen AND a.frozen_at IS NULL THEN
        RETURN credits__refused('account_not_frozen', a, p_at);
    END IF;
    v_writer := set_config('credits.writer', 'on', true);
    UPDATE credits_account
       SET frozen_at = CASE WHEN p_frozen THEN p_at END, frozen_reason = CASE WHEN p_frozen THEN p_reason ELSE '' END
     WHERE workspace_id = p_account RETURNING * INTO a;
    v_writer := set_config('credits.writer', '', true);
    RETURN credits__refused('ok', a, p_at);
END $$;
