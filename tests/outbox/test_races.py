"""Several real connections at once."""

from __future__ import annotations

import threading
from collections import Counter
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.db import connection, transaction

from core import jobs
from outbox import services
from outbox.models import Job, Schedule, Slot
from tests.factories.outbox import JobFactory
from tests.races import at_once

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.slow]


def test_one_key_written_at_once_gives_one_job() -> None:
    def write(_number: int) -> str:
        with transaction.atomic():
            return jobs.enqueue("tests.note", arguments={"text": "x"}, dedupe_key="k")

    assert len(set(at_once(write))) == Job.objects.count() == 1


def test_a_twin_that_was_found_is_not_run_before_the_finder_commits() -> None:
    twin = JobFactory(dedupe_key="k")
    claimed: list[Any] = []
    with transaction.atomic():
        jobs.enqueue("tests.note", arguments={"text": "x"}, dedupe_key="k")
        claimer = threading.Thread(
            target=lambda: (
                claimed.append(services.claim_job(wakeup=twin.pk, after=None, worker="w")),
                connection.close(),
            )
        )
        claimer.start()
        claimer.join(timeout=20)
    assert claimed == [None]
    assert services.claim_job(wakeup=twin.pk, after=None, worker="w") == twin


def test_no_job_is_claimed_twice() -> None:
    rows = [JobFactory() for _ in range(40)]

    def claim_all(number: int) -> list[Any]:
        found = []
        while (job := services.claim_job(wakeup=rows[0].pk, after=None, worker=f"w{number}")) is not None:
            found.append(job.pk)
        return found

    taken = Counter(key for keys in at_once(claim_all) for key in keys)
    assert (len(taken), set(taken.values())) == (40, {1})


def test_a_tenants_cap_holds_at_once(settings: Any) -> None:
    settings.OUTBOX_TENANT_CAP = 3
    rows = [JobFactory(tenant="wsp_flood") for _ in range(20)]
    found = at_once(lambda number: services.claim_job(wakeup=rows[0].pk, after=None, worker=f"w{number}"))
    assert sum(job is not None for job in found) == 3


def test_any_number_of_schedulers_settle_a_slot_once(monkeypatch: pytest.MonkeyPatch) -> None:
    moment = datetime(2026, 3, 2, 9, 30, tzinfo=UTC)
    definition = jobs.JobDefinition(
        name="tests.by_clock", function=lambda: None, every=timedelta(minutes=1), catch_up=True
    )
    monkeypatch.setattr(jobs.definitions, "_entries", {"tests.by_clock": definition})
    Schedule.objects.create(name="tests.by_clock", first_seen_at=moment)
    settled = at_once(lambda _number: services.settle_slots(at=moment + timedelta(minutes=5)))
    assert (sum(settled), Slot.objects.count(), Job.objects.count()) == (5, 5, 5)


def test_sweeper_and_settlement_agree_on_one_end() -> None:
    job = JobFactory()
    claimed = services.claim_job(wakeup=job.pk, after=None, worker="w")
    assert claimed is not None
    Job.objects.update(lease_until=datetime.now(UTC) - timedelta(seconds=1))

    def end(number: int) -> str:
        if number % 2:
            return "swept" if services.sweep_leases() else ""
        try:
            services.settle_done(job_id=claimed.pk, fence=claimed.fence, yields=True)
        except services.FenceLost:
            return ""
        return "done"

    assert len([one for one in at_once(end) if one]) == 1


def test_two_relays_never_take_the_same_wake_up() -> None:
    services.ensure_queues()
    for _ in range(30):
        JobFactory()
    Job.objects.update(sent_at=None)
    taken = Counter(job for found in at_once(lambda _n: services.take_wakeups()) for job in found.get("low", []))
    assert (len(taken), set(taken.values())) == (30, {1})
