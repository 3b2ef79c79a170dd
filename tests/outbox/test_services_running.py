"""Claim, heartbeat, settle."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from core import jobs
from outbox import services
from outbox.models import Attempt, Job
from outbox.services import CancelAsked, Ending, FenceLost
from outbox.services._running import backoff_seconds
from outbox.states import AttemptOutcome, JobStatus
from tests.factories.outbox import ENGINEER, JobFactory, claim, claimed

pytestmark = pytest.mark.django_db

BROKEN = Ending(outcome=AttemptOutcome.FAILED, error="it broke", traceback="Traceback", cause="ValueError in x")


def end(job: Job, ending: Ending = BROKEN) -> JobStatus:
    return services.settle_ended(job_id=job.pk, fence=job.fence, attempt=job.attempts, ending=ending)


class TestClaim:
    def test_takes_the_lease_and_counts_the_attempt(self) -> None:
        job = claimed(JobFactory())
        assert (job.status, job.attempts, job.fence, job.worker) == ("running", 1, 1, "host:1/2")
        assert job.lease_until is not None
        assert job.lease_until - job.started_at == timedelta(seconds=30)

    def test_opens_an_attempt(self) -> None:
        job = claimed(JobFactory())
        assert list(job.attempt_rows.values_list("number", "fence", "outcome")) == [(1, 1, "running")]

    def test_costs_one_statement(self, count_queries: Any) -> None:
        job = JobFactory()
        with count_queries(1):  # SELECT * FROM outbox_claim(…)
            claim(job)

    def test_finds_nothing_where_all_runs(self) -> None:
        job = JobFactory()
        claim(job)
        assert claim(job) is None

    def test_leaves_what_is_due_later(self) -> None:
        job = JobFactory(run_at=datetime.now(UTC) + timedelta(hours=1))
        assert claim(job) is None

    def test_takes_the_oldest_first(self) -> None:
        hour = timedelta(hours=1)
        late, early = JobFactory(run_at=datetime.now(UTC) - hour), JobFactory(run_at=datetime.now(UTC) - 2 * hour)
        assert claim(late) == early

    def test_stays_in_the_queue_of_the_wake_up(self) -> None:
        jobs.enqueue("outbox.sing_canary", arguments={"queue": "default", "sent_at": ""})
        job = JobFactory()
        assert claim(job) == job

    def test_finds_nothing_for_a_job_that_is_gone(self) -> None:
        job = JobFactory()
        Job.objects.all().delete()
        assert claim(job) is None

    def test_finds_nothing_in_a_paused_queue(self) -> None:
        job = JobFactory()
        services.ensure_queues()
        services.pause_queue(name="low", actor=ENGINEER, reason="fire", at=datetime.now(UTC))
        assert claim(job) is None


class TestTurns:
    def test_go_round_the_tenants(self) -> None:
        for tenant in ("wsp_a", "wsp_a", "wsp_a", "wsp_b", "wsp_c"):
            JobFactory(tenant=tenant)
        served, after = [], None
        for _ in range(5):
            job = claim(Job.objects.first(), after=after)
            assert job is not None
            served.append(job.tenant)
            after = job.tenant
        assert served == ["wsp_a", "wsp_b", "wsp_c", "wsp_a", "wsp_a"]

    def test_include_work_of_no_tenant(self) -> None:
        for tenant in ("wsp_a", "", "wsp_a"):
            JobFactory(tenant=tenant)
        first = claim(Job.objects.first(), after="wsp_a")
        assert first is not None
        assert first.tenant == ""

    def test_pass_over_a_tenant_whose_work_is_due_later(self) -> None:
        JobFactory(tenant="wsp_a", run_at=datetime.now(UTC) + timedelta(hours=1))
        due = JobFactory(tenant="wsp_b")
        assert claim(due) == due

    def test_leave_a_tenant_at_its_cap(self, settings: Any) -> None:
        settings.OUTBOX_TENANT_CAP = 2
        flood = [JobFactory(tenant="wsp_a") for _ in range(4)]
        assert [claim(flood[0]) is not None for _ in range(4)] == [True, True, False, False]

    def test_let_others_by_a_tenant_at_its_cap(self, settings: Any) -> None:
        settings.OUTBOX_TENANT_CAP = 1
        JobFactory(tenant="wsp_a")
        claim(JobFactory(tenant="wsp_a"))
        other = JobFactory(tenant="wsp_b")
        assert claim(other) == other

    def test_cap_no_work_of_no_tenant(self, settings: Any) -> None:
        settings.OUTBOX_TENANT_CAP = 1
        first = JobFactory()
        JobFactory()
        assert [claim(first) is not None for _ in range(2)] == [True, True]

    def test_know_no_cap_of_zero(self, settings: Any) -> None:
        settings.OUTBOX_TENANT_CAP = 0
        flood = [JobFactory(tenant="wsp_a") for _ in range(6)]
        assert [claim(flood[0]) is not None for _ in range(6)] == [True] * 6


class TestBeat:
    def test_renews_the_lease(self) -> None:
        job = claimed(JobFactory())
        Job.objects.filter(pk=job.pk).update(lease_until=job.started_at)
        services.beat_job(job_id=job.pk, fence=job.fence, memory_kb=7)
        after = Job.objects.get()
        assert after.lease_until > job.started_at + timedelta(seconds=15)
        assert after.memory_kb == 7

    def test_never_beyond_the_jobs_own_limit_and_one_lease(self) -> None:
        job = claimed(JobFactory())
        long_ago = job.started_at - timedelta(hours=1)
        Job.objects.filter(pk=job.pk).update(started_at=long_ago)
        services.beat_job(job_id=job.pk, fence=job.fence, memory_kb=0)
        assert Job.objects.get().lease_until == long_ago + timedelta(seconds=20 + 30)

    def test_hears_of_a_cancellation(self) -> None:
        job = claimed(JobFactory())
        services.cancel_job(job_id=job.pk, actor=ENGINEER, reason="no", at=datetime.now(UTC))
        assert services.beat_job(job_id=job.pk, fence=job.fence, memory_kb=0) is True

    def test_hears_that_the_fence_is_lost(self) -> None:
        job = claimed(JobFactory())
        assert services.beat_job(job_id=job.pk, fence=job.fence + 1, memory_kb=0) is None


class TestSettleDone:
    def test_closes_job_and_attempt(self) -> None:
        job = claimed(JobFactory())
        services.settle_done(job_id=job.pk, fence=job.fence, yields=True)
        after = Job.objects.get()
        assert (after.status, after.lease_until, Attempt.objects.get().outcome) == ("done", None, "done")
        assert after.finished_at is not None

    def test_refuses_an_old_fence(self) -> None:
        job = claimed(JobFactory())
        end(job)
        Job.objects.update(run_at=datetime.now(UTC) - timedelta(minutes=1))
        claimed(job)
        with pytest.raises(FenceLost):
            services.settle_done(job_id=job.pk, fence=job.fence, yields=True)

    def test_refuses_a_job_that_was_taken_back(self) -> None:
        job = claimed(JobFactory())
        end(job)
        with pytest.raises(FenceLost):
            services.settle_done(job_id=job.pk, fence=job.fence, yields=True)

    def test_yields_to_a_cancellation(self) -> None:
        job = claimed(JobFactory())
        services.cancel_job(job_id=job.pk, actor=ENGINEER, reason="no", at=datetime.now(UTC))
        with pytest.raises(CancelAsked):
            services.settle_done(job_id=job.pk, fence=job.fence, yields=True)

    def test_does_not_yield_what_was_done_outside(self) -> None:
        job = claimed(JobFactory())
        services.cancel_job(job_id=job.pk, actor=ENGINEER, reason="no", at=datetime.now(UTC))
        services.settle_done(job_id=job.pk, fence=job.fence, yields=False)
        assert Job.objects.get().status == "done"


class TestSettleEnded:
    def test_waits_for_the_next_attempt(self) -> None:
        job = claimed(JobFactory())
        assert end(job) is JobStatus.FAILED
        after = Job.objects.get()
        assert timedelta(seconds=2) < after.run_at - job.started_at < timedelta(seconds=6)
        assert (after.cause, after.error, after.traceback) == ("ValueError in x", "it broke", "Traceback")

    def test_keeps_what_went_wrong_with_the_attempt(self) -> None:
        end(claimed(JobFactory()))
        assert Attempt.objects.values_list("outcome", "error", "traceback").get() == ("failed", "it broke", "Traceback")

    def test_quarantines_after_the_last_attempt(self) -> None:
        job = JobFactory()
        Job.objects.update(attempts=2)
        assert end(claimed(job)) is JobStatus.QUARANTINED

    def test_keeps_the_place_of_a_job_whose_worker_was_lost(self) -> None:
        job = claimed(JobFactory())
        end(job, Ending(outcome=AttemptOutcome.LOST, error="gone"))
        assert Job.objects.get().run_at == job.run_at

    def test_cancels_where_that_was_asked_for(self) -> None:
        job = claimed(JobFactory())
        services.cancel_job(job_id=job.pk, actor=ENGINEER, reason="no", at=datetime.now(UTC))
        assert end(job) is JobStatus.CANCELED
        assert Attempt.objects.get().outcome == "canceled"

    def test_leaves_the_work_to_a_waiting_twin(self) -> None:
        job = claimed(JobFactory(dedupe_key="k"))
        JobFactory(dedupe_key="k")
        assert end(job) is JobStatus.CANCELED

    def test_takes_texts_that_postgresql_does_not(self) -> None:
        end(claimed(JobFactory()), Ending(outcome=AttemptOutcome.FAILED, error="a\x00b"))
        assert Job.objects.get().error == "a\ufffdb"

    def test_keeps_the_end_of_a_long_traceback(self) -> None:
        text = "x" * 30_000 + "the end"
        end(claimed(JobFactory()), Ending(outcome=AttemptOutcome.FAILED, error="", traceback=text))
        kept = Job.objects.get().traceback
        assert (len(kept), kept[-7:]) == (20_000, "the end")

    def test_refuses_an_old_fence(self) -> None:
        job = claimed(JobFactory())
        end(job)
        with pytest.raises(FenceLost):
            end(job)


@pytest.mark.parametrize(("attempt", "low", "high"), [(1, 2.5, 5), (2, 5, 10), (5, 40, 80), (50, 450, 900)])
def test_backoff_doubles_up_to_a_quarter_of_an_hour(attempt: int, low: float, high: float) -> None:
    assert all(low <= backoff_seconds(attempt) <= high for _ in range(50))
