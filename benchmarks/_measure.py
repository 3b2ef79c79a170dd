"""What a benchmark says, and a scratch database for it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from django.core.management import call_command
from django.db import connection


@dataclass(frozen=True, slots=True)
class Measurement:
    """One figure beside its baseline from the same run. ``ratio`` is value over baseline value."""

    name: str
    value: float
    unit: str
    baseline: str
    baseline_value: float
    ratio: float


def measured(name: str, *, value: float, unit: str, baseline: str, baseline_value: float) -> Measurement:
    """A measurement, rounded for reading."""
    return Measurement(
        name, round(value, 1), unit, baseline, round(baseline_value, 1), round(value / baseline_value, 2)
    )


@contextmanager
def scratch_database(app: str) -> Iterator[str]:
    """A new database on the configured server with the migrations ``app`` needs; dropped afterwards."""
    before = connection.settings_dict["NAME"]
    name = f"bench_{app}"
    connection.close()
    with connection._nodb_cursor() as cursor:  # type: ignore[attr-defined]
        cursor.execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')
        cursor.execute(f'CREATE DATABASE "{name}"')
    connection.settings_dict["NAME"] = name
    try:
        call_command("migrate", app, verbosity=0)
        yield name
    finally:
        connection.close()
        connection.settings_dict["NAME"] = before
        with connection._nodb_cursor() as cursor:  # type: ignore[attr-defined]
            cursor.execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')
        connection.close()
