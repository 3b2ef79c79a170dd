"""One run of a job: its context, its transaction, its end."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest
from django.db import connection

from core import context, jobs
from core.actors import Actor, ActorKind
from core.jobs import JobDefinition
from outbox import runner, services, tasks
from outbox.models import Attempt, Job
from tests.factories.outbox import CALLS, ENGINEER, JobFactory, claimed, run

pytestmark = pytest.mark.django_db
A_MOMENT = datetime(2026, 3, 2, 9, 30, tzinfo=UTC)


@pytest.fixture
def does(monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """``does(function)`` makes it what tests.note does; ``transactional=False`` as for a remote job."""

    def replace(function: Callable[[], Any], **options: Any) -> None:
        definition = JobDefinition(name="tests.note", function=lambda **_: function(), queue="low", **options)
        monkeypatch.setitem(jobs.definitions._entries, "tests.note", definition)

    return replace


def leave_a_mark() -> None:
    services.ensure_queues()


def marks() -> int:
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM outbox_queue")
        return int(cursor.fetchone()[0])


class TestRun:
    def test_calls_the_function_with_the_arguments(self) -> None:
        run(JobFactory(text="hello"))
        assert CALLS == [{"text": "hello", "times": 1}]

    def test_settles_the_job(self) -> None:
        assert run(JobFactory()).status == "done"

    def test_keeps_what_it_raised(self) -> None:
        job = run(JobFactory(text="fail"))
        assert (job.status, job.error) == ("failed", "ValueError: asked to fail")
        assert job.cause == "ValueError in outbox.py:note"
        assert "raise ValueError" in job.traceback

    def test_runs_as_who_asked_for_it(self, does: Callable[..., None]) -> None:
        seen: list[context.Context] = []
        does(lambda: seen.append(context.current()))
        asked = context.Context(
            actor=Actor(ActorKind.STAFF, "usr_sam", "Sam"), request_id="req_1", client_ip="192.0.2.1"
        )
        with context.bound(asked):
            job = JobFactory()
        run(job)
        assert seen == [asked]

    def test_undoes_what_a_failing_job_did(self, does: Callable[..., None]) -> None:
        def half() -> None:
            leave_a_mark()
            raise ValueError

        does(half)
        run(JobFactory())
        assert marks() == 0

    def test_undoes_the_effects_of_a_run_that_lost_its_fence(self, does: Callable[..., None]) -> None:
        def slow() -> None:
            leave_a_mark()
            Job.objects.update(fence=99)  # another worker claimed it meanwhile

        does(slow)
        runner.run(claimed(JobFactory()), pulse=None)
        assert marks() == 0

    def test_undoes_the_effects_of_a_job_canceled_meanwhile(self, does: Callable[..., None]) -> None:
        def slow() -> None:
            leave_a_mark()
            Job.objects.update(cancel_requested_at=A_MOMENT)

        does(slow)
        job = JobFactory()
        runner.run(claimed(job), pulse=None)
        assert marks() == 0

    def test_cancels_a_job_that_was_told_to_end(self) -> None:
        job = claimed(JobFactory())
        services.cancel_job(job_id=job.pk, actor=ENGINEER, reason="no", at=A_MOMENT)
        runner.run(job, pulse=None)
        assert (Job.objects.get().status, Attempt.objects.get().outcome) == ("canceled", "canceled")

    def test_keeps_what_a_remote_job_did_though_canceled(self, does: Callable[..., None]) -> None:
        does(leave_a_mark, transactional=False)
        job = claimed(JobFactory())
        services.cancel_job(job_id=job.pk, actor=ENGINEER, reason="no", at=A_MOMENT)
        runner.run(job, pulse=None)
        assert (Job.objects.get().status, marks() > 0) == ("done", True)

    def test_ends_a_job_that_gives_up(self, does: Callable[..., None]) -> None:
        def stop() -> None:
            raise jobs.Stopped

        does(stop)
        assert run(JobFactory()).status == "canceled"

    def test_fails_a_job_nobody_declares(self) -> None:
        job = JobFactory()
        Job.objects.update(name="tests.retired")
        job.refresh_from_db()
        assert "tests.retired" in run(job).error

    def test_asks_outside_a_job_answer_no(self) -> None:
        assert jobs.should_stop() is False


class TestServe:
    def test_answers_a_wake_up(self, heard: list[str]) -> None:
        job = JobFactory()
        assert runner.serve(job.public_id) is True
        assert (Job.objects.get().status, heard) == ("done", [])

    def test_answers_a_surplus_wake_up_with_nothing(self, heard: list[str]) -> None:
        job = JobFactory()
        runner.serve(job.public_id)
        assert runner.serve(job.public_id) is False

    @pytest.mark.parametrize("job_id", ["", "job_", "job_x", "usr_01jd3v00000000000000000000"])
    def test_answers_nonsense_with_nothing(self, job_id: str) -> None:
        assert runner.serve(job_id) is False

    def test_wakes_the_next_where_nobody_was_told(self, heard: list[str]) -> None:
        first, second = JobFactory(), JobFactory()
        Job.objects.filter(pk=second.pk).update(sent_at=None)
        runner.serve(first.public_id)
        assert heard == [second.public_id]

    def test_is_what_the_celery_task_does(self, heard: list[str]) -> None:
        tasks.run_job(JobFactory().public_id)
        assert Job.objects.get().status == "done"

    def test_says_which_process_ran_it(self, heard: list[str]) -> None:
        runner.serve(JobFactory().public_id)
        assert Job.objects.get().worker == runner.worker_name()
