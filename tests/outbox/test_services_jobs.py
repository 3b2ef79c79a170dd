"""Retry and cancel, one and many."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from audit.models import Entry
from core import context, jobs
from core.actors import Actor, ActorKind
from core.errors import InvalidTransition, NotFound
from core.ids import new_id
from outbox import services
from outbox.errors import JobArgumentsInvalid, JobRetired, TwinWaiting, WorkSettled
from outbox.invariants import check_queued_messages_have_a_job
from outbox.models import Job, Queue
from outbox.services._enqueue import HINTS_PER_TRANSACTION
from outbox.states import AttemptOutcome
from tests.factories.outbox import ENGINEER, JobFactory, MessageFactory, claimed, quarantined, run

pytestmark = pytest.mark.django_db
ADA = Actor(ActorKind.CUSTOMER, "usr_ada", "Ada")
A_MOMENT = datetime(2026, 3, 2, 9, 30, tzinfo=UTC)
WHY: dict[str, Any] = {"actor": ENGINEER, "reason": "the vendor is back", "at": A_MOMENT}


def broken(**fields: Any) -> Job:
    job = quarantined(JobFactory(text="fail", **fields))
    assert job.status == "quarantined"
    return job


def broken_alike(count: int) -> str:
    """That many quarantined jobs with one cause, which is returned."""
    causes = {broken().cause for _ in range(count)}
    assert len(causes) == 1
    return causes.pop()


def actions() -> list[str]:
    return list(Entry.objects.filter(action__startswith="outbox.").values_list("action", flat=True))


class TestRetryJob:
    def test_queues_it_again_with_all_its_attempts(self) -> None:
        job = services.retry_job(job_id=broken().pk, **WHY)
        assert (job.status, job.run_at, job.max_attempts - job.attempts, job.cause) == ("queued", A_MOMENT, 3, "")

    def test_runs_it_with_other_arguments(self) -> None:
        job = services.retry_job(job_id=broken().pk, arguments={"text": "well"}, **WHY)
        assert run(job).status == "done"

    def test_with_other_arguments_it_runs_as_who_gave_them(self) -> None:
        with context.bound(context.Context(actor=ADA)):
            job = broken()
        job = services.retry_job(job_id=job.pk, arguments={"text": "well"}, **WHY)
        assert (job.actor_id, context.from_payload(job.context).actor) == (ENGINEER.id, ENGINEER)

    def test_as_it_was_it_runs_as_who_asked_for_it(self) -> None:
        with context.bound(context.Context(actor=ADA)):
            job = broken()
        job = services.retry_job(job_id=job.pk, arguments=job.arguments, **WHY)
        assert (job.actor_id, context.from_payload(job.context).actor) == (ADA.id, ADA)

    def test_leaves_one_entry(self) -> None:
        services.retry_job(job_id=broken().pk, **WHY)
        assert actions() == ["outbox.job.retried"]

    def test_refuses_arguments_that_do_not_fit(self) -> None:
        with pytest.raises(JobArgumentsInvalid):
            services.retry_job(job_id=broken().pk, arguments={"color": "red"}, **WHY)

    def test_refuses_what_is_done(self) -> None:
        with pytest.raises(InvalidTransition):
            services.retry_job(job_id=run(JobFactory()).pk, **WHY)

    def test_refuses_what_runs(self) -> None:
        with pytest.raises(InvalidTransition):
            services.retry_job(job_id=claimed(JobFactory()).pk, **WHY)

    def test_refuses_a_job_nobody_declares(self) -> None:
        job = broken()
        Job.objects.update(name="tests.retired")
        with pytest.raises(JobRetired):
            services.retry_job(job_id=job.pk, **WHY)

    def test_refuses_while_a_twin_waits(self) -> None:
        job = broken(dedupe_key="k")
        twin = JobFactory(dedupe_key="k")
        with pytest.raises(TwinWaiting, match=twin.public_id):
            services.retry_job(job_id=job.pk, **WHY)

    def test_refuses_a_job_that_is_not_there(self) -> None:
        with pytest.raises(NotFound):
            services.retry_job(job_id=new_id(), **WHY)

    def test_takes_back_a_cancellation(self) -> None:
        job = services.cancel_job(job_id=JobFactory().pk, **WHY)
        assert services.retry_job(job_id=job.pk, **WHY).status == "queued"


class TestCancelJob:
    def test_ends_a_waiting_one_at_once(self) -> None:
        job = services.cancel_job(job_id=JobFactory().pk, **WHY)
        assert (job.status, job.finished_at, actions()) == ("canceled", A_MOMENT, ["outbox.job.canceled"])

    def test_asks_a_running_one(self) -> None:
        job = services.cancel_job(job_id=claimed(JobFactory()).pk, **WHY)
        assert (job.status, job.cancel_requested_at) == ("running", A_MOMENT)

    def test_asks_once(self) -> None:
        job = services.cancel_job(job_id=claimed(JobFactory()).pk, **WHY)
        with pytest.raises(InvalidTransition):
            services.cancel_job(job_id=job.pk, **WHY)

    def test_takes_along_the_message_it_was_to_send(self) -> None:
        message = MessageFactory()
        services.cancel_job(job_id=message.job_id, **WHY)
        message.refresh_from_db()
        assert (message.status, message.values, check_queued_messages_have_a_job()) == ("failed", {}, [])
        with pytest.raises(WorkSettled):
            services.retry_job(job_id=message.job_id, **WHY)

    def test_takes_along_the_message_of_a_running_one_too(self) -> None:
        message = MessageFactory()
        job = claimed(message.job)
        services.cancel_job(job_id=job.pk, **WHY)
        ending = services.Ending(outcome=AttemptOutcome.CANCELED, error="")
        services.settle_ended(job_id=job.pk, fence=job.fence, attempt=1, ending=ending)
        message.refresh_from_db()
        assert (message.status, check_queued_messages_have_a_job()) == ("failed", [])

    def test_refuses_what_is_over(self) -> None:
        with pytest.raises(InvalidTransition):
            services.cancel_job(job_id=run(JobFactory()).pk, **WHY)


class TestManyByCause:
    def test_queues_all_with_the_cause(self) -> None:
        cause = broken_alike(3)
        assert services.retry_many_by_cause(cause=cause, name="tests.note", **WHY) == 3
        assert set(Job.objects.values_list("status", flat=True)) == {"queued"}

    @pytest.mark.django_db(transaction=True)
    def test_sends_a_handful_of_wake_ups_and_leaves_the_rest_to_the_relay(self, heard: list[str]) -> None:
        cause = broken_alike(HINTS_PER_TRANSACTION + 2)
        heard.clear()
        assert services.retry_many_by_cause(cause=cause, **WHY) == HINTS_PER_TRANSACTION + 2
        assert len(heard) == HINTS_PER_TRANSACTION
        Queue.objects.get_or_create(name="low")
        assert len(services.take_wakeups()["low"]) == HINTS_PER_TRANSACTION + 2

    def test_leaves_one_entry_for_all(self) -> None:
        cause = broken_alike(3)
        services.retry_many_by_cause(cause=cause, **WHY)
        assert actions() == ["outbox.jobs.retried"]

    def test_leaves_out_what_cannot_run_again(self) -> None:
        cause = broken(dedupe_key="k").cause
        broken()
        JobFactory(dedupe_key="k")
        assert services.retry_many_by_cause(cause=cause, **WHY) == 1

    def test_cancels_all_with_the_cause(self) -> None:
        cause = broken_alike(2)
        other = JobFactory()
        assert services.cancel_many_by_cause(cause=cause, **WHY) == 2
        other.refresh_from_db()
        assert (other.status, actions()) == ("queued", ["outbox.jobs.canceled"])

    @pytest.mark.parametrize("cause", ["", "nobody's"])
    def test_refuses_a_cause_nothing_has(self, cause: str) -> None:
        JobFactory()
        with pytest.raises(NotFound):
            services.retry_many_by_cause(cause=cause, **WHY)


class TestCancelJobsOf:
    @pytest.fixture
    def adas(self) -> dict[str, Job]:
        with context.bound(context.Context(actor=Actor(ActorKind.CUSTOMER, "usr_ada"))):
            waiting, running, mail = JobFactory(), JobFactory(tenant="wsp_z"), JobFactory(name="tests.remote")
        claimed_one = services.claim_job(wakeup=running.pk, after="wsp_y", worker="w")
        assert claimed_one == running
        return {"waiting": waiting, "running": running, "mail": mail}

    def test_ends_what_waits_and_asks_what_runs(self, adas: dict[str, Job]) -> None:
        assert services.cancel_jobs_of(actor_ids=["usr_ada"], **WHY) == 2
        for job in adas.values():
            job.refresh_from_db()
        assert (adas["waiting"].status, adas["running"].cancel_requested_at) == ("canceled", A_MOMENT)

    def test_spares_jobs_that_do_not_belong_to_their_actor(self, adas: dict[str, Job]) -> None:
        services.cancel_jobs_of(actor_ids=["usr_ada"], **WHY)
        adas["mail"].refresh_from_db()
        assert adas["mail"].status == "queued"

    def test_ends_the_jobs_of_a_workspace(self) -> None:
        JobFactory(tenant="wsp_1")
        other = JobFactory(tenant="wsp_2")
        assert services.cancel_jobs_of(tenants=["wsp_1"], **WHY) == 1
        other.refresh_from_db()
        assert other.status == "queued"

    def test_each_says_who_ended_it_and_why_and_the_entry_is_the_caller_s(self, adas: dict[str, Job]) -> None:
        services.cancel_jobs_of(actor_ids=["usr_ada"], **WHY)
        for name in ("waiting", "running"):
            adas[name].refresh_from_db()
            assert (adas[name].canceled_by, adas[name].cancel_reason) == (ENGINEER.id, "the vendor is back")
        assert actions() == []

    def test_a_job_that_is_retried_forgets_it(self, adas: dict[str, Job]) -> None:
        services.cancel_jobs_of(actor_ids=["usr_ada"], **WHY)
        assert services.retry_job(job_id=adas["waiting"].pk, **WHY).canceled_by == ""

    def test_does_not_take_nobody_for_somebody(self) -> None:
        jobs.enqueue("tests.note", arguments={"text": "x"})
        assert services.cancel_jobs_of(actor_ids=[""], tenants=[""], **WHY) == 0
