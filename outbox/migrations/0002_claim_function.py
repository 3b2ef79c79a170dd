"""The claim: one call picks the next job in fair order, counts the attempt and takes the lease."""

from django.db import migrations

CLAIM = """
CREATE FUNCTION outbox_claim(
    p_wakeup uuid,                  -- the job whose wake-up was heard: names the queue
    p_after text,                   -- the tenant served last; NULL begins the round anew
    p_worker text,
    p_lease_seconds double precision,
    p_tenant_cap integer,           -- jobs of one tenant running at once in a queue; 0: no cap
    p_now timestamptz               -- NULL: the clock
) RETURNS SETOF outbox_job LANGUAGE plpgsql AS $$
DECLARE
    v_now timestamptz := COALESCE(p_now, clock_timestamp());
    v_queue text;
    v_cursor text;
    v_tenant text;
    v_due timestamptz;
    v_wrapped boolean;
    v_contended boolean;
    v_id uuid;
BEGIN
    SELECT queue INTO v_queue FROM outbox_job WHERE id = p_wakeup;
    IF NOT FOUND OR EXISTS (SELECT 1 FROM outbox_queue WHERE name = v_queue AND paused_at IS NOT NULL) THEN
        RETURN;
    END IF;
    FOR v_round IN 1..20 LOOP
        v_cursor := p_after;
        v_wrapped := p_after IS NULL;
        v_contended := false;
        LOOP
            -- the next tenant round the ring: '' (no tenant) first, then by name
            IF v_cursor IS NULL THEN
                SELECT tenant, run_at INTO v_tenant, v_due FROM outbox_job
                 WHERE queue = v_queue AND status IN ('failed', 'queued')
                 ORDER BY tenant, run_at LIMIT 1;
            ELSE
                SELECT tenant, run_at INTO v_tenant, v_due FROM outbox_job
                 WHERE queue = v_queue AND status IN ('failed', 'queued') AND tenant > v_cursor
                 ORDER BY tenant, run_at LIMIT 1;
            END IF;
            IF NOT FOUND THEN
                EXIT WHEN v_wrapped;
                v_wrapped := true;
                v_cursor := NULL;
                CONTINUE;
            END IF;
            EXIT WHEN v_wrapped AND v_tenant > p_after;
            v_cursor := v_tenant;
            CONTINUE WHEN v_due > v_now;
            IF p_tenant_cap > 0 AND v_tenant <> '' THEN
                CONTINUE WHEN (SELECT count(*) FROM outbox_job
                    WHERE queue = v_queue AND tenant = v_tenant AND status = 'running') >= p_tenant_cap;
                -- one claim at a time for a tenant, so that the count below is exact; never waits, so never deadlocks
                IF NOT pg_try_advisory_xact_lock(hashtextextended('outbox:' || v_queue || ':' || v_tenant, 0)) THEN
                    v_contended := true;
                    CONTINUE;
                END IF;
                CONTINUE WHEN (SELECT count(*) FROM outbox_job
                    WHERE queue = v_queue AND tenant = v_tenant AND status = 'running') >= p_tenant_cap;
            END IF;
            SELECT id INTO v_id FROM outbox_job
             WHERE queue = v_queue AND tenant = v_tenant AND status IN ('failed', 'queued') AND run_at <= v_now
             ORDER BY run_at, id LIMIT 1 FOR UPDATE SKIP LOCKED;
            CONTINUE WHEN NOT FOUND;
            RETURN QUERY
            UPDATE outbox_job SET status = 'running', status_changed_at = v_now, started_at = v_now,
                   heartbeat_at = v_now, lease_until = v_now + make_interval(secs => p_lease_seconds),
                   attempts = attempts + 1, fence = fence + 1, worker = p_worker, memory_kb = 0, finished_at = NULL
             WHERE id = v_id RETURNING *;
            INSERT INTO outbox_attempt (job_id, number, fence, worker, started_at, outcome, error, traceback)
            SELECT id, attempts, fence, worker, started_at, 'running', '', '' FROM outbox_job WHERE id = v_id;
            RETURN;
        END LOOP;
        EXIT WHEN NOT v_contended;
        PERFORM pg_sleep(0.002);
        v_now := GREATEST(v_now, COALESCE(p_now, clock_timestamp()));
    END LOOP;
END $$;
"""


class Migration(migrations.Migration):
    dependencies = [("outbox", "0001_jobs_and_mail")]

    operations = [
        migrations.RunSQL(
            CLAIM,
            "DROP FUNCTION outbox_claim(uuid, text, text, double precision, integer, timestamptz)",
        )
    ]
