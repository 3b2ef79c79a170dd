"""``manage.py verify_audit``: is the trail as it was written?"""

from __future__ import annotations

import json
import sys
from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from audit import services
from core import clock


class Command(BaseCommand):
    help = "Read the whole trail again. Exits with 1 and names the first bad sequence number where something is wrong."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--json", action="store_true", help="print one JSON object")
        parser.add_argument(
            "--from-seq", type=int, default=1, help="go on from here (an earlier run's verified_to + 1)"
        )
        parser.add_argument("--progress", action="store_true", help="tell the last number checked, on standard error")

    def handle(self, *args: Any, **options: Any) -> None:
        tell = (lambda seq: self.stderr.write(f"verified to {seq}")) if options["progress"] else None
        report = services.verify(at=clock.now(), from_seq=max(1, options["from_seq"]), progress=tell)
        if options["json"]:
            self.stdout.write(json.dumps(report.as_json()))
        else:
            self._say(report)
        if report.finding_count:
            sys.exit(1)

    def _say(self, report: services.Report) -> None:
        self.stdout.write(
            f"{report.checked} entries checked in {report.duration_seconds:.1f} s, {report.checkpoints} checkpoints,"
            f" {report.payloads_withdrawn} payloads lawfully withdrawn"
        )
        for warning in report.warnings:
            self.stdout.write(f"warning: {warning}")
        if first := report.first:
            number = "" if first.seq is None else f"first bad sequence number {first.seq}: "
            self.stdout.write(f"{report.finding_count} findings; {number}{first.kind.value} ({first.detail})")
        else:
            self.stdout.write("everything is as it was written")
