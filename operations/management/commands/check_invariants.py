"""Checks the promises of every app against the rows."""

import json
from dataclasses import asdict
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from operations import selectors


class Command(BaseCommand):
    help = "Check every app's invariants. Exit code 1 and a list where one is violated."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--json", action="store_true", help="print a JSON array of violations")

    def handle(self, *args: Any, **options: Any) -> None:
        violations = selectors.list_violations()
        if options["json"]:
            self.stdout.write(json.dumps([asdict(violation) for violation in violations]))
        else:
            for violation in violations:
                self.stdout.write(f"{violation.invariant}  {violation.subject}  {violation.detail}")
        if violations:
            raise CommandError(f"{len(violations)} violations", returncode=1)
        if not options["json"]:
            self.stdout.write("Every invariant holds.")
