"""When a schedule is due: plain arithmetic over the Unix epoch."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from core.jobs import JobDefinition

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MISSED_LIMIT = 1_000


def newest_due(definition: JobDefinition, at: datetime) -> datetime:
    """The newest due time of ``definition`` at or before ``at``."""
    assert definition.every is not None, "only a schedule has due times"
    start = EPOCH + definition.offset
    return start + (at - start) // definition.every * definition.every


def next_due(definition: JobDefinition, at: datetime) -> datetime:
    """The first due time after ``at``."""
    return newest_due(definition, at) + (definition.every or timedelta())


def due_since(definition: JobDefinition, *, after: datetime, at: datetime) -> list[datetime]:
    """The due times in (``after``, ``at``], oldest first; of a long absence only the newest thousand."""
    found: list[datetime] = []
    due = newest_due(definition, at)
    while due > after and len(found) < MISSED_LIMIT:
        found.append(due)
        due -= definition.every or timedelta()
    return found[::-1]
