"""Fills a development database with a made-up company."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from core import clock
from core.errors import Refusal
from operations.demo.load import USERS, is_loaded, load
from operations.demo.scale import scale
from operations.demo.wipe import wipe


class Command(BaseCommand):
    help = "Load the demo company, once. The same seed (DEMO_SEED) and --at bring the same rows."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--reset", action="store_true", help="wipe the whole database first (never in production)")
        parser.add_argument("--users", type=int, default=USERS, help=f"customers of the company ({USERS})")
        parser.add_argument("--at", type=_moment, help="the moment at which the story ends, ISO 8601 (now)")

        parser.add_argument("--scale", type=int, metavar="N", help="add N users with 10 + 10 entries each, by COPY")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            self._run(options)
        except Refusal as refusal:
            raise CommandError(str(refusal)) from refusal

    def _run(self, options: dict[str, Any]) -> None:
        if options["reset"]:
            self.stdout.write(f"{wipe()} tables emptied")
        if not options["reset"] and is_loaded():
            self._say("The demo data are loaded.")
        else:
            self._load(options)
        if options["scale"]:
            self._scale(options)

    def _load(self, options: dict[str, Any]) -> None:
        done = load(at=options["at"] or clock.now(), users=options["users"], say=self._say)
        self._say(
            f"Loaded in {done.seconds} s: {done.users} users, {done.workspaces} workspaces, "
            f"{done.ledger_entries} ledger operations, {done.trail_entries} trail entries"
        )

    def _scale(self, options: dict[str, Any]) -> None:
        if options["scale"] < 1:
            raise CommandError("--scale takes the number of users to add, 1 or more.")
        done = scale(users=options["scale"], at=options["at"] or clock.now(), say=self._say)
        self._say(f"Added in {done.seconds} s: {done.users:,} users, {done.rows:,} rows, {done.rows_a_second:,} rows/s")

    def _say(self, line: str) -> None:
        self.stdout.write(line)
        self.stdout.flush()


def _moment(text: str) -> datetime:
    moment = datetime.fromisoformat(text)
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
