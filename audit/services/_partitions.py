"""Months of the trail, made ahead."""

from __future__ import annotations

from datetime import date, datetime

from django.db import connection, transaction

MONTHS_AHEAD = 3


@transaction.atomic
def ensure_partitions(*, since: date, until: date) -> int:
    """Make the months from ``since`` through ``until`` where they are missing; returns how many were made.

    Rows that fell into a default partition are put into months of their own on the way.
    """
    with connection.cursor() as cursor:
        # Attaching waits for open transactions on the default partition: rather later than in everybody's way.
        cursor.execute("SET LOCAL lock_timeout = '5s'")
        cursor.execute("SELECT audit_ensure_partitions(%s, %s)", [since, until])
        return int(cursor.fetchone()[0])


def make_partitions_ahead(*, at: datetime) -> int:
    """Make this month and the next three; returns how many were missing."""
    month = at.year * 12 + at.month - 1 + MONTHS_AHEAD
    return ensure_partitions(since=at.date(), until=date(month // 12, month % 12 + 1, 1))
