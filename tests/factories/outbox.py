"""Jobs, messages and bulk runs, made through the services; and a way to run what waits."""

from __future__ import annotations

import itertools
from typing import Any

import factory
from django.db import connection

from core import jobs
from core.actors import Actor, ActorKind
from core.clock import now
from core.ids import from_public
from outbox import runner, services
from outbox.models import Job, Message
from outbox.templates import MailTemplate

ENGINEER = Actor(ActorKind.STAFF, "usr_00000000000000000000000001", "An engineer")
CALLS: list[dict[str, Any]] = []
_numbers = itertools.count(1)


@jobs.job("tests.note", queue="low", max_attempts=3, timeout_seconds=20)
def note(*, text: str, times: int = 1) -> None:
    """Remembers its call and fails on demand."""
    CALLS.append({"text": text, "times": times})
    if text == "fail":
        raise ValueError("asked to fail")


@jobs.job("tests.remote", queue="low", max_attempts=3, transactional=False, belongs_to_actor=False)
def remote(*, text: str) -> None:
    """Speaks to somebody outside, so to say."""
    CALLS.append({"text": text})
    if text == "stop" and jobs.should_stop():
        raise jobs.Stopped
    if text == "fail":
        raise ValueError("asked to fail")


# declared by tests/outbox/conftest.py for one test at a time; its texts are in tests/faults/templates
HELLO = MailTemplate(
    name="faults.hello", version=3, subject="Number {{ key }}", variables=("key",), sample={"key": "seven"}
)


class JobFactory(factory.Factory[Job]):
    """A waiting job."""

    class Meta:
        model = Job

    name = "tests.note"
    text = "hello"

    @classmethod
    def _create(cls, _model_class: Any, *_args: Any, name: str, text: str, **kwargs: Any) -> Job:
        public_id = jobs.enqueue(name, arguments={"text": text}, **kwargs)
        return Job.objects.get(pk=from_public("job", public_id))


def claim(job: Job, *, after: str | None = None, worker: str = "host:1/2") -> Job | None:
    """The next job of the queue ``job`` is in, running."""
    return services.claim_job(wakeup=job.pk, after=after, worker=worker)


def claimed(job: Job) -> Job:
    """``job`` itself, running."""
    found = claim(job)
    assert found == job
    return found


def run(job: Job) -> Job:
    """Claim ``job`` and run it here."""
    runner.run(claimed(job), pulse=None)
    job.refresh_from_db()
    return job


def quarantined(job: Job) -> Job:
    """``job`` after its last attempt."""
    Job.objects.filter(pk=job.pk).update(max_attempts=1)
    return run(job)


def run_waiting(*, limit: int = 100) -> int:
    """Run what is due in every queue, in this process, until nothing is; returns how many runs it took."""
    for count in range(limit):
        with connection.cursor() as cursor:
            cursor.execute("SELECT id FROM outbox_job WHERE status = 'queued' AND run_at <= clock_timestamp() LIMIT 1")
            row = cursor.fetchone()
        job = services.claim_job(wakeup=row[0], after=None, worker="tests/0") if row else None
        if job is None:
            return count
        runner.run(job, pulse=None)
    raise AssertionError(f"work goes on after {limit} runs")


class MessageFactory(factory.Factory[Message]):
    """A queued message."""

    class Meta:
        model = Message

    template = "faults.hello"
    recipient = factory.LazyAttribute(lambda _: f"somebody-{next(_numbers)}@example.com")
    recipient_key = "usr_00000000000000000000000002"
    language = "en"
    values = factory.LazyFunction(lambda: {"key": "7"})
    at = factory.LazyFunction(now)

    @classmethod
    def _create(cls, _model_class: Any, *_args: Any, **kwargs: Any) -> Message:
        return services.send_message(**kwargs)
