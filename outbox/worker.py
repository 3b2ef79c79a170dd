"""The worker's main process: says that it lives, and ends itself when it has gone deaf."""

from __future__ import annotations

import logging
import os
import signal
import socket
import threading
from datetime import datetime, timedelta
from typing import Any

import structlog
from celery.signals import worker_ready, worker_shutting_down
from django.conf import settings
from django.db import close_old_connections, connection

from core import jobs
from outbox import carrier, runner, selectors, services
from outbox.states import ProcessKind

log = structlog.get_logger(__name__)

LISTEN_EVERY_SECONDS = 10.0
EXIT_DEAF = 75  # EX_TEMPFAIL of sysexits.h: start me again


class Ear:
    """Watches, beside the worker, whether work that waits reaches it.

    Celery workers were seen alive but deaf after a reconnect (celery issues 8030, 8091, 8384, 10302):
    connected, and consuming nothing. A ready queue, a broker that answers, and no progress for
    OUTBOX_DEAF_SECONDS means just that; the process ends and its supervisor starts another.
    """

    def __init__(self, *, name: str, queues: list[str]) -> None:
        self.name = name
        self.queues = queues
        self.stopping = threading.Event()
        self._started_at: datetime | None = None

    def listen(self) -> None:
        """Until told to stop; runs in a thread."""
        while not self.stopping.is_set():
            try:
                if self.is_deaf():
                    log.error("worker_deaf", worker=self.name)
                    end_worker()
            except Exception:
                log.exception("ear_failed")
            finally:
                connection.close()  # this process forks; it keeps no connection open between looks
            self.stopping.wait(min(LISTEN_EVERY_SECONDS, settings.OUTBOX_DEAF_SECONDS / 3))

    def is_deaf(self) -> bool:
        """Beat, then judge: work has waited too long, this worker did nothing meanwhile, and the broker answers."""
        close_old_connections()
        at = services.database_now()
        self._started_at = self._started_at or at
        services.beat_process(
            name=self.name, kind=ProcessKind.WORKER, queues=self.queues, started_at=self._started_at, at=at
        )
        since = at - timedelta(seconds=settings.OUTBOX_DEAF_SECONDS)
        if self._started_at > since or not selectors.has_work_waiting(queues=self.queues, since=since):
            return False
        return not selectors.has_worked(worker=self.name, since=since) and carrier.answers()


def end_worker() -> None:
    """End the worker with its children, without the courtesies that a deaf one may hang in."""
    for child in runner.children():
        os.kill(child, signal.SIGKILL)
    os._exit(EXIT_DEAF)


def start(*, queues: list[str], concurrency: int, pool: str, loglevel: str) -> None:
    """Run a Celery worker for ``queues`` in this process until it is told to stop."""
    name = f"{socket.gethostname()}:{os.getpid()}"
    runner.name_worker(name)
    for chatty in ("celery.worker.strategy", "celery.app.trace"):  # two lines a job; the rows say it all
        logging.getLogger(chatty).setLevel(logging.WARNING)
    ear = Ear(name=name, queues=queues)

    def on_ready(**_: Any) -> None:
        threading.Thread(target=ear.listen, name="outbox-ear", daemon=True).start()

    def on_stop(**_: Any) -> None:
        ear.stopping.set()

    worker_ready.connect(on_ready, weak=False)
    worker_shutting_down.connect(on_stop, weak=False)
    carrier.app.worker_main(
        [
            "worker",
            f"--hostname=ballast-{os.getpid()}@%h",
            f"--queues={','.join(carrier.broker_queue(queue) for queue in queues)}",
            f"--concurrency={concurrency}",
            f"--pool={pool}",
            f"--loglevel={loglevel}",
            "--without-gossip",
            "--without-mingle",
        ]
    )


def declared_queues() -> list[str]:
    """Every queue that some job names."""
    return sorted({definition.queue for definition in jobs.definitions})
