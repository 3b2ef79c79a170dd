"""Scheduler and worker as processes see themselves."""

from __future__ import annotations

import os
import signal
from datetime import timedelta
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from core.clock import now
from outbox import carrier, scheduler, services, worker
from outbox.models import Attempt, Job, Process
from outbox.scheduler import Scheduler
from tests.factories.outbox import JobFactory, claimed, run

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _one_connection(monkeypatch: pytest.MonkeyPatch) -> None:
    """The test's own transaction is the connection that these processes would otherwise renew."""
    for module in (scheduler, worker):
        monkeypatch.setattr(module, "close_old_connections", lambda: None)


class TestScheduler:
    def test_does_all_its_steps_in_a_tick(self, heard: list[str]) -> None:
        services.ensure_queues()
        job = claimed(JobFactory())
        Job.objects.update(lease_until=now() - timedelta(seconds=1))
        Scheduler().tick()
        assert job.public_id in heard  # swept and sent again
        assert Process.objects.get().kind == "scheduler"

    def test_tries_the_rest_where_one_step_fails(self, monkeypatch: pytest.MonkeyPatch, heard: list[str]) -> None:
        def fail() -> int:
            raise OSError

        monkeypatch.setattr(services, "sweep_leases", fail)
        monkeypatch.setattr("django.db.connection.close", lambda: None)
        Scheduler().tick()
        assert Process.objects.exists()

    def test_gives_back_what_the_broker_does_not_take(self, monkeypatch: pytest.MonkeyPatch) -> None:
        services.ensure_queues()
        JobFactory()
        Job.objects.update(sent_at=None)
        monkeypatch.setattr(carrier, "wake", lambda **_: False)
        Scheduler().relay()
        assert Job.objects.get().sent_at is None

    def test_runs_until_it_is_told_to_stop(self, heard: list[str]) -> None:
        process = Scheduler()
        process.stopping.set()
        process.run()
        assert not Process.objects.exists()


class TestEar:
    @pytest.fixture
    def ear(self, monkeypatch: pytest.MonkeyPatch) -> worker.Ear:
        monkeypatch.setattr(carrier, "answers", lambda: True)
        ear = worker.Ear(name="host:1", queues=["low"])
        ear._started_at = now() - timedelta(minutes=10)
        return ear

    def overdue(self) -> Job:
        job = JobFactory()
        Job.objects.update(run_at=now() - timedelta(minutes=4), sent_at=now())
        return job

    def test_says_that_the_worker_lives(self, ear: worker.Ear) -> None:
        ear.is_deaf()
        assert Process.objects.values_list("name", "kind", "queues").get() == ("host:1", "worker", ["low"])

    def test_is_content_where_nothing_waits(self, ear: worker.Ear) -> None:
        assert ear.is_deaf() is False

    def test_is_deaf_where_work_waits_and_none_came(self, ear: worker.Ear) -> None:
        self.overdue()
        assert ear.is_deaf() is True

    def test_is_not_deaf_where_the_broker_is_away(self, ear: worker.Ear, monkeypatch: pytest.MonkeyPatch) -> None:
        self.overdue()
        monkeypatch.setattr(carrier, "answers", lambda: False)
        assert ear.is_deaf() is False

    def test_is_not_deaf_while_it_works(self, ear: worker.Ear) -> None:
        run(self.overdue())
        self.overdue()
        Attempt.objects.update(worker="host:1/2")
        assert ear.is_deaf() is False

    def test_is_not_deaf_just_after_its_start(self, ear: worker.Ear) -> None:
        self.overdue()
        ear._started_at = now()
        assert ear.is_deaf() is False

    def test_does_not_mind_a_paused_queue(self, ear: worker.Ear) -> None:
        services.ensure_queues()
        self.overdue()
        from outbox.models import Queue

        Queue.objects.update(paused_at=now())
        assert ear.is_deaf() is False


class TestSchedulerCommand:
    def test_stops_after_the_round_in_progress(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """SIGTERM to this very process, whose handler is put back afterwards."""
        before = {number: signal.getsignal(number) for number in (signal.SIGTERM, signal.SIGINT)}
        stopped: list[bool] = []

        def run(process: Scheduler) -> None:
            os.kill(os.getpid(), signal.SIGTERM)
            stopped.append(process.stopping.is_set())

        monkeypatch.setattr(Scheduler, "run", run)
        try:
            call_command("outbox_scheduler")
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)
        assert stopped == [True]


class TestWorkerCommand:
    def test_refuses_a_queue_no_job_names(self) -> None:
        with pytest.raises(CommandError, match="nobody"):
            call_command("outbox_worker", queues="nobody")

    def test_serves_every_declared_queue(self, monkeypatch: pytest.MonkeyPatch) -> None:
        started: list[dict[str, Any]] = []
        monkeypatch.setattr(worker, "start", lambda **options: started.append(options))
        call_command("outbox_worker")
        assert {"default", "mail", "low", "bulk"} <= set(started[0]["queues"])


class TestCarrier:
    def test_says_that_a_broker_is_away(self, settings: Any, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(carrier._sender.conf, "broker_write_url", "redis://127.0.0.1:1/0")
        monkeypatch.setattr(carrier._sender, "amqp", type(carrier._sender.amqp)(carrier._sender))
        monkeypatch.setitem(carrier._state, "quiet_until", 0.0)
        assert carrier.wake(queue="low", job_id="job_x") is False

    def test_does_not_ask_a_broker_again_at_once(self, monkeypatch: pytest.MonkeyPatch) -> None:
        asked: list[str] = []
        monkeypatch.setattr(carrier, "wake", lambda **message: asked.append(message["job_id"]))
        monkeypatch.setitem(carrier._state, "quiet_until", float("inf"))
        carrier.hint(queue="low", job_id="job_x")
        assert asked == []

    def test_reaches_the_broker(self) -> None:
        assert carrier.answers() is True


def test_the_task_is_known_to_celery() -> None:
    assert carrier.RUN_TASK in carrier.app.tasks
