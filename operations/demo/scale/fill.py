"""One transaction that copies batch after batch into bare tables, and builds the indexes once at the end."""

from __future__ import annotations

import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from random import Random
from typing import Any

from django.conf import settings
from django.db import connection, transaction

from audit import services as audit_services
from audit.encoding import microseconds
from core import clock
from core.ids import to_public
from credits import services as credits_services
from operations.actions import AuditAction
from operations.demo import rhythm
from operations.demo import trail as demo_trail
from operations.demo.chance import dice
from operations.demo.load import LOADER, Say, refuse_in_production, silent
from operations.demo.people import address
from operations.demo.rhythm import Span
from operations.demo.scale.accounts import Lines, add_user
from operations.demo.scale.bare import without_indexes
from operations.demo.scale.lines import copy_statement
from operations.demo.scale.tables import COLUMNS
from operations.demo.scale.trail import ENTRIES, Viewer, Writer

BATCH = 2_000
_REPORT_EVERY = 25  # batches
_DAY = 86400 * 1_000_000


@dataclass(frozen=True, slots=True)
class Scaled:
    """What was added, and how long it took."""

    users: int
    rows: int
    seconds: float

    @property
    def rows_a_second(self) -> int:
        return int(self.rows / self.seconds)


def scale(*, users: int, at: datetime, seed: int | None = None, batch: int = BATCH, say: Say = silent) -> Scaled:
    """Add ``users`` made-up users with ten entries of the ledger and ten of the trail each, by COPY.

    It is one transaction, which nobody else can work beside: the tables lose their indexes meanwhile.
    ``batch`` users are in memory at a time. Refuses NotInProduction.
    """
    refuse_in_production()
    started = time.monotonic()
    chosen = settings.DEMO_SEED if seed is None else seed
    span = Span.until(at)
    with transaction.atomic():
        audit_services.ensure_partitions(since=span.start.date(), until=at.date())
        before = _count_users()
        with without_indexes(list(COLUMNS), say=say), credits_services.bulk_loading():
            rows = _fill(users, span=span, seed=chosen, first=before, at_once=batch, say=say)
        details = {"users": users, "rows": rows, "seed": chosen}
        note = demo_trail.Note(at, AuditAction.DEMO_SCALED, LOADER, reason="Test of scale", details=details)
        demo_trail.write([note], seed=chosen)
    _finish(say)
    return Scaled(users, rows, round(time.monotonic() - started, 1))


def _count_users() -> int:
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM accounts_user")
        return int(cursor.fetchone()[0])


def _fill(users: int, *, span: Span, seed: int, first: int, at_once: int, say: Say) -> int:
    rows, started = 0, time.monotonic()
    with connection.cursor() as cursor:
        writer = _writer(cursor, users, staff=_staff(cursor, seed))
        batches = _batches(users, writer, span=span, seed=seed, first=first, at_once=at_once)
        for number, lines in enumerate(_one_ahead(batches), start=1):
            rows += _copy(cursor, lines)
            if number % _REPORT_EVERY == 0 or number * at_once >= users:
                speed = rows / (time.monotonic() - started)
                say(f"{min(number * at_once, users):,} of {users:,} users, {rows:,} rows, {speed:,.0f} rows/s")
    return rows


def _batches(users: int, writer: Writer, *, span: Span, seed: int, first: int, at_once: int) -> Iterator[Lines]:
    joins = _joins(users, span=span, seed=seed, first=first)
    while batch := list(islice(joins, at_once)):
        yield _lines(batch, writer, first=first, now=microseconds(span.end), seed=seed)
        first += len(batch)


def _one_ahead(batches: Iterator[Lines]) -> Iterator[Lines]:
    """The same batches; the next one is made on a second core while the server takes the last one."""
    with ThreadPoolExecutor(max_workers=1) as pool:
        coming = pool.submit(next, batches, None)
        while (lines := coming.result()) is not None:
            coming = pool.submit(next, batches, None)
            yield lines


def _staff(cursor: Any, seed: int) -> list[Viewer]:
    """Whoever works here, to have looked at the new users' pages."""
    stream = dice(seed, "scale", "staff")
    cursor.execute("SELECT id, name FROM accounts_user WHERE is_staff ORDER BY id")
    return [Viewer(to_public("usr", pk), name, address(stream)) for pk, name in cursor.fetchall()]


def _joins(users: int, *, span: Span, seed: int, first: int) -> Iterator[int]:
    """When each user signs up, in microseconds, oldest first; a day before the end at the latest."""
    stream = dice(seed, "scale", "joins", first)
    begin = microseconds(span.start)
    for day in rhythm.join_days(span=span, count=users, dice=stream):
        yield begin + min(day, span.days - 2) * _DAY + stream.randrange(_DAY)


def _writer(cursor: Any, users: int, *, staff: list[Viewer]) -> Writer:
    """Takes the numbers of the entries to come; the transaction has its id before, as every writer's."""
    cursor.execute("SELECT txid_current(), transaction_timestamp()")
    txid, began = cursor.fetchone()
    cursor.execute("SELECT setval('audit_entry_seq', nextval('audit_entry_seq') + %s)", [users * ENTRIES])
    (last,) = cursor.fetchone()
    return Writer(seq=last - users * ENTRIES, txid=txid, recorded=microseconds(began), staff=staff)


def _lines(batch: list[int], writer: Writer, *, first: int, now: int, seed: int) -> Lines:
    stream: Random = dice(seed, "scale", first)
    lines: Lines = {table: [] for table in COLUMNS}
    for number, joined in enumerate(batch, start=first):
        fresh = add_user(lines, number=number, joined=joined, now=now, stream=stream)
        writer.add(lines, fresh, now=now, stream=stream)
    return lines


def _copy(cursor: Any, lines: Lines) -> int:
    for table, found in lines.items():
        with cursor.copy(copy_statement(table, COLUMNS[table])) as copy:
            copy.write("".join(found))
    return sum(map(len, lines.values()))


def _finish(say: Say) -> None:
    """What autovacuum would do in time: fresh statistics; and checkpoints over the new entries."""
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")
    say("statistics are fresh")
    audit_services.reconcile(at=clock.now())
    say("the trail is sealed")
