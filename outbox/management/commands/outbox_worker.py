"""Runs jobs."""

from __future__ import annotations

import os
from argparse import ArgumentParser
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from outbox import worker


class Command(BaseCommand):
    """A Celery worker for every queue, or for those named."""

    help = "Run background jobs until told to stop. Any number of workers may run at once."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Which queues, how many at once."""
        parser.add_argument("--queues", default="", help="names separated by commas; all by default")
        parser.add_argument("--concurrency", type=int, default=settings.OUTBOX_WORKER_CONCURRENCY)
        parser.add_argument("--pool", default="prefork", choices=["prefork", "solo"])

    def handle(self, *_args: Any, **options: Any) -> None:
        """Start; refuses a queue that no job names."""
        declared = worker.declared_queues()
        queues = [name for name in options["queues"].split(",") if name] or declared
        unknown = sorted(set(queues) - set(declared))
        if unknown:
            raise CommandError(f"no job uses the queue {', '.join(unknown)}; there are {', '.join(declared)}")
        # SIGTERM: finish what runs within CELERY_WORKER_SOFT_SHUTDOWN_TIMEOUT, then end (Celery 5.5)
        os.environ.setdefault("REMAP_SIGTERM", "SIGQUIT")
        worker.start(queues=queues, concurrency=options["concurrency"], pool=options["pool"], loglevel="INFO")
