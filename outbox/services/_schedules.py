"""Slots of schedules and the canaries: any number of schedulers settle each one once."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

import structlog
from django.db import connection, transaction
from django.db.models import Q

from core import jobs
from core.ids import new_id
from core.jobs import JobDefinition
from outbox.models import Queue, Schedule
from outbox.services._enqueue import enqueue_job
from outbox.slots import due_since
from outbox.states import SlotStatus

log = structlog.get_logger(__name__)

CANARY_JOB = "outbox.sing_canary"
CANARY_EVERY = timedelta(minutes=1)

_SLOT = """
INSERT INTO outbox_slot (id, schedule, due_at, status, created_at)
VALUES (%s, %s, %s, %s, clock_timestamp()) ON CONFLICT (schedule, due_at) DO NOTHING RETURNING id
"""


def database_now() -> datetime:
    """The clock that leases and schedules go by."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT clock_timestamp()")
        moment: datetime = cursor.fetchone()[0]
    return moment


def settle_slots(*, at: datetime) -> int:
    """Enqueue what is due at ``at`` and mark what was missed. Returns how many slots this call settled.

    The newest due slot of a schedule runs, late if need be: its period has not ended. Older ones run
    too where the definition catches up, else they are recorded as missed. A schedule counts from the
    moment a scheduler first saw it.
    """
    schedules = [definition for definition in jobs.definitions if definition.every]
    seen = _seen([definition.name for definition in schedules], at)
    settled = 0
    for definition in schedules:
        row = seen[definition.name]
        due = due_since(definition, after=row.last_due_at or row.first_seen_at, at=at)
        for moment in due:
            runs = definition.catch_up or moment == due[-1]
            settled += _settle(definition, moment, runs=runs)
    return settled


def _seen(names: list[str], at: datetime) -> dict[str, Schedule]:
    rows = {row.name: row for row in Schedule.objects.filter(name__in=names)}
    missing = [name for name in names if name not in rows]
    if missing:
        Schedule.objects.bulk_create([Schedule(name=name, first_seen_at=at) for name in missing], ignore_conflicts=True)
        rows |= {row.name: row for row in Schedule.objects.filter(name__in=missing)}
    return rows


def _settle(definition: JobDefinition, due_at: datetime, *, runs: bool) -> int:
    """One slot and its job in one transaction; 0 where another scheduler was first."""
    status = SlotStatus.ENQUEUED if runs else SlotStatus.MISSED
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute(_SLOT, [new_id(), definition.name, due_at, str(status)])
            row = cursor.fetchone()
            if row is not None and runs:
                job_id = enqueue_job(definition=definition, arguments={})
                cursor.execute("UPDATE outbox_slot SET job_id = %s WHERE id = %s", [job_id, row[0]])
        Schedule.objects.filter(Q(last_due_at=None) | Q(last_due_at__lt=due_at), name=definition.name).update(
            last_due_at=due_at
        )
    if row is not None and not runs:
        log.warning("slot_missed", schedule=definition.name, due_at=due_at.isoformat())
    return int(row is not None)


def send_canaries(*, at: datetime) -> int:
    """Once a minute a small job through every queue that is not paused: its round trip shows the queue works."""
    canary = jobs.definitions[CANARY_JOB]
    sent = 0
    with transaction.atomic():
        due = Q(canary_sent_at=None) | Q(canary_sent_at__lte=at - CANARY_EVERY)
        for queue in Queue.objects.select_for_update(skip_locked=True).filter(due, paused_at=None).order_by("name"):
            queue.canary_sent_at = at
            queue.save(update_fields=["canary_sent_at"])
            definition = replace(canary, queue=queue.name)
            enqueue_job(
                definition=definition,
                arguments={"queue": queue.name, "sent_at": at.isoformat()},
                dedupe_key=queue.name,
            )
            sent += 1
    return sent


def note_canary(*, queue: str, sent_at: datetime, at: datetime) -> None:
    """The canary of ``queue`` came through."""
    delay = max(0, int((at - sent_at).total_seconds() * 1000))
    Queue.objects.filter(name=queue).update(canary_at=at, canary_delay_ms=delay)
