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

CREATE FUNCTION credits__refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '% on % is refused: the ledger is append-only', TG_OP, TG_TABLE_NAME
        USING ERRCODE = 'insufficient_privilege';
END $$;

DO $$
DECLARE
    v_table text;
BEGIN
    FOREACH v_table IN ARRAY ARRAY['credits_account', 'credits_lot', 'credits_hold', 'credits_operation'] LOOP
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
    FOREACH v_table IN ARRAY ARRAY['credits_entry', 'credits_slice'] LOOP
        EXECUTE format(
            'CREATE TRIGGER credits_direct_write BEFORE INSERT ON %I FOR EACH ROW
             WHEN (current_setting(''credits.writer'', true) IS DISTINCT FROM ''on'')
             EXECUTE FUNCTION credits__refuse_direct_write()', v_table);
        EXECUTE format(
            'CREATE TRIGGER credits_kept BEFORE UPDATE OR DELETE ON %I FOR EACH ROW
             EXECUTE FUNCTION credits__refuse_change()', v_table);
        EXECUTE format(
            'CREATE TRIGGER credits_kept_whole BEFORE TRUNCATE ON %I FOR EACH STATEMENT
             EXECUTE FUNCTION credits__refuse_change()', v_table);
    END LOOP;
END $$;

-- Room on the page keeps updates of the hot rows HOT (no index entry written); the planner sees fresh numbers.
ALTER TABLE credits_account SET (fillfactor = 60, autovacuum_vacuum_scale_factor = 0.05, autovacuum_analyze_scale_factor = 0.02);
ALTER TABLE credits_lot SET (fillfactor = 70, autovacuum_vacuum_scale_factor = 0.05, autovacuum_analyze_scale_factor = 0.02);
ALTER TABLE credits_hold SET (fillfactor = 85, autovacuum_vacuum_scale_factor = 0.05, autovacuum_analyze_scale_factor = 0.02);
