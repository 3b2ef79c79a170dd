"""A job's run: claim, heartbeat, settle. All times are the database's, so that no host's clock matters."""

from __future__ import annotations

import json
import random
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import structlog
from django.conf import settings
from django.db import IntegrityError, connection, transaction

from core import events
from core.ids import to_public
from outbox.events import JobQuarantined
from outbox.models import Job
from outbox.services._dependents import settle_with
from outbox.states import AttemptOutcome, JobStatus

log = structlog.get_logger(__name__)

BACKOFF_SECONDS = 5.0
BACKOFF_LIMIT_SECONDS = 900.0
_ERROR_LIMIT = 2_000
_TRACEBACK_LIMIT = 20_000


class FenceLost(Exception):
    """The run no longer holds its job: another claimed it, or the sweeper took it back. Nothing was written."""


class CancelAsked(Exception):
    """The job was told to end before it settled."""


@dataclass(frozen=True)
class Ending:
    """How a run ended that is not done. ``cause`` groups like failures."""

    outcome: AttemptOutcome
    error: str
    traceback: str = ""
    cause: str = ""


_CLAIM = "SELECT * FROM outbox_claim(%s::uuid, %s, %s, %s, %s, NULL)"

_BEAT = """
UPDATE outbox_job
   SET heartbeat_at = clock_timestamp(), memory_kb = %(memory_kb)s,
       lease_until = LEAST(clock_timestamp() + make_interval(secs => %(lease)s),
                           started_at + make_interval(secs => timeout_seconds + %(lease)s))
 WHERE id = %(id)s AND fence = %(fence)s AND status = 'running'
RETURNING cancel_requested_at IS NOT NULL
"""

_DONE = """
WITH settled AS (
    UPDATE outbox_job
       SET status = 'done', status_changed_at = clock_timestamp(), finished_at = clock_timestamp(),
           lease_until = NULL, cause = '', error = '', traceback = ''
     WHERE id = %(id)s AND fence = %(fence)s AND status = 'running'
       AND (cancel_requested_at IS NULL OR NOT %(yields)s)
    RETURNING id)
UPDATE outbox_attempt a SET outcome = 'done', finished_at = clock_timestamp()
  FROM settled WHERE a.job_id = settled.id AND a.fence = %(fence)s
RETURNING a.job_id
"""

# A job that failed while its twin (same name and dedupe key) began to wait leaves the work to the twin.
_END = """
WITH settled AS (
    UPDATE outbox_job j
       SET status = CASE WHEN %(outcome)s = 'canceled' OR cancel_requested_at IS NOT NULL THEN 'canceled'
                         WHEN attempts >= max_attempts THEN 'quarantined'
                         WHEN dedupe_key <> '' AND EXISTS (
                             SELECT 1 FROM outbox_job t WHERE t.name = j.name AND t.dedupe_key = j.dedupe_key
                                AND t.status IN ('failed', 'queued')) THEN 'canceled'
                         ELSE 'failed' END,
           status_changed_at = clock_timestamp(), lease_until = NULL, sent_at = NULL,
           run_at = CASE WHEN %(outcome)s = 'lost' THEN run_at
                         ELSE clock_timestamp() + make_interval(secs => %(delay)s) END,
           finished_at = clock_timestamp(),
           cause = %(cause)s, error = %(error)s, traceback = %(traceback)s
     WHERE id = %(id)s AND fence = %(fence)s AND status = 'running'
    RETURNING *),
closed AS (
    UPDATE outbox_attempt a
       SET outcome = CASE WHEN settled.cancel_requested_at IS NOT NULL THEN 'canceled' ELSE %(outcome)s END,
           finished_at = clock_timestamp(), error = %(error)s, traceback = %(traceback)s
      FROM settled WHERE a.job_id = settled.id AND a.fence = %(fence)s)
SELECT status, name, queue, arguments, dedupe_key FROM settled
"""


def claim_job(*, wakeup: UUID, after: str | None, worker: str) -> Job | None:
    """The next job in the queue of ``wakeup``, now running under a lease; None where nothing may run.

    Tenants take turns; ``after`` is whom the caller served last. The attempt is counted here, before
    the run, so that a job that kills its worker uses up its attempts too.
    """
    arguments = [wakeup, after, worker[:200], settings.OUTBOX_LEASE_SECONDS, settings.OUTBOX_TENANT_CAP]
    return next(iter(Job.objects.raw(_CLAIM, arguments)), None)


def beat_job(*, job_id: UUID, fence: int, memory_kb: int) -> bool | None:
    """Renew the lease. True: somebody asked to cancel; None: the fence is lost.

    The lease never outlives the job's own limit by more than one lease (anchors: hard limit < lease).
    """
    values: dict[str, Any] = {
        "id": job_id,
        "fence": fence,
        "memory_kb": memory_kb,
        "lease": settings.OUTBOX_LEASE_SECONDS,
    }
    with connection.cursor() as cursor:
        cursor.execute(_BEAT, values)
        row = cursor.fetchone()
    return None if row is None else bool(row[0])


def settle_done(*, job_id: UUID, fence: int, yields: bool) -> None:
    """Close the run as done. Inside the job's own transaction its effects stand or fall with this.

    ``yields``: a request to cancel that came first wins (CancelAsked). Raises FenceLost where the
    run no longer holds the job.
    """
    with connection.cursor() as cursor:
        cursor.execute(_DONE, {"id": job_id, "fence": fence, "yields": yields})
        if cursor.fetchone() is not None:
            return
        cursor.execute("SELECT 1 FROM outbox_job WHERE id = %s AND fence = %s AND status = 'running'", [job_id, fence])
        if cursor.fetchone() is not None:
            raise CancelAsked
    raise FenceLost


def settle_ended(*, job_id: UUID, fence: int, attempt: int, ending: Ending) -> JobStatus:
    """Close the run as failed, lost, out of time or canceled, and say what the job is now.

    It waits for its next attempt (one whose worker was lost keeps its place in line, since the lease
    was wait enough), or is quarantined once its attempts are used up. Raises FenceLost.
    """
    values: dict[str, Any] = {
        "id": job_id,
        "fence": fence,
        "outcome": str(ending.outcome),
        "delay": backoff_seconds(attempt),
        "cause": _clean(ending.cause, 200),
        "error": _clean(ending.error, _ERROR_LIMIT),
        "traceback": _clean(ending.traceback, _TRACEBACK_LIMIT),
    }
    while True:
        try:
            with transaction.atomic():
                return _end(values)
        except IntegrityError:  # a twin began to wait between our look and our write; look again
            log.info("job_twin_met", job=str(job_id))


def _end(values: dict[str, Any]) -> JobStatus:
    with connection.cursor() as cursor:
        cursor.execute(_END, values)
        row = cursor.fetchone()
    if row is None:
        raise FenceLost
    status = JobStatus(row[0])
    if status is JobStatus.CANCELED:
        settle_with(Job(id=values["id"], name=row[1], arguments=json.loads(row[3]), dedupe_key=row[4]))
    public_id = to_public(Job.id_prefix, values["id"])
    if status is JobStatus.QUARANTINED:
        log.error("job_quarantined", job=public_id, name=row[1], cause=values["cause"])
        events.publish(JobQuarantined(job_id=public_id, name=row[1], queue=row[2], cause=values["cause"]))
    return status


def backoff_seconds(attempt: int) -> float:
    """Doubling from 5 s to 15 min, with the lower half left to chance so that failures spread out."""
    ceiling = min(BACKOFF_LIMIT_SECONDS, BACKOFF_SECONDS * 2 ** max(0, attempt - 1))
    return random.uniform(ceiling / 2, ceiling)  # noqa: S311  spreading load, not guarding anything


def _clean(text: str, limit: int) -> str:
    """The last ``limit`` characters (a traceback's end tells most); PostgreSQL takes no NUL."""
    return text.replace("\x00", "\ufffd")[-limit:]
