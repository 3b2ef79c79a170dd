"""What stands or falls with a job: the mail it was to send, the bulk run it was to go on with."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from datetime import datetime
from uuid import UUID

from core import clock, states
from core.ids import to_public
from outbox.errors import WorkSettled
from outbox.models import BulkRun, Job, Message
from outbox.states import BULK_MOVES, LIVE, BulkStatus, ItemStatus, MessageStatus

SEND_JOB = "outbox.send_message"
CHUNK_JOB = "outbox.run_bulk_chunk"


def settle_with(job: Job) -> dict[str, str]:
    """A canceled job takes along what only it would have done; returns what that was, for the trail."""
    if fail_messages_of([job.pk], problem="Its job was canceled."):
        return {"message": "failed"}
    return end_run_with(job)


def end_run_with(job: Job, *, leaves_to_twin: bool = True) -> dict[str, str]:
    """Cancel the bulk run that ``job`` is a chunk of, unless another of its jobs goes on with it."""
    run = _run_of(job)
    if run is None or (leaves_to_twin and _has_twin(job)):
        return {}
    end_run(run)
    return {"bulk_run": run.public_id}


def refuse_if_settled(job: Job) -> None:
    """Refuses WorkSettled where running ``job`` again could do nothing any more."""
    is_sent = job.name == SEND_JOB and not Message.objects.filter(job_id=job.pk, status=MessageStatus.QUEUED).exists()
    if is_sent or (job.name == CHUNK_JOB and _run_of(job) is None):
        raise WorkSettled(job=to_public(Job.id_prefix, job.pk))


def fail_messages_of(job_ids: Collection[UUID], *, problem: str) -> int:
    """Messages that wait for one of these jobs will not go out; their one-time links are forgotten."""
    waiting = Message.objects.filter(job_id__in=job_ids, status=MessageStatus.QUEUED)
    return waiting.update(status=MessageStatus.FAILED, status_changed_at=clock.now(), values={}, problem=problem)


def end_runs_of(jobs: Iterable[Job]) -> None:
    """Bulk runs that nothing will go on with are canceled."""
    for job in jobs:
        end_run_with(job)


def end_run(run: BulkRun, *, at: datetime | None = None) -> int:
    """Cancel a run that the caller has locked; returns how many items were skipped."""
    moment = at or clock.now()
    states.move(run, moves=BULK_MOVES, target=BulkStatus.CANCELED, at=moment)
    run.finished_at = moment
    run.save(update_fields=["status", "status_changed_at", "finished_at"])
    return run.items.filter(status=ItemStatus.WAITING).update(status=ItemStatus.SKIPPED, finished_at=moment)


def _run_of(job: Job) -> BulkRun | None:
    """The run that ``job`` is a chunk of, locked, while it runs."""
    named = job.arguments.get("run_id") if job.name == CHUNK_JOB else None
    if not named:
        return None
    return BulkRun.objects.select_for_update().filter(pk=named, status=BulkStatus.RUNNING).first()


def _has_twin(job: Job) -> bool:
    twins = Job.objects.filter(name=job.name, dedupe_key=job.dedupe_key, status__in=LIVE).exclude(pk=job.pk)
    return bool(job.dedupe_key) and twins.exists()
