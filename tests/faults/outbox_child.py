"""The processes that the fault tests start and kill: worker, scheduler, producer, with crash points.

A crash point kills the process (or, in a pool's child, the whole worker) with SIGKILL where a token
for it lies in the token folder; each token is used once, so that the test knows that every boundary
was crossed. Product code knows nothing of this: its functions are wrapped here.
"""

from __future__ import annotations

import json
import os
import random
import signal
import sys
import time
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

os.environ["DJANGO_SETTINGS_MODULE"] = "tests.faults.outbox_settings"

import django

django.setup()

from django.core.management import call_command  # noqa: E402  apps first
from django.db import connection, transaction  # noqa: E402

from core import jobs  # noqa: E402
from core.clock import now  # noqa: E402
from outbox import carrier, mailfiles, runner, scheduler, services, templates  # noqa: E402
from outbox.services import _enqueue, _mail, _relay, _schedules  # noqa: E402

TOKENS = Path(os.environ["FAULT_DIR"]) / "tokens"
# How likely a crash is at one passage; points passed seldom are likelier to crash.
RATES = {
    "mail-before": 0.15,
    "mail-after": 0.15,
    "mail-note-before": 0.15,
    "mail-note-after": 0.15,
    "sweep-before": 0.2,
    "sweep-after": 0.2,
    "slot-before": 0.2,
    "slot-after": 0.2,
    "produced": 0.05,
}
WORKER_PID = [0]


# ------------------------------------------------------------------ jobs


@jobs.job("faults.count", max_attempts=50)
def count(*, key: int) -> None:
    """The effect that must happen exactly once."""
    with connection.cursor() as cursor:
        cursor.execute("INSERT INTO fault_effect (key) VALUES (%s)", [key])
    crash("function")


@jobs.job("faults.sleep", max_attempts=50, timeout_seconds=300)
def sleep(*, key: int, seconds: float) -> None:
    """A job that is in the middle of something for a while."""
    with connection.cursor() as cursor:
        cursor.execute("INSERT INTO fault_effect (key) VALUES (%s)", [key])
    time.sleep(seconds)


@jobs.job("faults.tick", max_attempts=50, every=timedelta(seconds=1), queue="low", catch_up=True)
def tick() -> None:
    """One row a slot."""
    with connection.cursor() as cursor:
        cursor.execute("INSERT INTO fault_tick (at) VALUES (clock_timestamp())")


@jobs.job("faults.poison", max_attempts=3)
def poison() -> None:
    """Takes its process with it."""
    os.kill(os.getpid(), signal.SIGKILL)


templates.register(
    templates.MailTemplate(name="faults.hello", version=1, subject="Number {{ key }}", variables=("key",))
)


# ------------------------------------------------------------------ crashing


def crash(point: str) -> None:
    """Die here if a token says so: ``<point>`` this process, ``<point>@worker`` with its parent."""
    if random.random() > RATES.get(point, 0.03):
        return
    for kind in ("", "@worker"):
        for token in sorted(TOKENS.glob(f"{point}{kind}.*.token")):
            try:
                token.rename(token.with_suffix(".used"))
            except FileNotFoundError:
                continue
            if kind and WORKER_PID[0]:
                os.kill(WORKER_PID[0], signal.SIGKILL)
            os.kill(os.getpid(), signal.SIGKILL)


def around(owner: Any, name: str, point: str) -> None:
    """Crash points before and after the function ``name`` of ``owner``."""
    function: Callable[..., Any] = getattr(owner, name)

    def wrapped(*args: Any, **kwargs: Any) -> Any:
        crash(f"{point}-before")
        result = function(*args, **kwargs)
        crash(f"{point}-after")
        return result

    wrapped.__name__ = name
    setattr(owner, name, wrapped)


def arm() -> None:
    """Wrap every step of worker, relay, sweeper, schedules and mail."""
    around(runner.services, "claim_job", "claim")
    around(runner.services, "settle_done", "settle")  # inside the job's transaction: after is before COMMIT
    around(runner, "run", "run")  # after: the job is committed, nothing follows yet
    around(runner.services, "follow_up", "follow")
    around(runner, "serve", "serve")  # after: before the broker hears the acknowledgement
    around(scheduler.services, "take_wakeups", "take")
    around(carrier, "wake", "wake")
    around(_relay, "settle_ended", "sweep")  # after: before COMMIT
    around(scheduler.services, "sweep_leases", "swept")
    around(_schedules, "enqueue_job", "slot")  # after: slot and job written, before COMMIT
    around(scheduler.services, "settle_slots", "slots")
    around(mailfiles.EmailBackend, "send_messages", "mail")
    around(_mail, "_settle", "mail-note")
    around(_enqueue, "_insert_or_find", "enqueue")


# ------------------------------------------------------------------ roles


def run_worker() -> None:
    WORKER_PID[0] = os.getpid()
    call_command("outbox_worker", concurrency=int(os.environ.get("FAULT_CONCURRENCY", "2")))


def run_scheduler() -> None:
    call_command("outbox_scheduler")


def produce(total: int) -> None:
    """Want ``total`` things, a few a transaction, each with its job (and every tenth with a mail)."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT COALESCE(max(key), 0) FROM fault_wanted")
        done = cursor.fetchone()[0]
    while done < total:
        with transaction.atomic():
            for key in range(done + 1, min(done + 5, total) + 1):
                want(key)
        done = min(done + 5, total)
        crash("produced")


def want(key: int) -> None:
    with connection.cursor() as cursor:
        cursor.execute("INSERT INTO fault_wanted (key) VALUES (%s)", [key])
    jobs.enqueue("faults.count", arguments={"key": key}, tenant=f"wsp_{key % 7}")
    if key % 10 == 0:
        services.send_message(
            template="faults.hello", recipient=f"a{key}@example.com", language="en", values={"key": key}, at=now()
        )


def main(role: str, *rest: str) -> None:
    if role == "migrate":
        call_command("migrate", verbosity=0)
        return
    if os.environ.get("FAULT_ARMED"):
        arm()
    if role == "worker":
        run_worker()
    elif role == "scheduler":
        run_scheduler()
    elif role == "produce":
        produce(int(rest[0]))
    elif role == "enqueue":
        begun = time.monotonic()
        for _ in range(int(rest[2]) if len(rest) > 2 else 1):
            jobs.enqueue(rest[0], arguments=json.loads(rest[1]))
        (Path(os.environ["FAULT_DIR"]) / "enqueue.seconds").write_text(str(time.monotonic() - begun))


if __name__ == "__main__":
    main(*sys.argv[1:])
