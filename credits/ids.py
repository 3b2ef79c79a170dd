"""Ids of the ledger as a clock: ``credits_new_id`` in SQL makes them rise with the time they were made for."""

from __future__ import annotations

import uuid
from datetime import UTC, datetime, timedelta

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def first_id_at(at: datetime) -> uuid.UUID:
    """The smallest id that could have been made at ``at``: ``id >= first_id_at(x)`` says ``made at x or later``."""
    microseconds = max(0, (at - _EPOCH) // timedelta(microseconds=1))  # before 1970 nothing was made
    milliseconds, rest = divmod(microseconds, 1000)
    return uuid.UUID(int=milliseconds << 80 | 0x7 << 76 | (rest * 4096 // 1000) << 64 | 0x2 << 62)
