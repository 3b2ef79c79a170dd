-- Watched tables: each change of a row leaves a line with its transaction, whoever made it.

CREATE SEQUENCE audit_change_id AS bigint;

CREATE TABLE audit_change (
    at         timestamptz NOT NULL,
    id         bigint      NOT NULL,
    txid       bigint      NOT NULL,
    table_name text COLLATE "C" NOT NULL,
    operation  text COLLATE "C" NOT NULL,
    row_id     text COLLATE "C" NOT NULL
) PARTITION BY RANGE (at);

CREATE INDEX audit_change_written ON audit_change USING brin (id, txid) WITH (pages_per_range = 32, autosummarize = on);

-- What is watched, and whose inserts stand for an entry (the ledger's lines are their own record).
CREATE TABLE audit_watch (
    table_name text COLLATE "C" PRIMARY KEY,
    covered_by text[] NOT NULL,
    triggers   text[] NOT NULL
);

CREATE TRIGGER audit_change_append_only BEFORE UPDATE OR DELETE ON audit_change
    FOR EACH ROW EXECUTE FUNCTION audit_refuse();
CREATE TRIGGER audit_no_truncate BEFORE TRUNCATE ON audit_change FOR EACH STATEMENT EXECUTE FUNCTION audit_refuse();
SELECT audit_always('audit_change', 'audit_change_append_only'), audit_always('audit_change', 'audit_no_truncate');

-- Lines are numbered after the transaction has its id: see audit_record.
CREATE FUNCTION audit_log_truncate() RETURNS trigger LANGUAGE plpgsql AS
$$
BEGIN
    INSERT INTO audit_change VALUES (
        transaction_timestamp(), nextval('audit_change_id'), txid_current(), TG_TABLE_NAME, 'truncate', '');
    RETURN NULL;
END
$$;
