"""Background work of the last weeks: jobs in every end, a slot that was missed, a bulk run."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from random import Random
from typing import Any
from uuid import UUID

from django.conf import settings

from core import context, jobs
from core.actors import Actor, Target, system
from core.context import Context
from core.ids import to_public
from operations.demo.chance import dice, id_at, request_id_at
from operations.demo.company import Company, office
from operations.demo.mail import Mail
from operations.demo.trail import Note
from outbox.actions import AuditAction
from outbox.slots import newest_due
from outbox.states import AttemptOutcome, BulkStatus, ItemStatus, JobStatus, MessageStatus, SlotStatus

BULK_TARGET = "outbox.bulk_run"
SCHEDULER = system("scheduler")
_SEND_JOB = "outbox.send_message"
_WORKERS = ("worker-1@ballast", "worker-2@ballast")
_REFUSED = "MailNotTaken: ConnectionRefusedError: [Errno 111] Connection refused"
_TRACEBACK = """Traceback (most recent call last):
  File "outbox/runner.py", line 142, in _run
    definition.function(**arguments)
  File "outbox/tasks.py", line 24, in send_message
    services.deliver_message(message_id=UUID(message_id), at=now())
  File "outbox/services/_mail.py", line 92, in deliver_message
    raise MailNotTaken(problem=problem[:_PROBLEM_LIMIT]) from None
outbox.errors.MailNotTaken: ConnectionRefusedError: [Errno 111] Connection refused
"""


@dataclass(slots=True)
class Job:
    """One job with its attempts: when each began and how it ended."""

    id: UUID
    name: str
    arguments: dict[str, Any]
    actor: Actor
    created_at: datetime
    status: JobStatus
    attempts: list[tuple[datetime, AttemptOutcome]] = field(default_factory=list)
    run_at: datetime | None = None
    error: str = ""
    traceback: str = ""

    @property
    def is_over(self) -> bool:
        return self.status in (JobStatus.DONE, JobStatus.CANCELED)


@dataclass(frozen=True, slots=True)
class Slot:
    """One due time of a schedule."""

    id: UUID
    schedule: str
    due_at: datetime
    job: Job | None


def make_jobs(company: Company, mails: list[Mail]) -> list[Job]:
    """A job for each message of the time that jobs are kept, and a few that went wrong."""
    stream = dice(company.seed, "jobs")
    since = company.now - timedelta(days=settings.OUTBOX_KEEP_DAYS - 1)
    found = []
    waiting = iter((JobStatus.QUARANTINED, JobStatus.QUARANTINED, JobStatus.FAILED))
    for mail in mails:
        if mail.created_at < since:
            continue
        status = next(waiting, JobStatus.FAILED) if mail.status == MessageStatus.QUEUED else JobStatus.DONE
        job = _sending(company, mail, status, stream)
        mail.job_id = job.id
        found.append(job)
    found.append(_canceled(company, stream))
    return found


def _sending(company: Company, mail: Mail, status: JobStatus, stream: Random) -> Job:
    at = mail.created_at
    job = Job(id_at(stream, at), _SEND_JOB, {"message_id": str(mail.id)}, mail.person.actor, at, status)
    if status == JobStatus.DONE:
        job.attempts = [(at + timedelta(milliseconds=stream.randrange(20, 900)), AttemptOutcome.DONE)]
        return job
    tries = 8 if status == JobStatus.QUARANTINED else 3
    job.attempts = [(at + timedelta(seconds=1 + 5 * 2**n), AttemptOutcome.FAILED) for n in range(tries)]
    job.attempts = [(began, outcome) for began, outcome in job.attempts if began < company.now]
    job.run_at = company.now + timedelta(minutes=2) if status == JobStatus.FAILED else at
    job.error, job.traceback = _REFUSED, _TRACEBACK
    return job


def _canceled(company: Company, stream: Random) -> Job:
    at = company.now - timedelta(days=4, hours=2)
    job = Job(id_at(stream, at), "outbox.prune", {}, SCHEDULER, at, JobStatus.CANCELED)
    job.run_at = at + timedelta(hours=1)
    return job


def make_slots(company: Company) -> list[Slot]:
    """The last day of the schedules that run hourly or less often, with the hour that nobody was there."""
    stream = dice(company.seed, "slots")
    found = []
    for definition in sorted(jobs.definitions, key=lambda definition: definition.name):
        if definition.every is None or definition.every < timedelta(hours=1):
            continue
        due = newest_due(definition, company.now - timedelta(minutes=1))
        for number in range(24):
            if company.now - due > timedelta(days=1):
                break
            is_missed = definition.name == "outbox.prune" and number in (7, 8)
            found.append(_slot(definition.name, due, stream, is_missed=is_missed))
            due -= definition.every
    return found


def _slot(name: str, due: datetime, stream: Random, *, is_missed: bool) -> Slot:
    job = None
    if not is_missed:
        job = Job(id_at(stream, due), name, {}, SCHEDULER, due, JobStatus.DONE)
        job.attempts = [(due + timedelta(milliseconds=stream.randrange(200, 1500)), AttemptOutcome.DONE)]
    return Slot(id_at(stream, due), name, due, job)


# ------------------------------------------------------------------ rows


def job_rows(found: list[Job]) -> Iterator[dict[str, object]]:
    """Rows of outbox.Job."""
    for job in found:
        definition = jobs.definitions[job.name]
        began = job.attempts[-1][0] if job.attempts else None
        ended = (began or job.created_at) + timedelta(milliseconds=310)
        yield {
            "id": job.id,
            "name": job.name,
            "queue": definition.queue,
            "tenant": "",
            "actor_id": job.actor.id,
            "arguments": job.arguments,
            "context": context.to_payload(Context(actor=job.actor)),
            "dedupe_key": "",
            "status": job.status,
            "status_changed_at": ended,
            "created_at": job.created_at,
            "run_at": job.run_at or job.created_at,
            "sent_at": job.created_at if job.is_over else None,
            "started_at": began,
            "finished_at": ended if job.is_over or job.status == JobStatus.QUARANTINED else None,
            "attempts": len(job.attempts),
            "max_attempts": definition.max_attempts,
            "timeout_seconds": definition.timeout_seconds,
            "fence": len(job.attempts),
            "worker": "",
            "memory_kb": 91_000 if job.attempts else 0,
            "cause": "MailNotTaken" if job.error else "",
            "error": job.error,
            "traceback": job.traceback,
        }


def attempt_rows(found: list[Job]) -> Iterator[dict[str, object]]:
    """Rows of outbox.Attempt."""
    for job in found:
        for number, (began, outcome) in enumerate(job.attempts, start=1):
            yield {
                "job_id": job.id,
                "number": number,
                "fence": number,
                "worker": _WORKERS[began.second % 2],
                "started_at": began,
                "finished_at": began + timedelta(milliseconds=310),
                "outcome": outcome,
                "error": job.error,
                "traceback": job.traceback,
            }


def slot_rows(slots: list[Slot]) -> Iterator[dict[str, object]]:
    """Rows of outbox.Slot."""
    for slot in slots:
        yield {
            "id": slot.id,
            "schedule": slot.schedule,
            "due_at": slot.due_at,
            "status": SlotStatus.ENQUEUED if slot.job else SlotStatus.MISSED,
            "job_id": slot.job.id if slot.job else None,
            "created_at": slot.due_at + timedelta(seconds=1 if slot.job else 7400),
        }


# ------------------------------------------------------------------ a bulk run


def bulk_rows(company: Company) -> tuple[dict[str, object], list[dict[str, object]]]:
    """A row of outbox.BulkRun and its items: Noor tagged the beta testers, one of whom had the tag already."""
    stream = dice(company.seed, "bulk")
    at = company.now - timedelta(days=8, hours=4)
    people = [p for p in company.customers if p.joined_at < at and "beta" in p.tags][:20]
    others = [p for p in company.customers if p.joined_at < at and p.tags and "beta" not in p.tags][:1]
    run_id = id_at(stream, at)
    reason = "Invited to the private beta of short clips"
    company.notes.append(
        Note(
            at,
            AuditAction.BULK_STARTED,
            company.noor.actor,
            Target(BULK_TARGET, to_public("blk", run_id)),
            reason,
            details={"action": "accounts.user/tag", "objects": len(people) + len(others)},
            where=office(company.noor, request_id=request_id_at(stream, at)),
        )
    )
    run: dict[str, object] = {
        "id": run_id,
        "action": "accounts.user/tag",
        "data": {"tag": "beta"},
        "reason": reason,
        "actor_id": company.noor.public_id,
        "actor_label": company.noor.label,
        "status": BulkStatus.FINISHED,
        "status_changed_at": at + timedelta(seconds=9),
        "total": len(people) + len(others),
        "created_at": at,
        "finished_at": at + timedelta(seconds=9),
    }
    items: list[dict[str, object]] = [
        {
            "run_id": run_id,
            "position": place,
            "object_id": person.public_id,
            "status": ItemStatus.DONE if "beta" in person.tags else ItemStatus.REFUSED,
            "message": "" if "beta" in person.tags else "The account is closed.",
            "finished_at": at + timedelta(milliseconds=400 * (place + 1)),
        }
        for place, person in enumerate([*people, *others])
    ]
    return run, items
