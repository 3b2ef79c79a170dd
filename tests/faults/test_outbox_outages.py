"""The broker away for half a minute, a dead worker under the product's own numbers, a poison job, a deaf worker."""

from __future__ import annotations

import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import pytest

from core.embedded import layout
from core.embedded.valkey import Valkey
from outbox.worker import EXIT_DEAF
from tests.faults.outbox_stack import Child, Stack, running_stack

pytestmark = [pytest.mark.faults, pytest.mark.slow]

OUTAGE_SECONDS = 30
PRODUCT_NUMBERS = {
    "FAULT_LEASE": "30",
    "FAULT_HEARTBEAT": "5",
    "FAULT_STOP_GRACE": "15",
    "FAULT_RESEND": "10",
    "FAULT_TICK": "1",
}


@dataclass
class Outage:
    """What was seen of the broker's absence."""

    poison: dict[str, int]
    poison_row: tuple[object, ...]
    enqueue_seconds: float
    starts_before: list[int]
    starts_after: list[int]
    resume_seconds: float
    effects: int


@dataclass
class Death:
    """What was seen of a worker killed in the middle of a job, and of a deaf one."""

    recovery_seconds: float
    effects: int
    attempts: list[str]
    deaf_exit: int | None
    polite: list[str]


def live_through_outage(folder: Path) -> Outage:
    broker = Valkey(folder / "broker", durable=False)
    broker.ensure()
    url = layout.valkey_url(folder / "broker", database=0)
    try:
        with running_stack(folder, broker=url) as stack:
            stack.add("worker")
            stack.add("scheduler")
            stack.enqueue("faults.poison", "{}")
            stack.wait(lambda: stack.jobs("faults.poison") != {"quarantined": 1}, within=120)
            poison_row = stack.query(
                "SELECT attempts, cause, worker <> '' FROM outbox_job WHERE name = 'faults.poison'"
            )[0]
            stack.enqueue("faults.count", '{"key": 1}', 50)
            stack.wait(lambda: stack.jobs("faults.count") != {"done": 50}, within=120)
            starts = [child.starts for child in stack.children]
            broker.stop()
            stopped_at = time.monotonic()
            took = stack.enqueue("faults.count", '{"key": 2}', 100)
            time.sleep(max(0.0, OUTAGE_SECONDS - (time.monotonic() - stopped_at)))
            broker.ensure()
            resumed = stack.wait(lambda: stack.jobs("faults.count") != {"done": 150}, within=120)
            return Outage(
                poison=stack.jobs("faults.poison"),
                poison_row=poison_row,
                enqueue_seconds=took,
                starts_before=starts,
                starts_after=[child.starts for child in stack.children],
                resume_seconds=resumed,
                effects=stack.one("SELECT count(*) FROM fault_effect WHERE key = 2"),
            )
    finally:
        broker.stop()


def live_through_death(folder: Path) -> Death:
    broker = Valkey(folder / "broker", durable=False)
    broker.ensure()
    try:
        url = layout.valkey_url(folder / "broker", database=0)
        with running_stack(folder, broker=url, **PRODUCT_NUMBERS) as stack:
            worker = stack.add("worker")
            stack.add("scheduler")
            polite = end_politely(stack, worker)
            stack.enqueue("faults.sleep", '{"key": 1, "seconds": 3}')
            stack.wait(lambda: stack.jobs("faults.sleep") != {"running": 1}, within=120)
            worker.kill()
            recovery = stack.wait(lambda: stack.jobs("faults.sleep") != {"done": 1}, within=120)
            worker.again = False
            worker.kill()
            return Death(
                recovery_seconds=recovery,
                effects=stack.one("SELECT count(*) FROM fault_effect"),
                attempts=[
                    row[0]
                    for row in stack.query(
                        "SELECT outcome FROM outbox_attempt a JOIN outbox_job j"
                        " ON j.id = a.job_id WHERE j.name = 'faults.sleep' ORDER BY number"
                    )
                ],
                deaf_exit=exit_of_a_deaf_worker(stack),
                polite=polite,
            )
    finally:
        broker.stop()


def end_politely(stack: Stack, worker: Child) -> list[str]:
    """SIGTERM in the middle of a job, as a deployment sends it; returns the outcomes of the job's attempts."""
    stack.enqueue("faults.sleep", '{"key": 0, "seconds": 3}')
    stack.wait(lambda: stack.jobs("faults.sleep") != {"running": 1}, within=120)
    assert worker.process is not None
    worker.process.terminate()
    worker.process.wait(timeout=60)
    outcomes = stack.query(
        "SELECT outcome FROM outbox_attempt a JOIN outbox_job j ON j.id = a.job_id WHERE name = 'faults.sleep'"
    )
    stack.query("DELETE FROM outbox_attempt")
    stack.query("DELETE FROM outbox_job WHERE name = 'faults.sleep'")
    stack.query("DELETE FROM fault_effect")
    return [outcome for (outcome,) in outcomes]


def exit_of_a_deaf_worker(stack: Stack) -> int | None:
    """A worker that listens to queues nobody sends to, while jobs wait in those it claims to serve."""
    stack.children = [child for child in stack.children if child.role != ("worker",)]
    stack.enqueue("faults.count", '{"key": 3}')
    deaf = stack.add("worker", FAULT_PREFIX="elsewhere.", FAULT_DEAF="3")
    stack.children.remove(deaf)  # nobody starts it again
    try:
        assert deaf.process is not None
        return deaf.process.wait(timeout=60)
    finally:
        deaf.kill()


@pytest.fixture(scope="module")
def seen(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Outage, Death]]:
    """Both stories at once, since both are mostly waiting."""
    with ThreadPoolExecutor(2) as pool:
        outage = pool.submit(live_through_outage, tmp_path_factory.mktemp("outage"))
        death = pool.submit(live_through_death, tmp_path_factory.mktemp("death"))
        yield outage.result(), death.result()


class TestBrokerAwayForHalfAMinute:
    def test_work_resumes_by_itself(self, seen: tuple[Outage, Death]) -> None:
        assert seen[0].resume_seconds < 60

    def test_no_process_had_to_be_started_again(self, seen: tuple[Outage, Death]) -> None:
        assert seen[0].starts_after == seen[0].starts_before

    def test_writing_jobs_does_not_wait_for_it(self, seen: tuple[Outage, Death]) -> None:
        assert seen[0].enqueue_seconds < 10  # a hundred jobs, each in a transaction of its own

    def test_each_job_ran_once(self, seen: tuple[Outage, Death]) -> None:
        assert seen[0].effects == 100


class TestPoisonJob:
    def test_is_quarantined_after_its_attempts(self, seen: tuple[Outage, Death]) -> None:
        assert seen[0].poison_row == (3, "worker lost", True)


class TestWorkerKilledUnderTheProductsNumbers:
    def test_is_recovered_from_within_a_minute(self, seen: tuple[Outage, Death]) -> None:
        assert seen[1].recovery_seconds < 60

    def test_leaves_one_effect(self, seen: tuple[Outage, Death]) -> None:
        assert (seen[1].effects, seen[1].attempts) == (1, ["lost", "done"])


class TestWorkerToldToEnd:
    def test_finishes_what_it_runs(self, seen: tuple[Outage, Death]) -> None:
        assert seen[1].polite == ["done"]


class TestDeafWorker:
    def test_ends_itself_for_its_supervisor(self, seen: tuple[Outage, Death]) -> None:
        assert seen[1].deaf_exit == EXIT_DEAF
