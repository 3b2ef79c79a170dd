"""What this app refuses."""

from __future__ import annotations

from dataclasses import dataclass

from core.errors import Refusal


@dataclass(eq=False)
class JobArgumentsInvalid(Refusal):
    """The arguments do not fit the job, are not plain JSON, or are too large."""

    code = "job_arguments_invalid"
    http_status = 400
    title = "The arguments do not fit this job"
    detail = "{job}: {problem}"
    job: str
    problem: str


@dataclass(eq=False)
class JobRetired(Refusal):
    """No code declares this job any more, so it cannot run again."""

    code = "job_retired"
    title = "This job no longer exists"
    detail = "Nothing declares the job {job} any more."
    job: str


@dataclass(eq=False)
class ArgumentsFixed(Refusal):
    """This kind of job acts for who asked for it; other arguments would be somebody else's work in their name."""

    code = "job_arguments_fixed"
    title = "These arguments cannot be changed"
    detail = "The job {job} runs as it was asked for, or not at all."
    job: str


@dataclass(eq=False)
class WorkSettled(Refusal):
    """What the job was for is over: its message is sent or given up, its bulk run has ended."""

    code = "job_work_settled"
    title = "There is nothing left to do"
    detail = "What {job} was for is settled. Ask for it anew."
    job: str


@dataclass(eq=False)
class ForeignBulkRun(Refusal):
    """A chunk ran for somebody else than who started the bulk run."""

    code = "bulk_run_foreign"
    http_status = 403
    title = "This bulk run is somebody else's"
    detail = "The bulk run {run} acts for who started it alone."
    run: str


@dataclass(eq=False)
class TwinWaiting(Refusal):
    """Another job with the same name and dedupe key is waiting already."""

    code = "job_twin_waiting"
    title = "The same job is waiting already"
    detail = "The job {twin} does the same work and is waiting."
    twin: str


@dataclass(eq=False)
class QueueAlready(Refusal):
    """The queue is in the wanted state."""

    code = "queue_already"
    title = "Nothing to change"
    detail = "The queue {queue} is already {state}."
    queue: str
    state: str


@dataclass(eq=False)
class TemplateUnfit(Refusal):
    """A message cannot be made: unknown template, missing or surplus values, or a placeholder left unfilled."""

    code = "template_unfit"
    title = "The message cannot be made"
    detail = "{template}: {problem}"
    template: str
    problem: str


@dataclass(eq=False)
class AddressInvalid(Refusal):
    """The recipient is not an e-mail address."""

    code = "address_invalid"
    http_status = 400
    title = "This is not an e-mail address"


@dataclass(eq=False)
class AlreadySuppressed(Refusal):
    """The address is on the list."""

    code = "already_suppressed"
    title = "This address is suppressed already"


@dataclass(eq=False)
class BulkSizeRefused(Refusal):
    """A bulk run needs between one object and ``limit``."""

    code = "bulk_size"
    http_status = 400
    title = "Choose objects for the bulk run"
    detail = "A bulk run takes from 1 to {limit} objects."
    limit: int


@dataclass(eq=False)
class MailNotTaken(Refusal):
    """The mail carrier did not take a message. ``problem`` is its answer, without the address."""

    code = "mail_not_taken"
    http_status = 502
    title = "The mail carrier did not take the message"
    detail = "{problem}"
    problem: str
