"""Writing jobs."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.db import transaction

from core import context, jobs
from core.actors import Actor, ActorKind
from outbox.errors import JobArgumentsInvalid
from outbox.models import Job
from tests.factories.outbox import JobFactory, claimed

pytestmark = pytest.mark.django_db
NOTE = "tests.note"


def only_job() -> Job:
    return Job.objects.get()


class TestEnqueue:
    def test_writes_a_row_with_what_the_definition_says(self) -> None:
        public_id = jobs.enqueue(NOTE, arguments={"text": "hello"}, tenant="wsp_1")
        job = only_job()
        assert (job.public_id, job.queue, job.max_attempts, job.timeout_seconds, job.tenant, job.status) == (
            public_id,
            "low",
            3,
            20,
            "wsp_1",
            "queued",
        )

    def test_is_undone_with_the_callers_transaction(self) -> None:
        with transaction.atomic():
            jobs.enqueue(NOTE, arguments={"text": "hello"})
            transaction.set_rollback(True)
        assert not Job.objects.exists()

    def test_keeps_the_context_of_the_request(self) -> None:
        asked = context.Context(actor=Actor(ActorKind.STAFF, "usr_sam", "Sam"), request_id="req_1")
        with context.bound(asked):
            jobs.enqueue(NOTE, arguments={"text": "hello"})
        assert context.from_payload(only_job().context) == asked

    def test_remembers_whose_job_it_is(self) -> None:
        with context.bound(context.Context(actor=Actor(ActorKind.CUSTOMER, "usr_ada"))):
            jobs.enqueue(NOTE, arguments={"text": "hello"})
        assert only_job().actor_id == "usr_ada"

    def test_costs_one_statement(self, django_assert_num_queries: Any) -> None:
        with django_assert_num_queries(1):  # INSERT
            jobs.enqueue(NOTE, arguments={"text": "hello"})

    def test_does_not_know_an_undeclared_name(self) -> None:
        with pytest.raises(KeyError):
            jobs.enqueue("tests.nobody")

    @pytest.mark.parametrize(
        "arguments",
        [
            {},
            {"text": "x", "color": "red"},
            {"text": datetime(2026, 1, 1, tzinfo=UTC)},
            {"text": float("nan")},
            {"text": "\x00"},
            {"text": "x" * 20_000},
        ],
        ids=["missing", "surplus", "not JSON", "not a number", "NUL", "too large"],
    )
    def test_refuses_arguments_that_do_not_fit(self, arguments: dict[str, Any]) -> None:
        with pytest.raises(JobArgumentsInvalid):
            jobs.enqueue(NOTE, arguments=arguments)

    def test_takes_a_text_that_only_looks_like_an_escape(self) -> None:
        jobs.enqueue(NOTE, arguments={"text": "\\u0000"})
        assert only_job().arguments == {"text": "\\u0000"}


class TestDedupeKey:
    def test_finds_the_waiting_twin(self) -> None:
        first = jobs.enqueue(NOTE, arguments={"text": "1"}, dedupe_key="k")
        assert jobs.enqueue(NOTE, arguments={"text": "2"}, dedupe_key="k") == first

    def test_does_not_mix_up_names(self) -> None:
        first = jobs.enqueue(NOTE, arguments={"text": "1"}, dedupe_key="k")
        assert jobs.enqueue("outbox.send_message", arguments={"message_id": "1"}, dedupe_key="k") != first

    def test_lets_a_new_one_wait_while_the_old_one_runs(self) -> None:
        first = claimed(JobFactory(dedupe_key="k")).public_id
        assert jobs.enqueue(NOTE, arguments={"text": "2"}, dedupe_key="k") != first


class TestWakeUp:
    def test_follows_the_commit(self, heard: list[str], django_capture_on_commit_callbacks: Any) -> None:
        with django_capture_on_commit_callbacks(execute=True):
            job_id = jobs.enqueue(NOTE, arguments={"text": "1"})
        assert heard == [job_id]

    def test_is_left_to_the_relay_after_twenty(self, heard: list[str], django_capture_on_commit_callbacks: Any) -> None:
        with django_capture_on_commit_callbacks(execute=True):
            for number in range(25):
                jobs.enqueue(NOTE, arguments={"text": str(number)})
        assert (len(heard), Job.objects.filter(sent_at=None).count()) == (20, 5)

    def test_does_not_come_for_a_job_of_later(self, heard: list[str], django_capture_on_commit_callbacks: Any) -> None:
        with django_capture_on_commit_callbacks(execute=True):
            jobs.enqueue(NOTE, arguments={"text": "1"}, run_at=datetime.now(UTC) + timedelta(hours=1))
        assert heard == []
