"""The heartbeat thread, beside a real run over a connection of its own."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import pytest

from core import jobs
from core.clock import now
from core.jobs import JobDefinition
from outbox import pulse, runner, services
from outbox.models import Attempt, Job
from tests.factories.outbox import ENGINEER, JobFactory, claimed

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def _quick(settings: Any) -> None:
    settings.OUTBOX_HEARTBEAT_SECONDS = 0.1
    settings.OUTBOX_STOP_GRACE_SECONDS = 0.3


@pytest.fixture
def run_it(monkeypatch: pytest.MonkeyPatch) -> Callable[..., Job]:
    """Run ``function`` as a claimed job under a pulse, and give back the job as it ended."""

    def start(function: Callable[[Job], Any], **options: Any) -> Job:
        job = claimed(JobFactory())
        definition = JobDefinition(name="tests.note", function=lambda **_: function(job), queue="low", **options)
        monkeypatch.setitem(jobs.definitions._entries, "tests.note", definition)
        runner.run(job, pulse=pulse.Pulse())
        return Job.objects.get()

    return start


def ask_to_cancel(job: Job) -> None:
    services.cancel_job(job_id=job.pk, actor=ENGINEER, reason="no", at=now())


def wait_for(condition: Callable[[], object], seconds: float = 5) -> bool:
    limit = time.monotonic() + seconds
    while time.monotonic() < limit:
        if condition():
            return True
        time.sleep(0.02)
    return False


def test_a_run_keeps_its_lease(run_it: Callable[..., Job]) -> None:
    beats: list[Any] = []
    job = run_it(lambda _job: (time.sleep(0.6), beats.append(Job.objects.get().heartbeat_at)))
    assert job.status == "done"
    assert beats[0] > job.started_at
    assert job.memory_kb > 1000


def test_a_canceled_run_hears_of_it(run_it: Callable[..., Job]) -> None:
    def polite(job: Job) -> None:
        ask_to_cancel(job)
        wait_for(jobs.should_stop)
        raise jobs.Stopped

    # the request must be seen from the pulse's connection: the job is not transactional
    job = run_it(polite, transactional=False)
    assert (job.status, Attempt.objects.get().outcome) == ("canceled", "canceled")


def test_a_canceled_run_that_does_not_listen_is_interrupted(run_it: Callable[..., Job]) -> None:
    def deaf(job: Job) -> None:
        ask_to_cancel(job)
        time.sleep(10)

    begun = time.monotonic()
    job = run_it(deaf, transactional=False)
    assert (job.status, time.monotonic() - begun < 5) == ("canceled", True)


def test_a_run_out_of_time_is_interrupted(run_it: Callable[..., Job], monkeypatch: pytest.MonkeyPatch) -> None:
    made = pulse.Watch.__init__
    monkeypatch.setattr(
        pulse.Watch, "__init__", lambda self, **fields: made(self, **{**fields, "timeout_seconds": 0.3})
    )
    job = run_it(lambda _job: time.sleep(10))
    assert (job.status, job.error, job.cause) == ("failed", "It ran longer than 20 s.", "timed_out")
    assert "time.sleep" in job.traceback


def test_a_run_that_swallows_the_interrupt_is_interrupted_again(run_it: Callable[..., Job]) -> None:
    def stubborn(job: Job) -> None:
        ask_to_cancel(job)
        try:
            time.sleep(10)
        except pulse.Interrupted:
            time.sleep(10)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(pulse.os, "_exit", lambda _code: None)
        job = run_it(stubborn, transactional=False)
    assert job.status == "canceled"


def test_a_run_that_lost_its_fence_is_interrupted_and_writes_nothing(run_it: Callable[..., Job]) -> None:
    def robbed(_job: Job) -> None:
        Job.objects.update(fence=99)
        time.sleep(10)

    job = run_it(robbed, transactional=False)
    assert (job.status, Attempt.objects.get().outcome) == ("running", "running")


class TestWatch:
    def watch(self) -> pulse.Watch:
        return pulse.Watch(job_id=Job().pk, fence=1, timeout_seconds=60)

    def test_keeps_the_first_word(self) -> None:
        watch = self.watch()
        watch.tell(pulse.AttemptOutcome.CANCELED, patience=1)
        watch.tell(pulse.AttemptOutcome.TIMED_OUT, patience=0)
        assert watch.outcome is pulse.AttemptOutcome.CANCELED

    def test_ends_the_process_that_does_not_end_its_run(self, monkeypatch: pytest.MonkeyPatch) -> None:
        ended: list[int] = []
        monkeypatch.setattr(pulse.os, "_exit", ended.append)
        monkeypatch.setattr(pulse.os, "kill", lambda *_: None)
        watch = self.watch()
        watch.tell(pulse.AttemptOutcome.CANCELED, patience=0)
        watch.exit_at, watch.next_beat = 0.0, float("inf")
        pulse.Pulse()._attend(watch)
        assert ended == [pulse.EXIT_STUCK]
