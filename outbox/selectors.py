"""Reads of the outbox."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db.models import Case, Count, Min, Q, QuerySet, When

from core.errors import NotFound
from outbox.models import Attempt, BulkItem, BulkRun, Job, MailEvent, Process, Queue, Slot
from outbox.states import WAITING, AttemptOutcome, ItemStatus, JobStatus, ProcessKind, SlotStatus


def has_work_waiting(*, queues: Sequence[str], since: datetime) -> bool:
    """Whether a job in one of ``queues`` that may run has been due since before ``since``."""
    return (
        Job.objects.filter(queue__in=queues, status__in=WAITING, run_at__lt=since, sent_at__isnull=False)
        .exclude(queue__in=_paused())
        .exists()
    )


def has_worked(*, worker: str, since: datetime) -> bool:
    """Whether a process of ``worker`` began a run after ``since`` or is in one now."""
    recent = Q(started_at__gte=since) | Q(outcome=AttemptOutcome.RUNNING, job__status=JobStatus.RUNNING)
    return Attempt.objects.filter(recent, worker__startswith=f"{worker}/").exists()


def oldest_waiting(*, at: datetime) -> dict[str, timedelta]:
    """How long the oldest due job of each queue that is not paused has waited; queues without one are left out."""
    rows = (
        Job.objects.filter(status__in=WAITING, run_at__lte=at)
        .exclude(queue__in=_paused())
        .values("queue")
        .annotate(oldest=Min("run_at"))
        .order_by("queue")
    )
    return {row["queue"]: at - row["oldest"] for row in rows}


def has_live_process(*, kind: ProcessKind, since: datetime) -> bool:
    """Whether a process of ``kind`` spoke after ``since``."""
    return Process.objects.filter(kind=kind, beat_at__gte=since).exists()


def list_processes() -> QuerySet[Process]:
    """Every process that spoke within a day, the freshest first."""
    return Process.objects.order_by("kind", "-beat_at")


def list_lost_canaries(*, at: datetime, silent: timedelta) -> list[str]:
    """Queues whose canary was sent and did not come back for ``silent``."""
    before = at - silent
    sent = Queue.objects.filter(paused_at=None, canary_sent_at__isnull=False, created_at__lt=before)
    lost = sent.filter(Q(canary_at=None) | Q(canary_at__lt=before)).exclude(resumed_at__gte=before)
    return list(lost.order_by("name").values_list("name", flat=True))


def count_missed_slots(*, since: datetime) -> int:
    """How many slots due after ``since`` were missed."""
    return Slot.objects.filter(status=SlotStatus.MISSED, due_at__gte=since).count()


def count_quarantined() -> int:
    """How many jobs wait for a person."""
    return Job.objects.filter(status=JobStatus.QUARANTINED).count()


def summarize_queues(*, at: datetime) -> dict[str, dict[str, Any]]:
    """For each queue: jobs waiting, running, quarantined, and the age of the oldest waiting one."""
    waiting, due = Q(status__in=WAITING), Q(status__in=WAITING, run_at__lte=at)
    rows = (
        Job.objects.filter(status__in=[*WAITING, JobStatus.RUNNING, JobStatus.QUARANTINED])
        .values("queue")
        .annotate(
            waiting=Count("pk", filter=waiting),
            due=Count("pk", filter=due),
            running=Count("pk", filter=Q(status=JobStatus.RUNNING)),
            quarantined=Count("pk", filter=Q(status=JobStatus.QUARANTINED)),
            oldest=Min("run_at", filter=due),
        )
        .order_by("queue")
    )
    return {row["queue"]: {**row, "age": at - row["oldest"] if row["oldest"] else None} for row in rows}


def summarize_causes() -> list[dict[str, Any]]:
    """Why jobs failed that are not done yet: cause, job, how many, most first."""
    rows = (
        Job.objects.filter(status__in=[JobStatus.FAILED, JobStatus.QUARANTINED])
        .exclude(cause="")
        .values("cause", "name")
        .annotate(count=Count("pk"), oldest=Min("created_at"))
        .order_by("-count", "cause", "name")
    )
    return [dict(row) for row in rows[:50]]


def list_attempts(job_id: UUID | None) -> QuerySet[Attempt]:
    """The runs of a job, newest first."""
    return Attempt.objects.filter(job=job_id).order_by("-number")


def summarize_bulk_run(run: BulkRun) -> dict[str, int]:
    """How many items of ``run`` have each outcome, and how far it is in percent."""
    counted = dict(run.items.values_list("status").annotate(count=Count("pk")).order_by())
    counts = {str(status): counted.get(str(status), 0) for status in ItemStatus}
    finished = run.total - counts[ItemStatus.WAITING]
    return counts | {"finished": finished, "percent": 100 * finished // max(1, run.total)}


def get_bulk_run(run_id: UUID | None) -> BulkRun:
    """The run. Raises NotFound."""
    run = BulkRun.objects.filter(pk=run_id).first() if run_id else None
    if run is None:
        raise NotFound
    return run


def list_bulk_items(run: BulkRun) -> QuerySet[BulkItem]:
    """The items of ``run``: those that need a look first, then in the order they were chosen."""
    needs_look = Case(When(status__in=[ItemStatus.FAILED, ItemStatus.REFUSED], then=0), default=1)
    return run.items.order_by(needs_look, "position")


def list_mail_events(message_id: UUID | None) -> QuerySet[MailEvent]:
    """What providers said about a message, newest first."""
    return MailEvent.objects.filter(message=message_id).order_by("-pk")


def count_failed(*, cause: str, name: str) -> int:
    """How many failed or quarantined jobs have this cause (and name, where given)."""
    rows = Job.objects.filter(cause=cause, status__in=[JobStatus.FAILED, JobStatus.QUARANTINED])
    return (rows.filter(name=name) if name else rows).count()


def _paused() -> Any:
    return Queue.objects.filter(paused_at__isnull=False).values("name")
