"""Relays wake-ups, takes back the jobs of dead workers, keeps schedules."""

from __future__ import annotations

import signal
from types import FrameType
from typing import Any

from django.core.management.base import BaseCommand

from outbox.scheduler import Scheduler


class Command(BaseCommand):
    """Ticks once a second until SIGTERM or SIGINT."""

    help = "Run relay, sweeper and schedules until told to stop. Any number of schedulers may run at once."

    def handle(self, *_args: Any, **_options: Any) -> None:
        """Start, and stop after the round in progress."""
        scheduler = Scheduler()

        def stop(_number: int, _frame: FrameType | None) -> None:
            scheduler.stopping.set()

        signal.signal(signal.SIGTERM, stop)
        signal.signal(signal.SIGINT, stop)
        scheduler.run()
