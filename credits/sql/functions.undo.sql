-- Takes back every function of the ledger except the guards'.
DO $$
DECLARE
    v_function regprocedure;
BEGIN
    FOR v_function IN
        SELECT oid::regprocedure FROM pg_proc
         WHERE proname LIKE 'credits\_%' AND pronamespace = current_schema()::regnamespace
           AND prorettype <> 'trigger'::regtype
    LOOP
        EXECUTE format('DROP FUNCTION %s CASCADE', v_function);
    END LOOP;
END $$;
