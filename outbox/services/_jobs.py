"""What staff, and apps above, do to jobs: retry, cancel, one or many."""

from __future__ import annotations

import json
from collections.abc import Collection
from dataclasses import replace
from datetime import datetime
from functools import partial
from typing import Any
from uuid import UUID

from django.db import IntegrityError, transaction
from django.db.models import Q, QuerySet

from audit import services as audit_services
from core import context, jobs
from core.actors import Actor, Target
from core.errors import InvalidTransition, NotFound
from core.states import refuse_unless_allowed
from outbox import carrier
from outbox.actions import AuditAction
from outbox.errors import ArgumentsFixed, JobRetired, TwinWaiting, WorkSettled
from outbox.models import Job
from outbox.services._dependents import end_run_with, refuse_if_settled, settle_with
from outbox.services._enqueue import check_arguments, hints_left
from outbox.states import JOB_MOVES, LIVE, JobStatus

MANY_LIMIT = 1_000
TARGET = "outbox.job"


def retry_job(
    *,
    job_id: UUID,
    actor: Actor,
    reason: str,
    at: datetime,
    ticket: str = "",
    arguments: dict[str, Any] | None = None,
) -> Job:
    """Queue a failed, quarantined or canceled job again, with its full attempts; with other ``arguments`` if given.

    With other arguments it is the work of who gave them: it then runs as ``actor``. Refuses NotFound,
    InvalidTransition, JobRetired, WorkSettled, JobArgumentsInvalid, ArgumentsFixed, and TwinWaiting
    where a job with the same dedupe key waits already.
    """
    with transaction.atomic():
        job = _locked(job_id)
        before, old_arguments = JobStatus(job.status), job.arguments
        if arguments is not None and arguments != old_arguments:
            _give_other_arguments(job, arguments, actor=actor)
        _requeue(job, at=at)
        changes: dict[str, tuple[Any, Any]] = {"status": (str(before), str(job.status))}
        if job.arguments != old_arguments:
            changes["arguments"] = (json.dumps(old_arguments), json.dumps(job.arguments))
        audit_services.record(
            action=AuditAction.JOB_RETRIED,
            at=at,
            actor=actor,
            target=Target(TARGET, job.public_id, job.name),
            reason=reason,
            ticket=ticket,
            changes=changes,
        )
    return job


def cancel_job(*, job_id: UUID, actor: Actor, reason: str, at: datetime, ticket: str = "") -> Job:
    """End a job: at once where it waits; within half a minute where it runs (see outbox.pulse).

    A transactional job that is canceled while it runs leaves no effect. Refuses NotFound and
    InvalidTransition (it is over, or was told to end before).
    """
    with transaction.atomic():
        job = _locked(job_id)
        before = JobStatus(job.status)
        settled = _cancel(job, actor=actor, reason=reason, at=at)
        audit_services.record(
            action=AuditAction.JOB_CANCELED,
            at=at,
            actor=actor,
            target=Target(TARGET, job.public_id, job.name),
            reason=reason,
            ticket=ticket,
            changes={"status": (str(before), str(JobStatus.CANCELED))},
            details=settled,
        )
    return job


def retry_many_by_cause(
    *, cause: str, actor: Actor, reason: str, at: datetime, name: str = "", ticket: str = ""
) -> int:
    """Queue again up to a thousand failed or quarantined jobs with one cause; returns how many.

    Jobs that cannot run again (retired, a twin waits) are left as they are. One entry in the trail.
    """
    with transaction.atomic():
        chosen = _by_cause(cause, name, [JobStatus.FAILED, JobStatus.QUARANTINED])
        done = 0
        for job in chosen:
            try:
                with transaction.atomic():
                    _requeue(job, at=at)
            except (JobRetired, TwinWaiting, WorkSettled):
                continue
            done += 1
        _record_many(AuditAction.JOBS_RETRIED, done, actor=actor, reason=reason, ticket=ticket, at=at, cause=cause)
    return done


def cancel_many_by_cause(
    *, cause: str, actor: Actor, reason: str, at: datetime, name: str = "", ticket: str = ""
) -> int:
    """Cancel up to a thousand failed or quarantined jobs with one cause; returns how many. One entry in the trail."""
    with transaction.atomic():
        chosen = _by_cause(cause, name, [JobStatus.FAILED, JobStatus.QUARANTINED])
        for job in chosen:
            _cancel(job, actor=actor, reason=reason, at=at)
        _record_many(
            AuditAction.JOBS_CANCELED, len(chosen), actor=actor, reason=reason, ticket=ticket, at=at, cause=cause
        )
    return len(chosen)


def cancel_jobs_of(
    *,
    actor_ids: Collection[str] = (),
    tenants: Collection[str] = (),
    actor: Actor,
    reason: str,
    at: datetime,
) -> int:
    """End every waiting or running job of these actors (``usr_…``, ``key_…``) or workspaces; returns how many.

    Waiting ones end now, running ones within half a minute. Jobs declared with
    ``belongs_to_actor=False`` (mail, say) run on, unless their workspace is named. A building block
    for commands: each job says itself who ended it and why, and the caller's entry how many there were.
    """
    kept = [definition.name for definition in jobs.definitions if not definition.belongs_to_actor]
    whose = (Q(actor_id__in=list(actor_ids)) & ~Q(name__in=kept)) | Q(tenant__in=[name for name in tenants if name])
    with transaction.atomic():
        live = Job.objects.filter(whose, status__in=LIVE, cancel_requested_at=None).exclude(actor_id="", tenant="")
        chosen = list(live.select_for_update(of=("self",)).order_by("id"))
        for job in chosen:
            _cancel(job, actor=actor, reason=reason, at=at)
    return len(chosen)


def _locked(job_id: UUID) -> Job:
    job = Job.objects.select_for_update().filter(pk=job_id).first()
    if job is None:
        raise NotFound
    return job


def _definition_of(job: Job) -> jobs.JobDefinition:
    definition = jobs.definitions.get(job.name)
    if definition is None:
        raise JobRetired(job=job.name)
    return definition


def _give_other_arguments(job: Job, arguments: dict[str, Any], *, actor: Actor) -> None:
    definition = _definition_of(job)
    if definition.arguments_fixed:
        raise ArgumentsFixed(job=job.name)
    check_arguments(definition, arguments)
    job.arguments, job.actor_id = arguments, actor.id[:64]
    job.context = context.to_payload(replace(context.current(), actor=actor))


def _requeue(job: Job, *, at: datetime) -> None:
    refuse_unless_allowed(JOB_MOVES, JobStatus(job.status), JobStatus.QUEUED)
    definition = _definition_of(job)
    refuse_if_settled(job)
    job.status, job.status_changed_at, job.run_at = JobStatus.QUEUED, at, at
    job.max_attempts = job.attempts + definition.max_attempts
    job.cancel_requested_at, job.finished_at, job.sent_at, job.cause = None, None, None, ""
    job.canceled_by, job.cancel_reason = "", ""
    try:
        with transaction.atomic():
            job.save()
    except IntegrityError:
        twin = Job.objects.filter(
            name=job.name, dedupe_key=job.dedupe_key, status__in=[JobStatus.QUEUED, JobStatus.FAILED]
        ).exclude(pk=job.pk)
        raise TwinWaiting(twin=str(twin.first())) from None
    if hints_left():
        transaction.on_commit(partial(carrier.hint, queue=job.queue, job_id=job.public_id), robust=True)


def _cancel(job: Job, *, actor: Actor, reason: str, at: datetime) -> dict[str, str]:
    """Cancel in place, or ask the running one to end; the row is locked by the caller.

    Returns what was settled with it. A running one may just now hand its message over: that is
    settled when it ends.
    """
    status = JobStatus(job.status)
    refuse_unless_allowed(JOB_MOVES, status, JobStatus.CANCELED)
    if status is JobStatus.RUNNING:
        if job.cancel_requested_at is not None:
            raise InvalidTransition(str(status), str(JobStatus.CANCELED))
        job.cancel_requested_at, job.canceled_by, job.cancel_reason = at, actor.id, reason
        job.save(update_fields=["cancel_requested_at", "canceled_by", "cancel_reason"])
        return end_run_with(job, leaves_to_twin=False)
    job.canceled_by, job.cancel_reason = actor.id, reason
    job.status, job.status_changed_at, job.finished_at, job.cause = JobStatus.CANCELED, at, at, ""
    job.save(update_fields=["status", "status_changed_at", "finished_at", "cause", "canceled_by", "cancel_reason"])
    return settle_with(job)


def _by_cause(cause: str, name: str, statuses: list[JobStatus]) -> list[Job]:
    chosen: QuerySet[Job] = Job.objects.filter(cause=cause, status__in=statuses)
    if name:
        chosen = chosen.filter(name=name)
    found = list(chosen.select_for_update(skip_locked=True).order_by("id")[:MANY_LIMIT])
    if not cause or not found:
        raise NotFound
    return found


def _record_many(
    action: AuditAction, count: int, *, actor: Actor, reason: str, ticket: str, at: datetime, cause: str
) -> None:
    audit_services.record(
        action=action,
        at=at,
        actor=actor,
        target=Target(TARGET, "*"),
        reason=reason,
        ticket=ticket,
        details={"cause": cause, "jobs": count},
    )
