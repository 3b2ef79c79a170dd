"""The scheduler: relay, sweeper, schedules and canaries, once a second. Any number may run at once."""

from __future__ import annotations

import os
import socket
import threading
import time
from collections.abc import Callable
from datetime import datetime, timedelta

import structlog
from django.conf import settings
from django.db import close_old_connections, connection

from core import context, jobs
from core.actors import system
from core.ids import from_public
from outbox import carrier, services
from outbox.models import Job
from outbox.states import ProcessKind

log = structlog.get_logger(__name__)

BEAT_EVERY_SECONDS = 5.0


class Scheduler:
    """One scheduler process. ``tick`` does one round; ``run`` ticks until told to stop."""

    def __init__(self) -> None:
        self.name = f"{socket.gethostname()}:{os.getpid()}"
        self.stopping = threading.Event()
        self._started_at: datetime | None = None
        self._next_beat = 0.0

    def run(self) -> None:
        """Tick until ``stopping`` is set. A round that fails is logged and the next one tries again."""
        self._guarded(services.ensure_queues)
        while not self.stopping.is_set():
            begun = time.monotonic()
            self.tick()
            self.stopping.wait(max(0.0, settings.OUTBOX_TICK_SECONDS - (time.monotonic() - begun)))
        self._guarded(lambda: services.end_process(name=self.name))

    def tick(self) -> None:
        """One round. Each step stands alone: a broker that is away does not keep leases from being swept."""
        close_old_connections()
        with context.bound(context.Context(actor=system("scheduler"))):
            for step in (self.sweep, self.schedule, self.relay, self.beat):
                self._guarded(step)

    def sweep(self) -> None:
        """Take back the jobs of dead workers."""
        services.sweep_leases()

    def schedule(self) -> None:
        """Settle due slots and send canaries."""
        at = services.database_now()
        services.settle_slots(at=at)
        services.send_canaries(at=at)

    def relay(self) -> None:
        """Give the broker the wake-ups that are due; what it does not take is tried next time."""
        for queue, job_ids in services.take_wakeups().items():
            for place, job_id in enumerate(job_ids):
                if not carrier.wake(queue=queue, job_id=job_id):
                    left = [from_public(Job.id_prefix, other) for other in job_ids[place:]]
                    services.give_back_wakeups(job_ids=[key for key in left if key])
                    return

    def beat(self) -> None:
        """Say that this process lives."""
        if time.monotonic() < self._next_beat:
            return
        at = services.database_now()
        self._started_at = self._started_at or at
        queues = {definition.queue for definition in jobs.definitions}
        services.ensure_queues()
        services.beat_process(
            name=self.name, kind=ProcessKind.SCHEDULER, queues=queues, started_at=self._started_at, at=at
        )
        self._next_beat = time.monotonic() + BEAT_EVERY_SECONDS

    def _guarded(self, step: Callable[[], object]) -> None:
        try:
            step()
        except Exception:
            log.exception("scheduler_step_failed", step=getattr(step, "__name__", "step"))
            connection.close()


def is_fresh(beat_at: datetime, at: datetime) -> bool:
    """Whether a process that last spoke at ``beat_at`` counts as alive."""
    return at - beat_at < timedelta(seconds=BEAT_EVERY_SECONDS * 6)
