"""Which wake-ups to give to the broker, and which runs to take back."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import structlog
from django.conf import settings
from django.db import connection, transaction

from core import jobs
from core.ids import to_public
from outbox.models import Job, Queue
from outbox.services._running import Ending, FenceLost, settle_ended
from outbox.states import AttemptOutcome, JobStatus

log = structlog.get_logger(__name__)

SWEEP_BATCH = 200

# Wake-ups on their way: what was sent lately and still waits. Older ones are taken for lost.
_ON_THEIR_WAY = """
SELECT count(*) FROM (
    SELECT 1 FROM outbox_job
     WHERE queue = %(queue)s AND status IN ('failed', 'queued') AND sent_at >= %(stale)s LIMIT %(window)s) sent
"""
# MATERIALIZED: inside IN (…) a plan may run the inner query once a row, and its LIMIT then limits nothing.
_TAKE = """
WITH due AS MATERIALIZED (
    SELECT id FROM outbox_job
     WHERE queue = %(queue)s AND status IN ('failed', 'queued') AND run_at <= clock_timestamp()
       AND (sent_at IS NULL OR sent_at < %(stale)s)
     ORDER BY run_at LIMIT %(room)s FOR UPDATE SKIP LOCKED)
UPDATE outbox_job SET sent_at = clock_timestamp() FROM due WHERE outbox_job.id = due.id
RETURNING outbox_job.id
"""
# After a run: one more wake-up where work waits that nobody was told of. While a tenant is at its cap,
# wake-ups for it are spent in vain; its own next settlement makes up for them.
_FOLLOW = """
UPDATE outbox_job SET sent_at = clock_timestamp() WHERE id = (
    SELECT id FROM (
        SELECT id, run_at, tenant, sent_at FROM outbox_job
         WHERE queue = %(queue)s AND status IN ('failed', 'queued') AND run_at <= clock_timestamp()
         ORDER BY run_at LIMIT 300) near
     WHERE sent_at IS NULL OR sent_at < clock_timestamp() - make_interval(secs => %(resend)s)
        OR (tenant = %(tenant)s AND %(cap)s > 0 AND %(tenant)s <> '' AND %(cap)s - 1 <= (
            SELECT count(*) FROM outbox_job WHERE queue = %(queue)s AND tenant = %(tenant)s AND status = 'running'))
     ORDER BY run_at LIMIT 1)
RETURNING id
"""
_STALE = """
SELECT name, GREATEST(clock_timestamp() - make_interval(secs => %s), resumed_at)
  FROM outbox_queue WHERE paused_at IS NULL ORDER BY name
"""
_EXPIRED = """
SELECT id, fence, attempts, worker FROM outbox_job
 WHERE status = 'running' AND lease_until < clock_timestamp()
 ORDER BY lease_until LIMIT %s FOR UPDATE SKIP LOCKED
"""


def ensure_queues() -> None:
    """Give every declared queue its row, so that it can be paused and watched."""
    names = {definition.queue for definition in jobs.definitions}
    Queue.objects.bulk_create([Queue(name=name) for name in sorted(names)], ignore_conflicts=True)


def take_wakeups() -> dict[str, list[str]]:
    """Due jobs whose wake-up must be sent, by queue, noted as sent. Two relays never take the same one.

    A relay that dies between this note and the broker loses nothing: the note ages and the job is
    taken again.
    """
    taken: dict[str, list[str]] = {}
    with connection.cursor() as cursor:
        cursor.execute(_STALE, [settings.OUTBOX_RESEND_SECONDS])
        for queue, stale in cursor.fetchall():
            values = {"queue": queue, "stale": stale, "window": settings.OUTBOX_WINDOW}
            cursor.execute(_ON_THEIR_WAY, values)
            room = settings.OUTBOX_WINDOW - cursor.fetchone()[0]
            if room > 0:
                cursor.execute(_TAKE, values | {"room": room})
                taken[queue] = [to_public(Job.id_prefix, UUID(str(row[0]))) for row in cursor.fetchall()]
    return {queue: ids for queue, ids in taken.items() if ids}


def give_back_wakeups(*, job_ids: list[UUID]) -> None:
    """The broker did not take these: let the next tick try again."""
    Job.objects.filter(pk__in=job_ids, status__in=[JobStatus.QUEUED, JobStatus.FAILED]).update(sent_at=None)


def follow_up(*, queue: str, tenant: str) -> str | None:
    """After a run in ``queue``: the job to send one more wake-up for, so that a backlog drains at full speed."""
    values: dict[str, Any] = {
        "queue": queue,
        "tenant": tenant,
        "cap": settings.OUTBOX_TENANT_CAP,
        "resend": settings.OUTBOX_RESEND_SECONDS,
    }
    with connection.cursor() as cursor:
        cursor.execute(_FOLLOW, values)
        row = cursor.fetchone()
    return to_public(Job.id_prefix, UUID(str(row[0]))) if row else None


def sweep_leases() -> int:
    """Take back jobs whose worker stopped beating; each has lost an attempt. Returns how many."""
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute(_EXPIRED, [SWEEP_BATCH])
            expired = cursor.fetchall()
        for job_id, fence, attempt, worker in expired:
            error = f"The worker {worker} stopped beating."
            ending = Ending(outcome=AttemptOutcome.LOST, error=error, cause="worker lost")
            try:
                settle_ended(job_id=job_id, fence=fence, attempt=attempt, ending=ending)
            except FenceLost:
                log.info("sweep_met_settlement", job=str(job_id))
            else:
                log.warning("job_lease_expired", job=to_public(Job.id_prefix, job_id), worker=worker)
    return len(expired)
