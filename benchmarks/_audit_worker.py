"""Its own process with its own installed apps, so that the product never has the rivals: prints medians as JSON."""

from __future__ import annotations

import json
import logging
import statistics
import sys
import time
from collections.abc import Callable
from typing import Any

import django
from django.conf import settings

ROUNDS = 12
SAVES = 40
APPS = ["django.contrib.contenttypes", "django.contrib.auth", "pgtrigger", "pghistory", "simple_history", "auditlog"]


def prepare(database: dict[str, Any]) -> None:
    """A Django of the trail and its rivals alone, with their tables."""
    settings.configure(
        DATABASES={"default": database},
        INSTALLED_APPS=[*APPS, "core", "audit", "benchmarks._rivals.apps.RivalsConfig"],
        USE_TZ=True,
        SECRET_KEY="benchmark",  # noqa: S106  signs nothing
        DEFAULT_AUTO_FIELD="django.db.models.BigAutoField",
    )
    django.setup()
    logging.getLogger("pgtrigger").setLevel(logging.WARNING)
    from django.core.management import call_command  # noqa: PLC0415  after setup

    call_command("migrate", verbosity=0)
    call_command("migrate", run_syncdb=True, verbosity=0)  # tables without migrations are made first: a second turn
    call_command("pgtrigger", "install", verbosity=0)


def ways() -> dict[str, Callable[[int], None]]:
    """Each way to save one row in its transaction."""
    from django.db import transaction  # noqa: PLC0415  after setup

    from audit import services  # noqa: PLC0415
    from benchmarks._rivals import models  # noqa: PLC0415
    from core import clock  # noqa: PLC0415
    from core.actors import Target  # noqa: PLC0415

    kinds = (models.Bare, models.UnderPghistory, models.UnderSimpleHistory, models.UnderAuditlog)
    rows: dict[Any, Any] = {kind: kind.objects.create(name="row") for kind in kinds}
    target = Target("rivals.bare", "bar_01jd3v00000000000000000000", "row")

    def record(old: str, new: str) -> None:
        services.record(
            action="rivals.bare.renamed", at=clock.now(), target=target, reason="asked", changes={"name": (old, new)}
        )

    def save(kind: Any) -> Callable[[int], None]:
        def way(number: int) -> None:
            with transaction.atomic():
                rows[kind].name = f"row {number}"
                rows[kind].save()

        return way

    def audited(number: int) -> None:
        with transaction.atomic():
            row, old = rows[models.Bare], rows[models.Bare].name
            row.name = f"row {number}"
            row.save()
            record(old, row.name)

    def command(number: int, *, entry: bool = False) -> None:
        with transaction.atomic():
            row = models.Bare.objects.select_for_update().get(pk=rows[models.Bare].pk)
            old, row.name = row.name, f"row {number}"
            row.save()
            if entry:
                record(old, row.name)

    return {
        "plain": save(models.Bare),
        "audited": audited,
        "pghistory": save(models.UnderPghistory),
        "simple_history": save(models.UnderSimpleHistory),
        "auditlog": save(models.UnderAuditlog),
        "command": command,
        "audited_command": lambda number: command(number, entry=True),
    }


def measure() -> dict[str, float]:
    """Median microseconds of each way, in turns, so that what disturbs one disturbs all.

    Once as in production, and once (``…_no_wait``) with commits that do not wait for the disk: on a
    slow disk the wait hides everything else.
    """
    from django.db import connection  # noqa: PLC0415  after setup

    from core import context  # noqa: PLC0415  after setup
    from core.actors import Actor, ActorKind  # noqa: PLC0415

    sam = Actor(ActorKind.STAFF, "usr_01jd3v00000000000000000000", "Sam")
    here = context.Context(actor=sam, request_id="req_01jd3v00000000000000000000", client_ip="203.0.113.7")
    taken: dict[str, list[float]] = {}
    with context.bound(here):
        all_ways = ways()
        for turn in range(2 * ROUNDS + 2):
            waits = turn % 2 == 0
            with connection.cursor() as cursor:
                cursor.execute("SELECT set_config('synchronous_commit', %s, false)", ["on" if waits else "off"])
            for name, way in all_ways.items():
                for number in range(SAVES):
                    started = time.perf_counter()
                    way(turn * SAVES + number)
                    if turn > 1:  # the first of each kind warms up
                        key = name if waits else f"{name}_no_wait"
                        taken.setdefault(key, []).append((time.perf_counter() - started) * 1e6)
    refuse_unless_kept()
    return {name: statistics.median(times) for name, times in taken.items()}


def refuse_unless_kept() -> None:
    """A rival that wrote nothing would look quick: each must have kept every change."""
    from auditlog.models import LogEntry  # noqa: PLC0415  after setup
    from django.apps import apps  # noqa: PLC0415

    expected = (2 * ROUNDS + 2) * SAVES
    kept = {
        "pghistory": apps.get_model("rivals", "UnderPghistoryEvent").objects.count(),
        "simple_history": apps.get_model("rivals", "HistoricalUnderSimpleHistory").objects.count(),
        "auditlog": LogEntry.objects.count(),
    }
    if short := {name: count for name, count in kept.items() if count < expected}:
        raise RuntimeError(f"expected at least {expected} changes: {short}")


if __name__ == "__main__":
    prepare(json.loads(sys.stdin.read()))
    sys.stdout.write(json.dumps(measure()))
