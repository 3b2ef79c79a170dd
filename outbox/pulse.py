"""Keeps a running job's lease alive from a thread, and ends runs that must end.

Told to stop (canceled, out of time, fence lost), a run gets OUTBOX_STOP_GRACE_SECONDS to notice by
``should_stop()``; then Interrupted is raised in it; after one more grace the process ends itself and
the pool replaces it. So a canceled job is gone within heartbeat + 2 x grace.
"""

from __future__ import annotations

import os
import signal
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType
from uuid import UUID

import psutil
import structlog
from django.conf import settings
from django.db import DatabaseError, close_old_connections, connection

from outbox import services
from outbox.states import AttemptOutcome

log = structlog.get_logger(__name__)

EXIT_STUCK = 70  # EX_SOFTWARE of sysexits.h


class Interrupted(BaseException):
    """Raised in the main thread of a run that must end. Not an Exception: jobs shall not swallow it."""

    def __init__(self, outcome: AttemptOutcome) -> None:
        super().__init__(str(outcome))
        self.outcome = outcome


class Watch:
    """One run under watch. ``outcome`` is set once it was told to stop."""

    def __init__(self, *, job_id: UUID, fence: int, timeout_seconds: float) -> None:
        self.job_id = job_id
        self.fence = fence
        self.deadline = time.monotonic() + timeout_seconds
        self.next_beat = time.monotonic() + settings.OUTBOX_HEARTBEAT_SECONDS
        self.outcome: AttemptOutcome | None = None
        self.interrupt_at = float("inf")
        self.exit_at = float("inf")
        self.armed = True
        self.noticed = False

    def should_stop(self) -> bool:
        """What core.jobs.should_stop() answers within the run."""
        self.noticed = self.noticed or self.outcome is not None
        return self.outcome is not None

    def tell(self, outcome: AttemptOutcome, *, patience: float) -> None:
        """Tell the run to stop; it has ``patience`` seconds before it is interrupted. The first word counts."""
        if self.outcome is None:
            self.outcome = outcome
            self.interrupt_at = time.monotonic() + patience
            self.exit_at = self.interrupt_at + settings.OUTBOX_STOP_GRACE_SECONDS

    def wait_seconds(self) -> float:
        """How long nothing will have to be done for this run."""
        moments = (self.next_beat, self.deadline if self.outcome is None else self.exit_at, self.interrupt_at)
        return max(0.01, min(moments) - time.monotonic())


class Pulse:
    """The heartbeat thread of one process; it runs one job at a time."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._watch: Watch | None = None
        self._pid = 0
        self._memory: psutil.Process | None = None

    @contextmanager
    def watching(self, watch: Watch) -> Iterator[Watch]:
        """Beat for ``watch`` within the block."""
        self._ensure_running()
        self._set(watch)
        try:
            yield watch
        finally:
            watch.armed = False
            self._set(None)

    def _set(self, watch: Watch | None) -> None:
        with self._changed:
            self._watch = watch
            self._changed.notify()

    def _ensure_running(self) -> None:
        """Start the thread in this process: threads do not survive the pool's fork."""
        if self._pid == os.getpid():
            return
        self._pid = os.getpid()
        self._changed = threading.Condition()
        self._memory = psutil.Process()
        if threading.current_thread() is threading.main_thread():
            signal.signal(signal.SIGALRM, self._on_alarm)
        threading.Thread(target=self._loop, name="outbox-pulse", daemon=True).start()

    def _loop(self) -> None:
        while True:
            with self._changed:
                watch = self._watch
                self._changed.wait(watch.wait_seconds() if watch else None)
            if watch is not None and watch is self._watch:
                self._attend(watch)

    def _attend(self, watch: Watch) -> None:
        moment = time.monotonic()
        if moment >= watch.next_beat:
            watch.next_beat = moment + settings.OUTBOX_HEARTBEAT_SECONDS
            self._beat(watch)
        if moment >= watch.deadline:
            watch.tell(AttemptOutcome.TIMED_OUT, patience=0)
        if moment >= watch.exit_at and watch.armed:
            log.error("job_stuck", job=str(watch.job_id), outcome=str(watch.outcome))
            os._exit(EXIT_STUCK)
        if moment >= watch.interrupt_at and watch.armed:
            watch.interrupt_at = moment + 1.0  # again each second: code may catch what it should not
            os.kill(os.getpid(), signal.SIGALRM)

    def _beat(self, watch: Watch) -> None:
        memory = self._memory.memory_info().rss // 1024 if self._memory else 0
        try:
            close_old_connections()
            told = services.beat_job(job_id=watch.job_id, fence=watch.fence, memory_kb=memory)
        except DatabaseError:
            log.warning("heartbeat_failed", job=str(watch.job_id), exc_info=True)
            connection.close()
            return
        if told is None:
            watch.tell(AttemptOutcome.LOST, patience=0)
        elif told:
            watch.tell(AttemptOutcome.CANCELED, patience=settings.OUTBOX_STOP_GRACE_SECONDS)

    def _on_alarm(self, _number: int, _frame: FrameType | None) -> None:
        watch = self._watch
        if watch is not None and watch.armed and watch.outcome is not None:
            raise Interrupted(watch.outcome)
