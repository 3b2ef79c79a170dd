"""The console's pages of the outbox: who sees them, what they cost, what their actions leave."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.test import Client

from accounts.models import User
from audit.models import Entry
from core import context, jobs
from core.clock import now
from outbox import services
from outbox.models import BulkRun, Job, Queue, Schedule, Slot, Suppression
from tests.factories.outbox import ENGINEER, HELLO, JobFactory, MessageFactory, claimed, quarantined, run_waiting

pytestmark = pytest.mark.django_db
LISTS = {
    "job": JobFactory,
    "queue": lambda n: Queue.objects.create(name=f"queue_{n}"),
    "schedule": lambda n: Schedule.objects.create(name=f"tests.schedule_{n}", first_seen_at=now()),
    "slot": lambda n: Slot.objects.create(schedule="x", due_at=now() - timedelta(minutes=n), status="missed"),
    "message": lambda _n: MessageFactory(),
    "suppression": lambda n: services.add_suppression(
        address=f"a{n}@example.com", actor=ENGINEER, reason="asked", at=now()
    ),
    "bulkrun": lambda _n: BulkRun.objects.create(action="accounts.user/suspend", total=1),
}


@pytest.fixture
def engineer(olu: User, log_in: Callable[..., Client]) -> Client:
    return log_in(olu, console=True)


@pytest.fixture
def support(sam: User, log_in: Callable[..., Client]) -> Client:
    return log_in(sam, console=True)


def make(name: str, number: int) -> None:
    maker: Any = LISTS[name]
    JobFactory() if maker is JobFactory else maker(number)


def page(client: Client, path: str, status: int = 200) -> str:
    response = client.get(f"/admin/outbox/{path}")
    assert response.status_code == status, response.content[:500]
    return response.content.decode()


def deed(client: Client, path: str, status: int = 302, **data: str) -> str:
    response = client.post(f"/admin/outbox/{path}", {"reason": "the vendor is back", "ticket": "T-1", **data})
    assert response.status_code == status, response.content[:500]
    return response.content.decode()


def entries(outcome: str = "done") -> list[str]:
    found = Entry.objects.filter(outcome=outcome).exclude(action__startswith="console.")
    return sorted(found.exclude(action__startswith="accounts.").values_list("action", flat=True))


@pytest.mark.parametrize("name", LISTS)
class TestLists:
    def test_show_their_rows(self, engineer: Client, name: str) -> None:
        make(name, 1)
        page(engineer, f"{name}/")

    def test_cost_no_more_at_twenty_rows_than_at_one(self, engineer: Client, name: str, count_queries: Any) -> None:
        make(name, 0)
        page(engineer, f"{name}/")
        costs = []
        for number in (0, 20):
            for extra in range(number):
                make(name, extra + 1)
            with count_queries_of() as counted:
                page(engineer, f"{name}/")
            costs.append(len(counted))
        # session, user, roles, limit on statements, rows (and the joined job), savepoints
        assert costs[0] == costs[1] <= 12


def count_queries_of() -> Any:
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    return CaptureQueriesContext(connection)


class TestJobPage:
    def test_shows_what_went_wrong(self, engineer: Client) -> None:
        job = quarantined(JobFactory(text="fail"))
        assert "asked to fail" in page(engineer, f"job/{job.public_id}/")

    def test_lists_the_attempts(self, engineer: Client) -> None:
        job = quarantined(JobFactory(text="fail"))
        assert "Traceback" in page(engineer, f"job/{job.public_id}/panel/attempts/")

    def test_runs_it_again(self, engineer: Client) -> None:
        job = quarantined(JobFactory(text="fail"))
        deed(engineer, f"job/{job.public_id}/do/retry/", arguments='{"text": "well"}')
        job.refresh_from_db()
        assert (job.status, job.arguments, entries()) == ("queued", {"text": "well"}, ["outbox.job.retried"])

    def test_refuses_arguments_that_do_not_fit(self, engineer: Client) -> None:
        job = quarantined(JobFactory(text="fail"))
        deed(engineer, f"job/{job.public_id}/do/retry/", 400, arguments='{"color": "red"}')
        assert entries("refused") == ["outbox.job.retried"]

    @pytest.mark.parametrize("arguments", ["{", "[1]", '"x"'])
    def test_takes_only_an_object(self, engineer: Client, arguments: str) -> None:
        job = quarantined(JobFactory(text="fail"))
        deed(engineer, f"job/{job.public_id}/do/retry/", 422, arguments=arguments)

    def test_cancels_it(self, engineer: Client) -> None:
        job = claimed(JobFactory())
        deed(engineer, f"job/{job.public_id}/do/cancel/")
        job.refresh_from_db()
        assert (job.cancel_requested_at is not None, entries()) == (True, ["outbox.job.canceled"])

    def test_runs_many_again(self, engineer: Client, olu: User) -> None:
        broken = [quarantined(JobFactory(text="fail")) for _ in range(2)]
        with context.bound(context.Context(actor=_actor_of(olu))):
            jobs.start_bulk(
                action="outbox.job/retry", object_ids=[job.public_id for job in broken], reason="again", at=now()
            )
        run_waiting(limit=20)
        assert BulkRun.objects.get().items.filter(status="done").count() == 2


def _actor_of(user: User) -> Any:
    from accounts.selectors import actor_of

    return actor_of(user)


class TestOverview:
    def test_shows_queues_causes_and_processes(self, engineer: Client) -> None:
        services.ensure_queues()
        quarantined(JobFactory(text="fail"))
        shown = page(engineer, "overview/")
        assert "ValueError in outbox.py:note" in shown
        assert "low" in shown

    @pytest.mark.parametrize(
        ("deed_name", "status", "action"),
        [("retry", "queued", "outbox.jobs.retried"), ("cancel", "canceled", "outbox.jobs.canceled")],
    )
    def test_acts_on_all_with_a_cause(self, engineer: Client, deed_name: str, status: str, action: str) -> None:
        for _ in range(2):
            quarantined(JobFactory(text="fail"))
        path = f"causes/{deed_name}/?cause=ValueError in outbox.py:note&name=tests.note"
        assert "ValueError" in page(engineer, path)
        deed(engineer, path)
        assert set(Job.objects.filter(name="tests.note").values_list("status", flat=True)) == {status}
        assert entries() == [action]

    def test_needs_a_cause(self, engineer: Client) -> None:
        page(engineer, "causes/retry/", 404)

    def test_says_that_nothing_has_the_cause(self, engineer: Client) -> None:
        deed(engineer, "causes/retry/?cause=nobody", 404)
        assert entries("refused") == ["outbox.jobs.retried"]

    def test_wants_a_reason(self, engineer: Client) -> None:
        deed(engineer, "causes/retry/?cause=x", 422, reason="")


class TestQueuePage:
    @pytest.fixture(autouse=True)
    def _queues(self) -> None:
        services.ensure_queues()

    def test_shows_what_waits(self, engineer: Client) -> None:
        JobFactory()
        assert "Waiting" in page(engineer, "queue/low/")

    def test_says_what_pausing_will_do(self, engineer: Client) -> None:
        assert "No job of this queue starts" in page(engineer, "queue/low/do/pause/")

    def test_pauses_and_resumes(self, engineer: Client) -> None:
        deed(engineer, "queue/low/do/pause/")
        assert Queue.objects.get(pk="low").paused_at is not None
        deed(engineer, "queue/low/do/resume/")
        assert Queue.objects.get(pk="low").paused_at is None
        assert entries() == ["outbox.queue.paused", "outbox.queue.resumed"]


class TestMailPages:
    def test_mask_the_recipient(self, support: Client) -> None:
        message = MessageFactory(recipient="ada@example.com")
        assert "ada@example.com" not in page(support, "message/") + page(support, f"message/{message.public_id}/")

    def test_find_a_message_by_its_recipient(self, support: Client) -> None:
        message = MessageFactory(recipient="ada@example.com")
        other = MessageFactory()
        shown = page(support, "message/?q=ADA@example.com")
        assert (message.public_id in shown, other.public_id in shown) == (True, False)

    def test_show_the_file_that_was_written(self, support: Client, mail_folder: Path) -> None:
        message = MessageFactory()
        services.deliver_message(message_id=message.pk, at=now())
        assert "Number 7" in page(support, f"message/{message.public_id}/panel/file/")

    def test_keep_the_file_from_who_may_not_reveal(self, engineer: Client) -> None:
        page(engineer, f"message/{MessageFactory().public_id}/panel/file/", 403)

    def test_show_what_the_provider_said(self, support: Client) -> None:
        page(support, f"message/{MessageFactory().public_id}/panel/events/")

    def test_preview_a_template(self, support: Client) -> None:
        assert "Number seven" in page(support, f"templates/{HELLO.name}/")
        assert HELLO.name in page(support, "templates/")

    def test_preview_it_as_html_that_can_run_nothing(self, support: Client) -> None:
        response = support.get(f"/admin/outbox/templates/{HELLO.name}/html/")
        assert b"<p>Number seven</p>" in response.content
        assert "default-src 'none'" in response["Content-Security-Policy"]
        assert "sandbox" in response["Content-Security-Policy"]

    def test_know_no_other_template(self, support: Client) -> None:
        page(support, "templates/nobody/", 404)

    def test_suppress_an_address(self, engineer: Client) -> None:
        deed(engineer, "suppression/add/", address="ada@example.com")
        assert (Suppression.objects.count(), entries()) == (1, ["outbox.suppression.added"])

    def test_say_that_it_is_suppressed_already(self, engineer: Client) -> None:
        deed(engineer, "suppression/add/", address="ada@example.com")
        assert "suppressed already" in deed(engineer, "suppression/add/", 409, address="ada@example.com")

    def test_find_a_suppression_by_the_whole_address(self, engineer: Client) -> None:
        deed(engineer, "suppression/add/", address="ada@example.com")
        assert "a…@example.com" in page(engineer, "suppression/?q=Ada@example.com")

    def test_remove_a_suppression(self, engineer: Client) -> None:
        deed(engineer, "suppression/add/", address="ada@example.com")
        deed(engineer, f"suppression/{Suppression.objects.get().public_id}/do/remove/")
        assert not Suppression.objects.exists()


class TestBulkPage:
    @pytest.fixture
    def started(self) -> BulkRun:
        with context.bound(context.Context(actor=ENGINEER)):
            jobs.start_bulk(action="outbox.job/retry", object_ids=["a", "b"], reason="again", at=now())
        return BulkRun.objects.get()

    def test_refreshes_itself_while_it_runs(self, engineer: Client, started: BulkRun) -> None:
        page(engineer, f"bulkrun/{started.public_id}/")
        shown = page(engineer, f"bulkrun/{started.public_id}/panel/progress/")
        assert "<progress" in shown
        assert "hx-trigger" in shown

    def test_stands_still_when_it_is_over(self, engineer: Client, started: BulkRun) -> None:
        deed(engineer, f"bulkrun/{started.public_id}/do/cancel/")
        shown = page(engineer, f"bulkrun/{started.public_id}/panel/progress/")
        assert ("hx-trigger" in shown, "Skipped" in shown) == (False, True)


class TestPermissions:
    @pytest.mark.parametrize(
        "path", ["job/", "queue/", "slot/", "schedule/", "overview/", "causes/retry/?cause=x", "suppression/add/"]
    )
    def test_keep_support_from_the_machine_room(self, support: Client, path: str) -> None:
        page(support, path, 403)

    @pytest.mark.parametrize("path", ["job/{job}/do/retry/", "job/{job}/do/cancel/", "queue/low/do/pause/"])
    def test_turn_away_the_direct_post(self, support: Client, path: str) -> None:
        services.ensure_queues()
        job = quarantined(JobFactory(text="fail"))
        deed(support, path.format(job=job.public_id), 403)
        assert len(entries("refused")) == 1

    def test_turn_away_the_direct_post_by_cause(self, support: Client) -> None:
        deed(support, "causes/cancel/?cause=x", 403)
        assert Entry.objects.filter(outcome="refused").count() == 1
