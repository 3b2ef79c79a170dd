-- The trail: entries without personal data, and the erasable payload beside them.
-- Text that identifies something is COLLATE "C": equality and prefixes are what it is asked for.
-- No CHECK on the two tables: each costs every audited command; a row that audit_record did not write has
-- no matching hash, and the verification names it.

CREATE SEQUENCE audit_entry_seq AS bigint;

CREATE TABLE audit_entry (
    occurred_at     timestamptz NOT NULL,
    seq             bigint      NOT NULL,
    recorded_at     timestamptz NOT NULL,
    txid            bigint      NOT NULL,
    action          text COLLATE "C" NOT NULL,
    outcome         text COLLATE "C" NOT NULL,
    actor_kind      text COLLATE "C" NOT NULL,
    actor_id        text COLLATE "C" NOT NULL,
    impersonator_id text COLLATE "C" NOT NULL,
    target_kind     text COLLATE "C" NOT NULL,
    target_id       text COLLATE "C" NOT NULL,
    ticket          text COLLATE "C" NOT NULL,
    request_id      text COLLATE "C" NOT NULL,
    session_id      text COLLATE "C" NOT NULL,
    api_key_id      text COLLATE "C" NOT NULL,
    commitment      bytea       NOT NULL,
    content_hash    bytea       NOT NULL,
    PRIMARY KEY (occurred_at, seq)
) PARTITION BY RANGE (occurred_at);

CREATE INDEX audit_entry_action ON audit_entry (action, occurred_at, seq);
CREATE INDEX audit_entry_actor ON audit_entry (actor_id, occurred_at, seq) WHERE actor_id <> '';
CREATE INDEX audit_entry_target ON audit_entry (target_id, occurred_at, seq) WHERE target_id <> '';
CREATE INDEX audit_entry_request ON audit_entry (request_id) WHERE request_id <> '';
CREATE INDEX audit_entry_impersonator ON audit_entry (impersonator_id, occurred_at, seq) WHERE impersonator_id <> '';
CREATE INDEX audit_entry_api_key ON audit_entry (api_key_id, occurred_at, seq) WHERE api_key_id <> '';
CREATE INDEX audit_entry_ticket ON audit_entry (ticket, occurred_at, seq) WHERE ticket <> '';
CREATE INDEX audit_entry_not_done ON audit_entry (outcome, occurred_at, seq) WHERE outcome <> 'done';
CREATE INDEX audit_entry_written ON audit_entry USING brin (seq, txid) WITH (pages_per_range = 32, autosummarize = on);

CREATE TABLE audit_payload (
    occurred_at        timestamptz NOT NULL,
    seq                bigint      NOT NULL,
    salt               bytea       NOT NULL,
    ip                 inet,
    user_agent         text        NOT NULL,
    actor_label        text        NOT NULL,
    impersonator_label text        NOT NULL,
    target_label       text        NOT NULL,
    reason             text        NOT NULL,
    changes            text        NOT NULL,
    details            text        NOT NULL,
    PRIMARY KEY (occurred_at, seq)
) PARTITION BY RANGE (occurred_at);

CREATE INDEX audit_payload_ip ON audit_payload (ip, occurred_at, seq) WHERE ip IS NOT NULL;

-- One row a payload that was lawfully withdrawn: what tells a withdrawal from a theft.
CREATE TABLE audit_withdrawal (
    occurred_at  timestamptz NOT NULL,
    seq          bigint      NOT NULL,
    txid         bigint      NOT NULL,
    withdrawn_at timestamptz NOT NULL,
    PRIMARY KEY (occurred_at, seq)
);

-- The hashes as the verification takes them. audit/encoding.py says the same for the writer.
CREATE FUNCTION audit_commitment(
    p_salt bytea, p_ip inet, p_user_agent text, p_actor_label text, p_impersonator_label text,
    p_target_label text, p_reason text, p_changes text, p_details text
) RETURNS bytea LANGUAGE sql STABLE PARALLEL SAFE AS
$$
SELECT sha256(p_salt || convert_to(concat(
    'ballast.audit.payload.1',
    CASE WHEN p_ip IS NULL THEN 0 ELSE 2 * (octet_length(inet_send(p_ip)) - 4) END, ':',
    encode(substr(inet_send(p_ip), 5), 'hex'),
    octet_length(p_user_agent), ':', p_user_agent, octet_length(p_actor_label), ':', p_actor_label,
    octet_length(p_impersonator_label), ':', p_impersonator_label,
    octet_length(p_target_label), ':', p_target_label, octet_length(p_reason), ':', p_reason,
    octet_length(p_changes), ':', p_changes, octet_length(p_details), ':', p_details), 'UTF8'))
$$;

CREATE FUNCTION audit_content_hash(e audit_entry) RETURNS bytea LANGUAGE sql STABLE PARALLEL SAFE AS
$$
SELECT sha256(
    sha256(e.commitment || convert_to(concat(
        'ballast.audit.entry.1', (extract(epoch FROM e.occurred_at) * 1000000)::bigint, ':',
        octet_length(e.action), ':', e.action, octet_length(e.outcome), ':', e.outcome,
        octet_length(e.actor_kind), ':', e.actor_kind, octet_length(e.actor_id), ':', e.actor_id,
        octet_length(e.impersonator_id), ':', e.impersonator_id,
        octet_length(e.target_kind), ':', e.target_kind, octet_length(e.target_id), ':', e.target_id,
        octet_length(e.ticket), ':', e.ticket, octet_length(e.request_id), ':', e.request_id,
        octet_length(e.session_id), ':', e.session_id, octet_length(e.api_key_id), ':', e.api_key_id), 'UTF8'))
    || int8send(e.seq) || int8send(e.txid) || timestamptz_send(e.recorded_at))
$$;

-- The one way to write an entry. The transaction id is taken before the number, so that whoever
-- sees a number in use and waits for all transactions of that moment has seen every lower entry.
CREATE FUNCTION audit_record(
    p_occurred_at timestamptz, p_action text, p_outcome text, p_actor_kind text, p_actor_id text,
    p_impersonator_id text, p_target_kind text, p_target_id text, p_ticket text, p_request_id text,
    p_session_id text, p_api_key_id text, p_commitment bytea, p_digest bytea, p_salt bytea, p_ip inet,
    p_user_agent text, p_actor_label text, p_impersonator_label text, p_target_label text, p_reason text,
    p_changes text, p_details text
) RETURNS bigint LANGUAGE plpgsql AS
$$
DECLARE
    v_txid bigint := txid_current();
    v_seq  bigint := nextval('audit_entry_seq');
BEGIN
    INSERT INTO audit_entry VALUES (
        p_occurred_at, v_seq, transaction_timestamp(), v_txid, p_action, p_outcome, p_actor_kind, p_actor_id,
        p_impersonator_id, p_target_kind, p_target_id, p_ticket, p_request_id, p_session_id, p_api_key_id,
        p_commitment,
        sha256(p_digest || int8send(v_seq) || int8send(v_txid) || timestamptz_send(transaction_timestamp())));
    INSERT INTO audit_payload VALUES (
        p_occurred_at, v_seq, p_salt, p_ip, p_user_agent, p_actor_label, p_impersonator_label, p_target_label,
        p_reason, p_changes, p_details);
    RETURN v_seq;
END
$$;
