-- The result row of the ledger's functions, and the guards: nobody else writes balances, nothing rewrites history.

CREATE TYPE credits_result AS (
    code text,              -- ok, unchanged, or why the ledger refused
    replayed boolean,       -- the answer is the first one's, nothing was done now
    hold_id uuid,
    entry_id uuid,
    lot_id uuid,
    amount bigint,          -- what the operation moved
    lost bigint,            -- late capture: what could not be taken any more
    posted bigint,          -- the account after it (of a refusal: as it is)
    held bigint,
    debt bigint,
    available bigint,
    expires_at timestamptz,
    detail text             -- what was done (grant, hold, late_capture, ...), or what explains a refusal
);

-- Balances change through the functions alone. They set credits.writer while they write and clear it before they
-- return (an ordinary role may not put a setting of ours into a function's SET clause); the triggers below refuse
-- whoever has not. The WHEN clause keeps the cost off the hot path.
CREATE FUNCTION credits__refuse_direct_write() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '% on % is refused: the ledger is written by its functions only', TG_OP, TG_TABLE_NAME
        USING ERRCODE = 'insufficient_privilege';
END $$;

-- Its argument is the rule that the change breaks.
CREATE FUNCTION credits__refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '% on % is refused: %', TG_OP, TG_TABLE_NAME, coalesce(TG_ARGV[0], 'the ledger is append-only')
        USING ERRCODE = 'insufficient_privilege';
END $$;

-- Whether one of the ledger's public functions is among the callers. Anybody can set credits.writer; the call stack
-- cannot be set. What is written without them is checked as it commits (below), and leaves a line for the
-- reconciliation (the watch triggers).
CREATE FUNCTION credits__is_ours() RETURNS boolean LANGUAGE plpgsql AS $$
DECLARE
    v_stack text;
BEGIN
    GET DIAGNOSTICS v_stack = PG_CONTEXT;
    RETURN strpos(replace(v_stack, 'function credits__', ''), E'\nPL/pgSQL function credits_') > 0;
END $$;

-- Tests the account of a row that somebody wrote past the functions, at the end of their transaction: by then its
-- sums must be right again, whatever was done in between.
CREATE FUNCTION credits__refuse_wrong_sums() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    a credits_account;
    v_row jsonb := to_jsonb(coalesce(NEW, OLD));
    v_account uuid := coalesce(v_row ->> 'account_id', v_row ->> 'workspace_id');
BEGIN
    SELECT * INTO a FROM credits_account WHERE workspace_id = v_account;
    IF (coalesce(a.posted, 0), coalesce(a.debt, 0)) <> (
        SELECT coalesce(sum(amount), 0)::bigint, coalesce(sum(debt_delta), 0)::bigint
          FROM credits_entry WHERE account_id = v_account)
    THEN
        RAISE EXCEPTION 'account %: the entries do not add up to its balance', v_account USING ERRCODE = 'check_violation';
    ELSIF coalesce(a.held, 0) <> (
        SELECT coalesce(sum(amount), 0) FROM credits_hold WHERE account_id = v_account AND status = 'open')
    THEN
        RAISE EXCEPTION 'account %: the open holds do not add up to what is held', v_account USING ERRCODE = 'check_violation';
    ELSIF coalesce(a.posted + a.debt, 0) <> (
        SELECT coalesce(sum(remaining), 0) FROM credits_lot WHERE account_id = v_account AND is_open)
    THEN
        RAISE EXCEPTION 'account %: the lots do not add up to its balance', v_account USING ERRCODE = 'check_violation';
    END IF;
    RETURN NULL;
END $$;

DO $$
DECLARE
    v_table text;
BEGIN
    FOREACH v_table IN ARRAY ARRAY['credits_account', 'credits_lot', 'credits_hold', 'credits_operation',
                                   'credits_entry', 'credits_slice'] LOOP
        EXECUTE format(
            'CREATE TRIGGER credits_direct_write BEFORE INSERT OR UPDATE ON %I FOR EACH ROW
             WHEN (current_setting(''credits.writer'', true) IS DISTINCT FROM ''on'')
             EXECUTE FUNCTION credits__refuse_direct_write()', v_table);
        EXECUTE format(
            'CREATE TRIGGER credits_kept BEFORE DELETE ON %I FOR EACH ROW
             EXECUTE FUNCTION credits__refuse_change()', v_table);
        EXECUTE format(
            'CREATE TRIGGER credits_kept_whole BEFORE TRUNCATE ON %I FOR EACH STATEMENT
             EXECUTE FUNCTION credits__refuse_change()', v_table);
    END LOOP;
    -- What was written once stays, whoever asks and whatever is set.
    FOREACH v_table IN ARRAY ARRAY['credits_operation', 'credits_entry', 'credits_slice'] LOOP
        EXECUTE format(
            'CREATE TRIGGER credits_as_written BEFORE UPDATE ON %I FOR EACH ROW
             EXECUTE FUNCTION credits__refuse_change()', v_table);
    END LOOP;
    FOREACH v_table IN ARRAY ARRAY['credits_account', 'credits_lot', 'credits_hold', 'credits_entry'] LOOP
        EXECUTE format(
            'CREATE CONSTRAINT TRIGGER credits_sums AFTER INSERT OR UPDATE OR DELETE ON %I
             DEFERRABLE INITIALLY DEFERRED FOR EACH ROW WHEN (NOT credits__is_ours())
             EXECUTE FUNCTION credits__refuse_wrong_sums()', v_table);
    END LOOP;
END $$;

CREATE TRIGGER credits_as_written BEFORE UPDATE ON credits_account FOR EACH ROW
    WHEN ((OLD.workspace_id, OLD.created_at) IS DISTINCT FROM (NEW.workspace_id, NEW.created_at))
    EXECUTE FUNCTION credits__refuse_change('an account stays its workspace''s');
CREATE TRIGGER credits_as_written BEFORE UPDATE ON credits_lot FOR EACH ROW
    WHEN ((OLD.id, OLD.account_id, OLD.source, OLD.source_ref, OLD.priority, OLD.expires_at, OLD.paid_amount_minor,
           OLD.currency, OLD.granted, OLD.restores_id, OLD.created_at)
          IS DISTINCT FROM
          (NEW.id, NEW.account_id, NEW.source, NEW.source_ref, NEW.priority, NEW.expires_at, NEW.paid_amount_minor,
           NEW.currency, NEW.granted, NEW.restores_id, NEW.created_at))
    EXECUTE FUNCTION credits__refuse_change('the terms of a lot stay');
CREATE TRIGGER credits_as_written BEFORE UPDATE ON credits_hold FOR EACH ROW
    WHEN ((OLD.id, OLD.account_id, OLD.amount, OLD.purpose, OLD.expires_at, OLD.actor_kind, OLD.actor_id,
           OLD.request_id, OLD.idempotency_key, OLD.created_at)
          IS DISTINCT FROM
          (NEW.id, NEW.account_id, NEW.amount, NEW.purpose, NEW.expires_at, NEW.actor_kind, NEW.actor_id,
           NEW.request_id, NEW.idempotency_key, NEW.created_at))
    EXECUTE FUNCTION credits__refuse_change('what a hold was placed for stays');
CREATE TRIGGER credits_settles_once BEFORE UPDATE ON credits_hold FOR EACH ROW
    WHEN (OLD.status <> 'open' AND NOT (OLD.status = 'expired' AND NEW.status = 'captured_late'))
    EXECUTE FUNCTION credits__refuse_change('a hold settles once');

-- The guards stand in replication, too: session_replication_role is the usual way around triggers.
DO $$
DECLARE
    v_trigger record;
BEGIN
    FOR v_trigger IN
        SELECT tgrelid::regclass AS table_name, tgname FROM pg_trigger
         WHERE NOT tgisinternal AND tgname LIKE 'credits\_%' AND tgrelid::regclass::text LIKE 'credits\_%'
    LOOP
        EXECUTE format('ALTER TABLE %s ENABLE ALWAYS TRIGGER %I', v_trigger.table_name, v_trigger.tgname);
    END LOOP;
END $$;

-- Room on the page keeps updates of the hot rows HOT (no index entry written); the planner sees fresh numbers.
ALTER TABLE credits_account SET (fillfactor = 60, autovacuum_vacuum_scale_factor = 0.05, autovacuum_analyze_scale_factor = 0.02);
ALTER TABLE credits_lot SET (fillfactor = 70, autovacuum_vacuum_scale_factor = 0.05, autovacuum_analyze_scale_factor = 0.02);
ALTER TABLE credits_hold SET (fillfactor = 85, autovacuum_vacuum_scale_factor = 0.05, autovacuum_analyze_scale_factor = 0.02);
