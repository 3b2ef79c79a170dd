"""One wake-up: claim the next job, run it under its context and its lease, settle it."""

from __future__ import annotations

import os
import socket
import traceback
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path

import psutil
import structlog
from django.db import DatabaseError, connection, transaction

from core import context, jobs
from core.ids import from_public
from core.jobs import JobDefinition, Stopped
from outbox import carrier, services
from outbox.errors import JobRetired
from outbox.models import Job
from outbox.pulse import Interrupted, Pulse, Watch
from outbox.services import CancelAsked, Ending, FenceLost
from outbox.states import AttemptOutcome

log = structlog.get_logger(__name__)

_pulse = Pulse()
_served: dict[str, str | None] = {"tenant": None, "worker": None}


def name_worker(name: str) -> None:
    """Called once in the worker's main process; its children inherit the name."""
    _served["worker"] = name


def worker_name() -> str:
    """``host:pid of the worker/pid of this process``."""
    return f"{_served['worker'] or socket.gethostname()}/{os.getpid()}"


def children() -> list[int]:
    """The processes below this one."""
    return [child.pid for child in psutil.Process().children(recursive=True)]


def serve(job_id: str) -> bool:
    """Answer the wake-up for ``job_id``: run the next job of its queue. False where there was none to run."""
    wakeup = from_public(Job.id_prefix, job_id)
    job = services.claim_job(wakeup=wakeup, after=_served["tenant"], worker=worker_name()) if wakeup else None
    if job is None:
        return False
    _served["tenant"] = job.tenant
    run(job, pulse=_pulse)
    following = services.follow_up(queue=job.queue, tenant=job.tenant)
    if following:
        carrier.wake(queue=job.queue, job_id=following)
    return True


def run(job: Job, *, pulse: Pulse | None) -> None:
    """Run a claimed job and settle it. Without a ``pulse`` nothing beats or interrupts (tests)."""
    watch = Watch(job_id=job.pk, fence=job.fence, timeout_seconds=job.timeout_seconds)
    watched: AbstractContextManager[Watch] = pulse.watching(watch) if pulse else nullcontext(watch)
    with (
        structlog.contextvars.bound_contextvars(job=job.public_id, job_name=job.name),
        context.bound(context.from_payload(job.context)),
        jobs.stoppable(watch.should_stop),
    ):
        ending: Ending | None = None
        try:
            with watched:
                ending = _attempt(job, watch)
        except Interrupted as interrupt:  # on the last inch of the block
            ending = _interrupted(job, interrupt)
        if ending is not None:
            _close(job, ending)


def _attempt(job: Job, watch: Watch) -> Ending | None:
    """None where the job is done, or no longer ours."""
    try:
        definition = jobs.definitions.get(job.name)
        if definition is None:
            raise JobRetired(job=job.name)
        _perform(job, definition, watch)
    except (Stopped, CancelAsked):
        watch.armed = False
        return Ending(outcome=AttemptOutcome.CANCELED, error="It was canceled while it ran.")
    except Interrupted as interrupt:
        return _interrupted(job, interrupt)
    except FenceLost:
        log.warning("job_fence_lost")
    except Exception as error:  # noqa: BLE001  whatever a job raises is its failure, kept with its traceback
        watch.armed = False
        return _failure(error)
    return None


def _perform(job: Job, definition: JobDefinition, watch: Watch) -> None:
    if definition.transactional:
        # Effects and settlement commit together: a second run's effects cannot stand beside the first's,
        # since settling needs the fence of the last claim and the row still running.
        with transaction.atomic():
            definition.function(**job.arguments)
            watch.armed = False
            services.settle_done(job_id=job.pk, fence=job.fence, yields=True)
    else:
        definition.function(**job.arguments)
        watch.armed = False
        services.settle_done(job_id=job.pk, fence=job.fence, yields=watch.noticed)


def _interrupted(job: Job, interrupt: Interrupted) -> Ending | None:
    if not connection.in_atomic_block:
        connection.close()  # it may have been cut in the middle of an answer
    if interrupt.outcome is AttemptOutcome.LOST:
        log.warning("job_fence_lost")
        return None
    words = {
        AttemptOutcome.TIMED_OUT: f"It ran longer than {job.timeout_seconds} s.",
        AttemptOutcome.CANCELED: "It was canceled while it ran.",
    }
    where = "".join(traceback.format_exception(interrupt))
    return Ending(outcome=interrupt.outcome, error=words[interrupt.outcome], traceback=where, cause=interrupt.outcome)


def _failure(error: Exception) -> Ending:
    log.warning("job_failed", exc_info=error)
    frames = traceback.extract_tb(error.__traceback__)
    place = f" in {Path(frames[-1].filename).name}:{frames[-1].name}" if frames else ""
    return Ending(
        outcome=AttemptOutcome.FAILED,
        error=f"{type(error).__name__}: {error}",
        traceback="".join(traceback.format_exception(error)),
        cause=f"{type(error).__name__}{place}",
    )


def _close(job: Job, ending: Ending) -> None:
    try:
        services.settle_ended(job_id=job.pk, fence=job.fence, attempt=job.attempts, ending=ending)
    except FenceLost:
        log.warning("job_fence_lost")
    except DatabaseError:
        # the database is away: the lease will end and the sweeper will count the attempt as lost
        log.exception("job_not_settled")
        connection.close()
