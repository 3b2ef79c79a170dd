"""Bulk runs, over a made-up action."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest

from audit.models import Entry
from core import context, jobs
from core.actors import ANONYMOUS, Actor, ActorKind
from core.errors import InvalidTransition, NotFound
from core.ids import new_id
from outbox import selectors, services
from outbox.errors import ArgumentsFixed, BulkSizeRefused, ForeignBulkRun, WorkSettled
from outbox.models import BulkRun, Job
from outbox.services import _bulk
from tests.factories.outbox import ENGINEER, quarantined, run_waiting

pytestmark = pytest.mark.django_db
A_MOMENT = datetime(2026, 3, 2, 9, 30, tzinfo=UTC)
SAM = Actor(ActorKind.STAFF, "usr_sam", "Sam")


@pytest.fixture
def deeds(monkeypatch: pytest.MonkeyPatch) -> list[dict[str, Any]]:
    """What the action was asked to do; objects called refuse or break do as they are called."""
    calls: list[dict[str, Any]] = []

    def run_action(**call: Any) -> str:
        calls.append({**call, "actor": context.current().actor})
        if call["object_id"] == "refuse":
            raise NotFound
        if call["object_id"] == "break":
            raise ValueError("secret")
        return f"did {call['object_id']}"

    monkeypatch.setattr(_bulk, "run_action", run_action)
    return calls


def start(*object_ids: str) -> BulkRun:
    with context.bound(context.Context(actor=SAM)):
        jobs.start_bulk(
            action="accounts.user/suspend", object_ids=object_ids, data={"days": "3"}, reason="spam", at=A_MOMENT
        )
    return BulkRun.objects.get()


def quarantined_chunk(run: BulkRun) -> Job:
    """The run's job after its last attempt failed."""
    job = Job.objects.get()
    Job.objects.filter(pk=job.pk).update(context={})
    return quarantined(job)


def outcomes(run: BulkRun) -> list[tuple[str, str, str]]:
    return list(run.items.order_by("position").values_list("object_id", "status", "message"))


class TestStart:
    def test_writes_the_run_its_items_and_a_job(self) -> None:
        run = start("a", "b")
        assert (run.total, run.actor_label, outcomes(run)) == (2, "Sam", [("a", "waiting", ""), ("b", "waiting", "")])
        assert Job.objects.get().name == "outbox.run_bulk_chunk"

    def test_takes_an_object_once(self) -> None:
        assert start("a", "b", "a").total == 2

    def test_leaves_one_entry(self) -> None:
        start("a", "b")
        assert Entry.objects.filter(action="outbox.bulk_run.started").count() == 1

    @pytest.mark.parametrize("count", [0, 10_001])
    def test_refuses_none_and_too_many(self, count: int) -> None:
        with pytest.raises(BulkSizeRefused):
            start(*map(str, range(count)))


class TestRun:
    def test_gives_each_object_its_outcome(self, deeds: list[dict[str, Any]]) -> None:
        run = start("a", "refuse", "break", "b")
        run_waiting()
        assert outcomes(run) == [
            ("a", "done", "did a"),
            ("refuse", "refused", "Not found"),
            ("break", "failed", "ValueError"),
            ("b", "done", "did b"),
        ]

    def test_acts_as_who_asked(self, deeds: list[dict[str, Any]]) -> None:
        start("a")
        run_waiting()
        assert deeds[0]["actor"] == SAM

    def test_hands_over_all_that_was_asked(self, deeds: list[dict[str, Any]]) -> None:
        run = start("a")
        run_waiting()
        assert (deeds[0]["data"], deeds[0]["reason"]) == ({"days": "3"}, "spam")
        assert deeds[0]["idempotency_key"] == f"{run.public_id}:a"

    def test_goes_on_in_chunks(self, deeds: list[dict[str, Any]], monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(_bulk, "CHUNK_SIZE", 2)
        run = start(*"abcde")
        assert run_waiting() == 3
        run.refresh_from_db()
        assert (run.status, len(deeds)) == ("finished", 5)

    def test_acts_once_on_each_where_a_chunk_comes_twice(self, deeds: list[dict[str, Any]]) -> None:
        run = start("a", "b")
        with context.bound(context.Context(actor=SAM)):
            for _ in range(2):
                services.run_bulk_chunk(run_id=run.pk, at=A_MOMENT)
        assert [call["object_id"] for call in deeds] == ["a", "b"]

    def test_acts_for_nobody_else(self, deeds: list[dict[str, Any]]) -> None:
        run = start("a")
        for actor in (ENGINEER, ANONYMOUS):
            with context.bound(context.Context(actor=actor)), pytest.raises(ForeignBulkRun):
                services.run_bulk_chunk(run_id=run.pk, at=A_MOMENT)
        assert deeds == []

    def test_a_chunk_of_one_run_cannot_be_made_one_of_another(self, deeds: list[dict[str, Any]]) -> None:
        """Somebody who may run jobs again would have had their own run done in another's name."""
        job = quarantined_chunk(start("a"))
        with pytest.raises(ArgumentsFixed):
            services.retry_job(
                job_id=job.pk, arguments={"run_id": str(new_id())}, actor=ENGINEER, reason="mine", at=A_MOMENT
            )

    def test_knows_how_far_it_is(self, deeds: list[dict[str, Any]]) -> None:
        run = start("a", "refuse", "b", "c")
        services.cancel_bulk_run(run_id=run.pk, actor=ENGINEER, reason="stop", at=A_MOMENT)
        assert selectors.summarize_bulk_run(run)["percent"] == 100

    def test_shows_first_what_needs_a_look(self, deeds: list[dict[str, Any]]) -> None:
        run = start("a", "refuse")
        run_waiting()
        assert [item.object_id for item in selectors.list_bulk_items(run)] == ["refuse", "a"]


class TestCancel:
    def cancel(self, run: BulkRun) -> BulkRun:
        return services.cancel_bulk_run(run_id=run.pk, actor=ENGINEER, reason="stop", at=A_MOMENT)

    def test_skips_what_waits(self, deeds: list[dict[str, Any]]) -> None:
        run = self.cancel(start("a", "b"))
        run_waiting()
        assert (run.status, [status for _, status, _ in outcomes(run)], deeds) == ("canceled", ["skipped"] * 2, [])

    def test_comes_with_the_cancellation_of_its_waiting_job(self, deeds: list[dict[str, Any]]) -> None:
        run = start("a", "b")
        services.cancel_job(job_id=Job.objects.get().pk, actor=ENGINEER, reason="stop", at=A_MOMENT)
        run.refresh_from_db()
        assert (run.status, [status for _, status, _ in outcomes(run)]) == ("canceled", ["skipped"] * 2)
        entry = Entry.objects.select_related("payload").get(action="outbox.job.canceled")
        assert entry.payload.detail_values == {"bulk_run": run.public_id}

    def test_comes_with_the_cancellation_of_its_running_job(self, monkeypatch: pytest.MonkeyPatch) -> None:
        run = start("a", "b")
        first = Job.objects.get()

        def run_action(**_: Any) -> str:
            services.cancel_job(job_id=first.pk, actor=ENGINEER, reason="stop", at=A_MOMENT)
            return ""

        monkeypatch.setattr(_bulk, "CHUNK_SIZE", 1)
        monkeypatch.setattr(_bulk, "run_action", run_action)
        run_waiting()
        run.refresh_from_db()
        assert (run.status, [status for _, status, _ in outcomes(run)]) == ("canceled", ["done", "skipped"])

    def test_does_not_come_with_a_job_that_leaves_its_work_to_a_twin(self, deeds: list[dict[str, Any]]) -> None:
        run = start("a")
        job = quarantined_chunk(run)
        with context.bound(context.Context(actor=SAM)):
            jobs.enqueue("outbox.run_bulk_chunk", arguments={"run_id": str(run.pk)}, dedupe_key=str(run.pk))
        services.cancel_job(job_id=job.pk, actor=ENGINEER, reason="the twin does it", at=A_MOMENT)
        run_waiting()
        run.refresh_from_db()
        assert run.status == "finished"

    def test_leaves_nothing_to_run_again(self, deeds: list[dict[str, Any]]) -> None:
        start("a")
        job = Job.objects.get()
        services.cancel_job(job_id=job.pk, actor=ENGINEER, reason="stop", at=A_MOMENT)
        with pytest.raises(WorkSettled):
            services.retry_job(job_id=job.pk, actor=ENGINEER, reason="again", at=A_MOMENT)

    def test_refuses_what_is_finished(self, deeds: list[dict[str, Any]]) -> None:
        run = start("a")
        run_waiting()
        with pytest.raises(InvalidTransition):
            self.cancel(run)

    def test_stops_a_run_in_the_middle(self, monkeypatch: pytest.MonkeyPatch) -> None:
        run = start("a", "b")
        stop: Callable[..., str] = lambda **_: self.cancel(run) and ""  # noqa: E731
        monkeypatch.setattr(_bulk, "run_action", stop)
        run_waiting()
        assert [status for _, status, _ in outcomes(run)][1] == "skipped"
