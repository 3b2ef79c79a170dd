"""Each invariant holds on sound rows and names a broken one."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.db import connection

from core.clock import now
from core.registries import health_checks, invariants
from outbox import health, services
from outbox.models import Attempt, BulkItem, BulkRun, Job, Message, Queue, Slot
from outbox.services import _upkeep
from outbox.states import ProcessKind
from tests.factories.outbox import JobFactory, MessageFactory, claimed, quarantined, run

pytestmark = pytest.mark.django_db


def violated() -> set[str]:
    names = [name for name, _ in invariants.items() if name.startswith("outbox.")]
    return {violation.invariant for name in names for violation in invariants[name]()}


class TestInvariants:
    def test_hold_for_jobs_in_every_state(self) -> None:
        run(JobFactory(name="tests.remote"))
        claimed(JobFactory())
        JobFactory()
        MessageFactory()
        assert violated() == set()

    def test_name_a_running_job_without_an_attempt(self) -> None:
        claimed(JobFactory())
        Attempt.objects.update(fence=7)
        assert violated() == {"outbox.running_jobs_have_an_open_attempt"}

    def test_name_an_attempt_left_open(self) -> None:
        run(JobFactory())
        Attempt.objects.update(outcome="running")
        assert violated() == {"outbox.running_jobs_have_an_open_attempt"}

    def test_name_a_lease_nobody_swept(self) -> None:
        claimed(JobFactory())
        Job.objects.update(lease_until=now() - timedelta(minutes=5))
        assert violated() == {"outbox.leases_are_swept"}

    def test_name_two_waiting_jobs_with_one_key(self) -> None:
        JobFactory(dedupe_key="k")
        other = JobFactory()
        with connection.cursor() as cursor:
            cursor.execute("DROP INDEX outbox_job_one_waiting_per_key")
        Job.objects.filter(pk=other.pk).update(dedupe_key="k")
        assert violated() == {"outbox.one_waiting_job_per_key"}

    def test_name_attempts_miscounted(self) -> None:
        run(JobFactory())
        Job.objects.update(attempts=2)
        assert violated() == {"outbox.attempts_are_counted"}

    def test_name_a_message_nothing_will_send(self) -> None:
        MessageFactory()
        Message.objects.update(job=None)
        assert violated() == {"outbox.queued_messages_have_a_job"}

    def test_name_a_finished_run_with_items_left(self) -> None:
        run = BulkRun.objects.create(action="a", total=1, status="finished")
        BulkItem.objects.create(run=run, position=0, object_id="x")
        assert violated() == {"outbox.finished_runs_are_whole"}


class TestHealth:
    @pytest.fixture(autouse=True)
    def _alive(self) -> None:
        for kind in ProcessKind:
            services.beat_process(name=str(kind), kind=kind, queues=[], started_at=now(), at=services.database_now())

    def complaints(self) -> set[str]:
        return {name for name, check in health.CHECKS.items() if check()}

    def test_is_registered(self) -> None:
        assert set(health.CHECKS) <= {name for name, _ in health_checks.items()}

    def test_has_nothing_to_say_where_all_is_well(self) -> None:
        assert self.complaints() == set()

    def test_sees_a_job_that_waits_too_long(self) -> None:
        JobFactory(run_at=now() - timedelta(minutes=6))
        assert self.complaints() == {"outbox.oldest_waiting_job"}

    @pytest.mark.parametrize(("kind", "name"), [("scheduler", "outbox.scheduler"), ("worker", "outbox.workers")])
    def test_sees_that_nobody_is_at_work(self, kind: str, name: str) -> None:
        services.end_process(name=kind)
        assert self.complaints() == {name}

    def test_sees_a_lost_canary(self) -> None:
        long_ago = now() - timedelta(minutes=6)
        Queue.objects.create(name="low", created_at=long_ago, canary_sent_at=long_ago, canary_at=long_ago)
        assert self.complaints() == {"outbox.canaries"}

    def test_sees_missed_slots(self) -> None:
        Slot.objects.create(schedule="x", due_at=now(), status="missed")
        assert self.complaints() == {"outbox.missed_slots"}

    def test_sees_jobs_in_quarantine(self) -> None:
        quarantined(JobFactory(text="fail"))
        assert self.complaints() == {"outbox.quarantine"}


class TestPrune:
    def test_deletes_what_is_old_and_over(self, settings: Any) -> None:
        old = run(JobFactory())
        MessageFactory()
        Job.objects.filter(pk=old.pk).update(finished_at=now() - timedelta(days=15))
        assert services.prune(at=now()) == 1
        assert not Job.objects.filter(pk=old.pk).exists()

    def test_keeps_what_waits_for_a_person(self) -> None:
        quarantined(JobFactory(text="fail"))
        Job.objects.update(finished_at=now() - timedelta(days=80))
        assert services.prune(at=now()) == 0

    def test_gives_up_what_nobody_looked_at_for_a_quarter(self, settings: Any) -> None:
        settings.EMAIL_BACKEND = "tests.outbox.test_services_mail.Refusing"
        message = MessageFactory()
        quarantined_mail = quarantined(message.job)
        Job.objects.update(finished_at=now() - timedelta(days=91))
        assert services.prune(at=now()) == 1
        message.refresh_from_db()
        assert (quarantined_mail.status, message.status, message.job) == ("quarantined", "failed", None)
        assert not Attempt.objects.exists()

    def test_goes_on_until_nothing_old_is_left(self, monkeypatch: Any) -> None:
        monkeypatch.setattr(_upkeep, "PRUNE_BATCH", 2)
        for _ in range(5):
            run(JobFactory())
        Job.objects.update(finished_at=now() - timedelta(days=15))
        assert services.prune(at=now()) == 5

    def test_leaves_the_rest_to_the_next_run_once_its_time_is_up(self, monkeypatch: Any) -> None:
        monkeypatch.setattr(_upkeep, "PRUNE_BATCH", 2)
        for _ in range(5):
            run(JobFactory())
        Job.objects.update(finished_at=now() - timedelta(days=15))
        assert services.prune(at=now(), stop_after_seconds=0) == 2

    def test_forgets_the_values_of_mail_that_never_went_out(self) -> None:
        message = MessageFactory()
        Message.objects.update(created_at=now() - timedelta(days=8))
        services.prune(at=now())
        message.refresh_from_db()
        assert (message.status, message.values) == ("failed", {})
