-- How far the trail is settled: every number up to the mark belongs to a transaction that has ended.
-- Behind the mark, entries are sealed into checkpoints and watched changes are held against entries.

CREATE TABLE audit_mark (
    only_row       boolean PRIMARY KEY DEFAULT true CHECK (only_row),
    settled_seq    bigint NOT NULL DEFAULT 0,
    settled_change bigint NOT NULL DEFAULT 0,
    sealed_seq     bigint NOT NULL DEFAULT 0,
    checked_change bigint NOT NULL DEFAULT 0,
    pending_seq    bigint,
    pending_change bigint,
    pending_txid   bigint
);
INSERT INTO audit_mark DEFAULT VALUES;

-- How many entries a run of numbers held once it was settled, and what they said.
CREATE TABLE audit_checkpoint (
    upto_seq bigint PRIMARY KEY,
    from_seq bigint NOT NULL UNIQUE,
    entries  bigint NOT NULL,
    digest   bytea NOT NULL,
    made_at  timestamptz NOT NULL
);
CREATE TRIGGER audit_checkpoint_append_only BEFORE UPDATE OR DELETE ON audit_checkpoint
    FOR EACH ROW EXECUTE FUNCTION audit_refuse();
CREATE TRIGGER audit_no_truncate BEFORE TRUNCATE ON audit_checkpoint
    FOR EACH STATEMENT EXECUTE FUNCTION audit_refuse();
SELECT audit_always('audit_checkpoint', 'audit_checkpoint_append_only'), audit_always('audit_checkpoint', 'audit_no_truncate');

CREATE FUNCTION audit_digest(p_hashes bytea) RETURNS bytea LANGUAGE sql IMMUTABLE PARALLEL SAFE AS
$$ SELECT sha256('ballast.audit.checkpoint.1' || coalesce(p_hashes, ''::bytea)) $$;

-- True where no transaction with an id below p_txid can still write here. Ids are shared by all databases
-- of a server: one whose lock is held by a session of another database is none of ours. One that holds
-- no lock yet counts as ours.
CREATE FUNCTION audit_all_ended(p_txid bigint) RETURNS boolean LANGUAGE sql VOLATILE AS
$$
SELECT NOT EXISTS (
    SELECT FROM txid_snapshot_xip(txid_current_snapshot()) AS running
    WHERE running < p_txid AND running <> txid_current() AND NOT EXISTS (
        SELECT FROM pg_locks l JOIN pg_stat_activity a ON a.pid = l.pid
        WHERE l.locktype = 'transactionid' AND l.mode = 'ExclusiveLock' AND l.granted
          AND l.transactionid::text::bigint = running & 4294967295
          AND a.datid <> (SELECT oid FROM pg_database WHERE datname = current_database())))
$$;

CREATE FUNCTION audit_used(p_sequence regclass) RETURNS bigint LANGUAGE sql VOLATILE AS
$$ SELECT coalesce(pg_sequence_last_value(p_sequence), 0) $$;

-- Moves the mark. Numbers are read first and the snapshot after them: who took a number below had its
-- transaction id before, so once all ids of that moment have ended, no lower number can still appear.
-- A number read earlier waits as pending, so that a steady stream of writers cannot hold the mark back.
CREATE FUNCTION audit_settle() RETURNS void LANGUAGE plpgsql AS
$$
DECLARE
    v_mark   audit_mark;
    v_seq    bigint;
    v_change bigint;
    v_txid   bigint;
BEGIN
    SELECT * INTO v_mark FROM audit_mark FOR UPDATE;
    v_seq := audit_used('audit_entry_seq');
    v_change := audit_used('audit_change_id');
    v_txid := txid_snapshot_xmax(txid_current_snapshot());
    IF audit_all_ended(v_txid) THEN
        UPDATE audit_mark SET settled_seq = v_seq, settled_change = v_change, pending_txid = NULL;
    ELSIF v_mark.pending_txid <= v_txid AND audit_all_ended(v_mark.pending_txid) THEN
        UPDATE audit_mark SET settled_seq = pending_seq, settled_change = pending_change,
            pending_seq = v_seq, pending_change = v_change, pending_txid = v_txid;
    ELSIF v_mark.pending_txid IS NULL OR v_mark.pending_txid > v_txid THEN
        -- Greater than any id in use: the database was restored from a copy and counts anew.
        UPDATE audit_mark SET pending_seq = v_seq, pending_change = v_change, pending_txid = v_txid;
    END IF;
END
$$;

-- Seals up to p_limit settled numbers into one checkpoint. Returns false where nothing was left to seal.
CREATE FUNCTION audit_seal(p_limit bigint) RETURNS boolean LANGUAGE plpgsql AS
$$
DECLARE
    v_from bigint;
    v_upto bigint;
BEGIN
    SELECT settled_seq, sealed_seq + 1 INTO v_upto, v_from FROM audit_mark FOR UPDATE;
    SELECT greatest(v_from, max(upto_seq) + 1) INTO v_from FROM audit_checkpoint;
    v_upto := least(v_upto, v_from + p_limit - 1);
    IF v_from > v_upto THEN
        RETURN false;
    END IF;
    INSERT INTO audit_checkpoint
    SELECT v_upto, v_from, count(*), audit_digest(string_agg(content_hash, ''::bytea ORDER BY seq)), transaction_timestamp()
    FROM audit_entry WHERE seq BETWEEN v_from AND v_upto;
    UPDATE audit_mark SET sealed_seq = v_upto;
    RETURN true;
END
$$;

-- Holds up to p_limit settled changes against the entries of their transactions; what has none, and no
-- line of a covering table, is kept as a stray. Returns false where nothing was left to check. The
-- transaction's time is compared too: ids repeat after a restore, the pair does not.
CREATE FUNCTION audit_reconcile(p_limit bigint) RETURNS boolean LANGUAGE plpgsql AS
$$
DECLARE
    v_from bigint;
    v_upto bigint;
    v_low  bigint;
    v_high bigint;
BEGIN
    SELECT checked_change + 1, least(settled_change, checked_change + p_limit) INTO v_from, v_upto
    FROM audit_mark FOR UPDATE;
    IF v_from > v_upto THEN
        RETURN false;
    END IF;
    SELECT min(txid), max(txid) INTO v_low, v_high FROM audit_change WHERE id BETWEEN v_from AND v_upto;
    INSERT INTO audit_stray (id, changed_at, table_name, operation, row_id, txid, found_at,
                             acknowledged_by, acknowledgement)
    SELECT c.id, c.at, c.table_name, c.operation, c.row_id, c.txid, transaction_timestamp(), '', ''
    FROM audit_change c LEFT JOIN audit_watch w ON w.table_name = c.table_name
    WHERE c.id BETWEEN v_from AND v_upto
      AND NOT EXISTS (
        SELECT FROM audit_entry e
        WHERE e.txid = c.txid AND e.recorded_at = c.at AND e.txid BETWEEN v_low AND v_high)
      AND NOT EXISTS (
        SELECT FROM audit_change k
        WHERE k.txid = c.txid AND k.at = c.at AND k.txid BETWEEN v_low AND v_high
          AND k.operation = 'insert' AND k.table_name = ANY (w.covered_by))
    ON CONFLICT DO NOTHING;
    UPDATE audit_mark SET checked_change = v_upto;
    RETURN true;
END
$$;

-- Takes the payloads of what p_ids did or had done to them, up to p_until. The one lawful way.
CREATE FUNCTION audit_withdraw(p_ids text[], p_until timestamptz) RETURNS bigint LANGUAGE plpgsql AS
$$
DECLARE
    v_rows bigint;
BEGIN
    PERFORM set_config('audit.withdrawing', 'on', true);
    DELETE FROM audit_payload p USING (
        SELECT occurred_at, seq FROM audit_entry WHERE actor_id <> '' AND actor_id = ANY (p_ids) AND occurred_at < p_until
        UNION
        SELECT occurred_at, seq FROM audit_entry WHERE target_id <> '' AND target_id = ANY (p_ids) AND occurred_at < p_until
        UNION
        SELECT occurred_at, seq FROM audit_entry
        WHERE impersonator_id <> '' AND impersonator_id = ANY (p_ids) AND occurred_at < p_until
    ) e WHERE p.occurred_at = e.occurred_at AND p.seq = e.seq;
    GET DIAGNOSTICS v_rows = ROW_COUNT;
    PERFORM set_config('audit.withdrawing', '', true);
    RETURN v_rows;
END
$$;
