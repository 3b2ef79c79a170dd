"""What processes say of themselves, and what is old enough to go."""

from __future__ import annotations

import math
import time
from collections.abc import Iterable
from datetime import datetime, timedelta

from django.conf import settings
from django.db import connection, transaction

from core import jobs
from outbox.models import Job, Message, Process, Slot
from outbox.services._dependents import CHUNK_JOB, end_runs_of, fail_messages_of
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


def prune(*, at: datetime, stop_after_seconds: float | None = None) -> int:
    """Delete finished jobs, slots and silent processes past their time; returns how many jobs went.

    A quarantined job has a longer time, and what only it would have done is given up with it. Values
    of messages that never went out may hold one-time links: they go after a week. It works in
    batches, a transaction each, and leaves to the next run what takes longer than ``stop_after_seconds``.
    """
    kept_from = at - timedelta(days=settings.OUTBOX_KEEP_DAYS)
    quarantined_from = at - timedelta(days=settings.OUTBOX_KEEP_QUARANTINED_DAYS)
    deadline = time.monotonic() + stop_after_seconds if stop_after_seconds is not None else math.inf
    rules = [
        # a canary is of no use to anybody after an hour, whatever became of it
        (at - CANARY_KEEP, CANARY_JOB, [*OVER, JobStatus.QUARANTINED]),
        (kept_from, "", OVER),
        (quarantined_from, "", [JobStatus.QUARANTINED]),
    ]
    gone = sum(_prune_until_short(rule, deadline) for rule in rules)
    Slot.objects.filter(due_at__lt=kept_from).delete()
    Process.objects.filter(beat_at__lt=at - PROCESS_KEEP).delete()
    Message.objects.filter(created_at__lt=at - VALUES_KEEP).exclude(values={}).filter(
        status=MessageStatus.QUEUED
    ).update(values={}, status=MessageStatus.FAILED, status_changed_at=at, problem="It waited longer than a week.")
    return gone


def _prune_until_short(rule: tuple[datetime, str, list[JobStatus]], deadline: float) -> int:
    gone = 0
    while True:
        batch = _prune_jobs(*rule)
        gone += batch
        if batch < PRUNE_BATCH or time.monotonic() >= deadline or jobs.should_stop():
            return gone


def _prune_jobs(before: datetime, name: str, statuses: list[JobStatus]) -> int:
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(_OLD_JOBS, [[str(status) for status in statuses], before, name, name, PRUNE_BATCH])
        old = [row[0] for row in cursor.fetchall()]
        fail_messages_of(old, problem="Its job was given up.")
        end_runs_of(Job.objects.filter(pk__in=old, name=CHUNK_JOB))
        for table in ("outbox_slot", "outbox_message"):
            cursor.execute(f"UPDATE {table} SET job_id = NULL WHERE job_id = ANY(%s)", [old])  # noqa: S608  our names
        cursor.execute("DELETE FROM outbox_attempt WHERE job_id = ANY(%s)", [old])
        cursor.execute("DELETE FROM outbox_job WHERE id = ANY(%s)", [old])
    return len(old)
