"""kill -9 of worker, scheduler, relay and producer at every step boundary: nothing lost, nothing done twice."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from uuid import uuid4

import kombu
import pytest
from django.conf import settings
from kombu.exceptions import KombuError

from core.embedded import layout
from core.embedded.valkey import Valkey
from tests.faults.outbox_stack import Stack, running_stack, tokens, unused_tokens

pytestmark = [pytest.mark.faults, pytest.mark.slow]

JOBS = 2000
POINTS = [
    *(f"{step}-{side}" for step in ("claim", "settle", "run", "follow", "serve") for side in ("before", "after")),
    *("function", "claim-after@worker", "function@worker", "settle-after@worker", "run-after@worker"),
    *(f"{step}-{side}" for step in ("take", "wake", "sweep", "swept", "slot", "slots") for side in ("before", "after")),
    *("mail-before", "mail-after", "mail-note-before", "mail-note-after", "mail-after@worker"),
    *("enqueue-before", "enqueue-after", "produced"),
]

AT_WORK = [
    point for point in POINTS if point.split("-")[0].split("@")[0] in ("claim", "settle", "run", "function", "wake")
]


@pytest.fixture(scope="module")
def valkey(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A broker of our own, from the wheel."""
    var = tmp_path_factory.mktemp("broker")
    server = Valkey(var, durable=False)
    server.ensure()
    yield layout.valkey_url(var, database=0)
    server.stop()


def run_all(stack: Stack, *, jobs: int) -> None:
    """Two of each kind of process, all with crash points, until every job is done and everybody has died."""
    for role in ("worker", "worker", "scheduler", "scheduler"):
        stack.add(role, FAULT_ARMED="1")
    stack.add("produce", str(jobs), again=False, FAULT_ARMED="1")

    def left() -> list[object]:
        counts, mails = stack.jobs("faults.count"), stack.jobs("outbox.send_message")
        done = counts == {"done": jobs} and mails == {"done": jobs // 10}
        return [] if done and not unused_tokens(stack) else [counts, mails, unused_tokens(stack)]

    stack.wait(left, within=420)  # a minute on two idle cores


class TestKillsOverValkey:
    @pytest.fixture(scope="class")
    def stack(self, tmp_path_factory: pytest.TempPathFactory, valkey: str) -> Iterator[Stack]:
        with running_stack(tmp_path_factory.mktemp("kills"), broker=valkey) as stack:
            tokens(stack, POINTS, each=1)
            run_all(stack, jobs=JOBS)
            yield stack

    def test_lose_no_job(self, stack: Stack) -> None:
        missing = stack.query("SELECT key FROM fault_wanted EXCEPT SELECT key FROM fault_effect")
        assert missing == []

    def test_double_no_effect(self, stack: Stack) -> None:
        effects = Counter(key for (key,) in stack.query("SELECT key FROM fault_effect"))
        assert (len(effects), max(effects.values())) == (JOBS, 1)

    def test_hit_every_boundary(self, stack: Stack) -> None:
        assert unused_tokens(stack) == []

    def test_are_told_by_the_attempts(self, stack: Stack) -> None:
        wrong = stack.query(
            "SELECT j.id FROM outbox_job j"
            " WHERE attempts <> (SELECT count(*) FROM outbox_attempt a WHERE a.job_id = j.id)"
        )
        lost = stack.one("SELECT count(*) FROM outbox_attempt WHERE outcome = 'lost'")
        assert (wrong, lost > 0) == ([], True)

    def test_recover_within_a_minute(self, stack: Stack) -> None:
        slowest = stack.one(
            "SELECT max(extract(epoch FROM j.finished_at - a.started_at))::float FROM outbox_attempt a"
            " JOIN outbox_job j ON j.id = a.job_id WHERE a.outcome = 'lost'"
        )
        assert slowest < 60

    def test_write_each_mail_once(self, stack: Stack) -> None:
        files = list((stack.folder / "mail").glob("*.eml"))
        sent = stack.one("SELECT count(*) FROM outbox_message WHERE status = 'sent'")
        assert (len(files), sent) == (JOBS // 10, JOBS // 10)

    def test_settle_each_slot_once(self, stack: Stack) -> None:
        slots, with_job, due = stack.query(
            "SELECT count(*), count(DISTINCT job_id), extract(epoch FROM max(due_at) - min(due_at))::int + 1"
            " FROM outbox_slot WHERE schedule = 'faults.tick'"
        )[0]
        assert (slots, with_job) == (due, due)

    def test_run_each_slot_once(self, stack: Stack) -> None:
        stack.wait(lambda: set(stack.jobs("faults.tick")) - {"done"}, within=30)
        ticks, done = stack.one("SELECT count(*) FROM fault_tick"), stack.jobs("faults.tick")["done"]
        assert abs(ticks - done) <= 1  # the schedule goes on while we count


def answering_rabbitmq() -> str:
    """CELERY_BROKER_URL where it is RabbitMQ's, else the one on this machine; empty where none answers."""
    url = str(settings.CELERY_BROKER_URL)
    url = url if url.startswith("amqp") else "amqp://guest:guest@127.0.0.1:5672//"
    try:
        with kombu.Connection(url, connect_timeout=2) as connection:
            connection.ensure_connection(max_retries=0)
    except (KombuError, OSError):
        return ""
    return url


class TestKillsOverRabbitmq:
    """The same with the other broker, over fewer jobs: the rows decide, not the carrier."""

    @pytest.fixture(scope="class")
    def stack(self, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
        broker = answering_rabbitmq()
        if not broker:
            pytest.skip("no RabbitMQ answers")
        prefix = f"faults-{uuid4().hex[:8]}."
        with running_stack(tmp_path_factory.mktemp("rabbit"), broker=broker, FAULT_PREFIX=prefix) as stack:
            try:
                tokens(stack, AT_WORK, each=1)
                run_all(stack, jobs=400)
                yield stack
            finally:
                for child in stack.children:
                    child.kill()
                with kombu.Connection(broker) as connection, connection.channel() as channel:
                    for queue in ("default", "low", "mail", "bulk"):
                        channel.queue_delete(f"{prefix}{queue}")

    def test_lose_no_job_and_double_none(self, stack: Stack) -> None:
        effects = Counter(key for (key,) in stack.query("SELECT key FROM fault_effect"))
        assert (len(effects), max(effects.values())) == (400, 1)
