"""What an entry costs: a save in its transaction with and without it, beside three libraries on the same row."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.db import connection

from benchmarks._measure import Measurement, measured
from config import env

_COMPARED = (
    ("audit.save", "audited", "plain", "the same save in its transaction"),
    ("audit.command", "audited_command", "command", "the same load, lock and save in its transaction"),
    ("audit.save.django-pghistory", "pghistory", "plain", "the same save in its transaction"),
    ("audit.save.django-simple-history", "simple_history", "plain", "the same save in its transaction"),
    ("audit.save.django-auditlog", "auditlog", "plain", "the same save in its transaction"),
)


@contextmanager
def _blank_database() -> Iterator[dict[str, Any]]:
    """A database without any of the product's tables, as Django's DATABASES wants it."""
    wanted = ("ENGINE", "USER", "PASSWORD", "HOST", "PORT", "OPTIONS")
    place = {key: value for key, value in connection.settings_dict.items() if key in wanted} | {"NAME": "bench_audit"}
    with connection._nodb_cursor() as cursor:  # type: ignore[attr-defined]
        cursor.execute("DROP DATABASE IF EXISTS bench_audit WITH (FORCE)")
        cursor.execute("CREATE DATABASE bench_audit")
    try:
        yield place
    finally:
        with connection._nodb_cursor() as cursor:  # type: ignore[attr-defined]
            cursor.execute("DROP DATABASE IF EXISTS bench_audit WITH (FORCE)")
        connection.close()


def run() -> Iterator[Measurement]:
    """Measure; about half a minute."""
    with _blank_database() as place:
        answer = subprocess.run(
            [sys.executable, "-m", "benchmarks._audit_worker"],
            input=json.dumps(place),
            stdout=subprocess.PIPE,
            text=True,
            check=True,
            cwd=env.BASE_DIR,
        )
        taken = json.loads(answer.stdout)
        for name, value, base, words in _COMPARED:
            for ending, wait in (("", ""), ("_no_wait", ", commits not waiting for the disk")):
                yield measured(
                    name + ending,
                    value=taken[value + ending],
                    unit="us",
                    baseline=words + wait,
                    baseline_value=taken[base + ending],
                )
