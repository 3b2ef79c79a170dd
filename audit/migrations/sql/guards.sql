-- What was written stays: the tables refuse everything but INSERT (and the lawful withdrawal of a payload).

CREATE FUNCTION audit_refuse() RETURNS trigger LANGUAGE plpgsql AS
$$
BEGIN
    RAISE EXCEPTION '% of % is refused: the audit trail is append-only', TG_OP, TG_TABLE_NAME
        USING ERRCODE = 'insufficient_privilege';
END
$$;

-- The withdrawal service says audit.withdrawing = on for its own statement; each payload taken leaves a row.
CREATE FUNCTION audit_withdraw_or_refuse() RETURNS trigger LANGUAGE plpgsql AS
$$
BEGIN
    IF current_setting('audit.withdrawing', true) IS DISTINCT FROM 'on' THEN
        RAISE EXCEPTION 'DELETE of % is refused: payloads leave through audit_withdraw alone', TG_TABLE_NAME
            USING ERRCODE = 'insufficient_privilege';
    END IF;
    INSERT INTO audit_withdrawal VALUES (OLD.occurred_at, OLD.seq, txid_current(), transaction_timestamp());
    RETURN OLD;
END
$$;

-- ALWAYS, here and wherever a guard or a watch is made: session_replication_role = replica does not pass it by,
-- and one that was switched off and on again in the plain way is found (audit/guards.py).
CREATE FUNCTION audit_always(p_table regclass, p_trigger text) RETURNS void LANGUAGE plpgsql AS
$$
BEGIN
    EXECUTE format('ALTER TABLE %s ENABLE ALWAYS TRIGGER %I', p_table, p_trigger);
END
$$;

CREATE TRIGGER audit_entry_append_only BEFORE UPDATE OR DELETE ON audit_entry
    FOR EACH ROW EXECUTE FUNCTION audit_refuse();
CREATE TRIGGER audit_payload_no_update BEFORE UPDATE ON audit_payload
    FOR EACH ROW EXECUTE FUNCTION audit_refuse();
CREATE TRIGGER audit_payload_withdrawal BEFORE DELETE ON audit_payload
    FOR EACH ROW EXECUTE FUNCTION audit_withdraw_or_refuse();
CREATE TRIGGER audit_withdrawal_append_only BEFORE UPDATE OR DELETE ON audit_withdrawal
    FOR EACH ROW EXECUTE FUNCTION audit_refuse();
CREATE TRIGGER audit_no_truncate BEFORE TRUNCATE ON audit_entry FOR EACH STATEMENT EXECUTE FUNCTION audit_refuse();
CREATE TRIGGER audit_no_truncate BEFORE TRUNCATE ON audit_payload FOR EACH STATEMENT EXECUTE FUNCTION audit_refuse();
CREATE TRIGGER audit_no_truncate BEFORE TRUNCATE ON audit_withdrawal FOR EACH STATEMENT EXECUTE FUNCTION audit_refuse();

SELECT audit_always('audit_entry', 'audit_entry_append_only'), audit_always('audit_entry', 'audit_no_truncate'),
    audit_always('audit_payload', 'audit_payload_no_update'), audit_always('audit_payload', 'audit_payload_withdrawal'),
    audit_always('audit_payload', 'audit_no_truncate'), audit_always('audit_withdrawal', 'audit_withdrawal_append_only'),
    audit_always('audit_withdrawal', 'audit_no_truncate');
