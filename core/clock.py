"""The one clock. Edges read it and pass the time down as ``at``; commands never look."""

from datetime import UTC, datetime


def now() -> datetime:
    """The present moment in UTC, with microseconds."""
    return datetime.now(UTC)
