"""What processes say of themselves, and what is old enough to go."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta

from django.conf import settings
from django.db import connection, transaction

from outbox.models import Message, Process, Slot
from outbox.services._schedules import CANARY_JOB
from outbox.states import JobStatus, MessageStatus, ProcessKind

PRUNE_BATCH = 5_000
OVER = [JobStatus.DONE, JobStatus.CANCELED]
CANARY_KEEP = timedelta(hours=1)
VALUES_KEEP = timedelta(days=7)
PROCESS_KEEP = timedelta(days=1)

_OLD_JOBS = """
SELECT id FROM outbox_job
 WHERE status = ANY(%s) AND finished_at < %s AND (%s = '' OR name = %s)
 ORDER BY finished_at LIMIT %s FOR UPDATE SKIP LOCKED
"""


def beat_process(*, name: str, kind: ProcessKind, queues: Iterable[str], started_at: datetime, at: datetime) -> None:
    """A worker or scheduler says that it lives."""
    Process.objects.update_or_create(
        name=name,
        defaults={"kind": kind, "queues": sorted(queues), "started_at": started_at, "beat_at": at},
    )


def end_process(*, name: str) -> None:
    """A worker or scheduler says goodbye."""
    Process.objects.filter(name=name).delete()


def prune(*, at: datetime) -> int:
    """Delete finished jobs, slots and silent processes past their time; returns how many jobs went.

    Values of messages that never went out may hold one-time links: they go after a week.
    """
    kept_from = at - timedelta(days=settings.OUTBOX_KEEP_DAYS)
    # a canary is of no use to anybody after an hour, whatever became of it
    gone = _prune_jobs(at - CANARY_KEEP, CANARY_JOB, [*OVER, JobStatus.QUARANTINED])
    gone += _prune_jobs(kept_from, "", OVER)
    Slot.objects.filter(due_at__lt=kept_from).delete()
    Process.objects.filter(beat_at__lt=at - PROCESS_KEEP).delete()
    Message.objects.filter(created_at__lt=at - VALUES_KEEP).exclude(values={}).filter(
        status=MessageStatus.QUEUED
    ).update(values={}, status=MessageStatus.FAILED, status_changed_at=at, problem="It waited longer than a week.")
    return gone


def _prune_jobs(before: datetime, name: str, statuses: list[JobStatus]) -> int:
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(_OLD_JOBS, [[str(status) for status in statuses], before, name, name, PRUNE_BATCH])
        old = [row[0] for row in cursor.fetchall()]
        for table in ("outbox_slot", "outbox_message"):
            cursor.execute(f"UPDATE {table} SET job_id = NULL WHERE job_id = ANY(%s)", [old])  # noqa: S608  our names
        cursor.execute("DELETE FROM outbox_attempt WHERE job_id = ANY(%s)", [old])
        cursor.execute("DELETE FROM outbox_job WHERE id = ANY(%s)", [old])
    return len(old)
