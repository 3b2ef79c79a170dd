"""Wake-ups and leases."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.db import connection

from core.ids import from_public
from outbox import services
from outbox.models import Attempt, Job, Queue
from tests.factories.outbox import ENGINEER, JobFactory, claim, claimed

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _queues() -> None:
    services.ensure_queues()


def unsent(**fields: Any) -> Job:
    job = JobFactory(**fields)
    Job.objects.filter(pk=job.pk).update(sent_at=None)
    return job


def ago(seconds: float) -> datetime:
    return datetime.now(UTC) - timedelta(seconds=seconds)


class TestTakeWakeups:
    def test_takes_what_nobody_was_told_of(self) -> None:
        job = unsent()
        assert services.take_wakeups() == {"low": [job.public_id]}

    def test_takes_it_once(self) -> None:
        unsent()
        services.take_wakeups()
        assert services.take_wakeups() == {}

    def test_takes_again_what_seems_lost(self) -> None:
        job = unsent()
        services.take_wakeups()
        Job.objects.update(sent_at=ago(11))
        assert services.take_wakeups() == {"low": [job.public_id]}

    def test_leaves_what_is_due_later(self) -> None:
        unsent(run_at=datetime.now(UTC) + timedelta(hours=1))
        assert services.take_wakeups() == {}

    def test_leaves_a_paused_queue(self) -> None:
        unsent()
        services.pause_queue(name="low", actor=ENGINEER, reason="fire", at=datetime.now(UTC))
        assert services.take_wakeups() == {}

    def test_takes_all_of_a_resumed_queue(self) -> None:
        job = JobFactory()  # its wake-up was spent while the queue was paused
        services.pause_queue(name="low", actor=ENGINEER, reason="fire", at=datetime.now(UTC))
        services.resume_queue(name="low", actor=ENGINEER, reason="out", at=datetime.now(UTC))
        assert services.take_wakeups() == {"low": [job.public_id]}

    def test_keeps_no_more_than_a_window_on_the_way(self, settings: Any) -> None:
        settings.OUTBOX_WINDOW = 3
        for _ in range(5):
            unsent()
        assert [len(ids) for ids in services.take_wakeups().values()] == [3]
        assert services.take_wakeups() == {}

    def test_keeps_to_the_window_when_the_planner_believes_the_table_tiny(self, settings: Any) -> None:
        settings.OUTBOX_WINDOW = 3
        unsent()
        with connection.cursor() as cursor:  # one row: a nested loop, whose inner query runs once for each job
            cursor.execute("ANALYZE outbox_job")
        for _ in range(4):
            unsent()
        assert [len(ids) for ids in services.take_wakeups().values()] == [3]

    def test_takes_again_what_the_broker_did_not_take(self) -> None:
        job = unsent()
        taken = services.take_wakeups()["low"]
        services.give_back_wakeups(job_ids=[key for one in taken if (key := from_public("job", one))])
        assert services.take_wakeups() == {"low": [job.public_id]}


class TestFollowUp:
    def test_finds_work_that_nobody_was_told_of(self) -> None:
        job = unsent()
        assert services.follow_up(queue="low", tenant="") == job.public_id

    def test_finds_it_once(self) -> None:
        unsent()
        services.follow_up(queue="low", tenant="")
        assert services.follow_up(queue="low", tenant="") is None

    def test_leaves_what_is_on_its_way(self) -> None:
        JobFactory()
        assert services.follow_up(queue="low", tenant="") is None

    def test_makes_up_for_wake_ups_spent_on_a_tenant_at_its_cap(self, settings: Any) -> None:
        settings.OUTBOX_TENANT_CAP = 2
        first, _second, third = (JobFactory(tenant="wsp_a") for _ in range(3))
        claim(first)
        assert services.follow_up(queue="low", tenant="wsp_a") in {_second.public_id, third.public_id}


class TestSweep:
    def test_takes_back_a_job_whose_lease_ended(self) -> None:
        claimed(JobFactory())
        Job.objects.update(lease_until=ago(1))
        assert services.sweep_leases() == 1
        job = Job.objects.get()
        assert (job.status, job.lease_until, Attempt.objects.get().outcome) == ("failed", None, "lost")
        assert job.error == "The worker host:1/2 stopped beating."

    def test_leaves_a_job_that_beats(self) -> None:
        claimed(JobFactory())
        assert services.sweep_leases() == 0

    def test_quarantines_a_job_that_keeps_killing_workers(self) -> None:
        Job.objects.filter(pk=JobFactory().pk).update(attempts=2)
        claimed(Job.objects.get())
        Job.objects.update(lease_until=ago(1))
        services.sweep_leases()
        job = Job.objects.get()
        assert (job.status, job.cause, job.worker) == ("quarantined", "worker lost", "host:1/2")

    def test_cancels_a_job_that_was_told_to_end(self) -> None:
        job = claimed(JobFactory())
        services.cancel_job(job_id=job.pk, actor=ENGINEER, reason="no", at=datetime.now(UTC))
        Job.objects.update(lease_until=ago(1))
        services.sweep_leases()
        assert Job.objects.get().status == "canceled"


class TestQueues:
    def test_have_a_row_for_every_declared_queue(self) -> None:
        assert {"default", "low", "mail", "bulk"} <= set(Queue.objects.values_list("name", flat=True))
