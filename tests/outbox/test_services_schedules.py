"""Slots and canaries."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest

from core import jobs
from core.jobs import JobDefinition
from outbox import services
from outbox.models import Job, Queue, Schedule, Slot
from outbox.slots import due_since, newest_due, next_due
from tests.factories.outbox import run, run_waiting

A_MOMENT = datetime(2026, 3, 2, 9, 30, tzinfo=UTC)
MINUTE = timedelta(minutes=1)


def definition(**changes: object) -> JobDefinition:
    fields = {"name": "tests.by_clock", "function": lambda: None, "every": MINUTE, **changes}
    return JobDefinition(**fields)  # type: ignore[arg-type]


class TestDueTimes:
    def test_are_aligned_to_the_epoch(self) -> None:
        assert newest_due(definition(every=timedelta(hours=1)), A_MOMENT) == A_MOMENT.replace(minute=0)

    def test_are_moved_by_the_offset(self) -> None:
        nightly = definition(every=timedelta(days=1), offset=timedelta(hours=3))
        assert newest_due(nightly, A_MOMENT) == A_MOMENT.replace(hour=3, minute=0)

    def test_follow_each_other(self) -> None:
        assert next_due(definition(), A_MOMENT) == A_MOMENT + MINUTE

    def test_include_the_present_moment_and_not_the_last(self) -> None:
        assert due_since(definition(), after=A_MOMENT, at=A_MOMENT + 2 * MINUTE) == [
            A_MOMENT + MINUTE,
            A_MOMENT + 2 * MINUTE,
        ]

    def test_of_a_long_absence_are_the_newest_thousand(self) -> None:
        found = due_since(definition(), after=A_MOMENT - timedelta(days=30), at=A_MOMENT)
        assert (len(found), found[-1]) == (1000, A_MOMENT)


@pytest.mark.django_db
class TestSettleSlots:
    @pytest.fixture
    def only(self, monkeypatch: pytest.MonkeyPatch) -> Iterator[dict[str, JobDefinition]]:
        """No schedule but the test's."""
        entries = {name: one for name, one in jobs.definitions.items() if not one.every}
        monkeypatch.setattr(jobs.definitions, "_entries", entries)
        entries["tests.by_clock"] = definition()
        return entries

    @pytest.fixture(autouse=True)
    def _seen_before(self, only: dict[str, JobDefinition]) -> None:
        Schedule.objects.create(name="tests.by_clock", first_seen_at=A_MOMENT)

    def slots(self) -> list[tuple[int, str]]:
        return [((slot.due_at - A_MOMENT) // MINUTE, slot.status) for slot in Slot.objects.order_by("due_at")]

    def test_enqueues_what_is_due(self) -> None:
        services.settle_slots(at=A_MOMENT + MINUTE)
        assert self.slots() == [(1, "enqueued")]
        assert Slot.objects.get().job == Job.objects.get(name="tests.by_clock")

    def test_settles_each_slot_once(self) -> None:
        assert [services.settle_slots(at=A_MOMENT + MINUTE) for _ in range(3)] == [1, 0, 0]

    def test_settles_nothing_that_another_settled(self) -> None:
        services.settle_slots(at=A_MOMENT + MINUTE)
        Schedule.objects.update(last_due_at=None)  # what a scheduler knows that read before the other wrote
        assert (services.settle_slots(at=A_MOMENT + MINUTE), Job.objects.count()) == (0, 1)

    def test_shows_what_was_missed_and_runs_the_newest(self) -> None:
        services.settle_slots(at=A_MOMENT + 3 * MINUTE)
        assert self.slots() == [(1, "missed"), (2, "missed"), (3, "enqueued")]

    def test_runs_what_was_missed_where_the_definition_catches_up(self, only: dict[str, JobDefinition]) -> None:
        only["tests.by_clock"] = definition(catch_up=True)
        services.settle_slots(at=A_MOMENT + 3 * MINUTE)
        assert self.slots() == [(1, "enqueued"), (2, "enqueued"), (3, "enqueued")]
        assert Job.objects.count() == 3

    def test_starts_with_the_first_slot_after_a_schedule_was_seen(self) -> None:
        Schedule.objects.all().delete()
        services.settle_slots(at=A_MOMENT)
        services.settle_slots(at=A_MOMENT + MINUTE)
        assert self.slots() == [(1, "enqueued")]

    def test_costs_one_query_between_slots(self, count_queries: object) -> None:
        services.settle_slots(at=A_MOMENT + MINUTE)
        with count_queries(1):  # type: ignore[operator]  # SELECT schedules
            services.settle_slots(at=A_MOMENT + MINUTE)


@pytest.mark.django_db
class TestCanaries:
    @pytest.fixture(autouse=True)
    def _queues(self) -> None:
        services.ensure_queues()

    def test_go_through_every_queue(self) -> None:
        assert services.send_canaries(at=A_MOMENT) == Queue.objects.count()
        assert set(Job.objects.values_list("queue", flat=True)) == set(Queue.objects.values_list("name", flat=True))

    def test_go_once_a_minute(self) -> None:
        services.send_canaries(at=A_MOMENT)
        assert services.send_canaries(at=A_MOMENT + timedelta(seconds=59)) == 0

    def test_do_not_pile_up(self) -> None:
        services.send_canaries(at=A_MOMENT)
        services.send_canaries(at=A_MOMENT + MINUTE)
        assert Job.objects.count() == Queue.objects.count()

    def test_spare_a_paused_queue(self) -> None:
        Queue.objects.update(paused_at=A_MOMENT)
        assert services.send_canaries(at=A_MOMENT) == 0

    def test_tell_how_long_they_took(self) -> None:
        Queue.objects.exclude(name="low").delete()
        services.send_canaries(at=services.database_now() - timedelta(seconds=2))
        run(Job.objects.get())
        queue = Queue.objects.get()
        assert queue.canary_delay_ms is not None
        assert 2000 <= queue.canary_delay_ms < 10_000

    def test_come_back(self) -> None:
        services.send_canaries(at=services.database_now())
        run_waiting()
        assert not Queue.objects.filter(canary_at=None).exists()
