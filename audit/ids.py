"""Entry ids: an ``aud_…`` id is the entry's time and number, so finding it needs no index of its own."""

from __future__ import annotations

import uuid
from datetime import datetime

from audit.encoding import from_microseconds, microseconds
from core.ids import from_public, to_public

PREFIX = "aud"


def entry_public_id(*, occurred_at: datetime, seq: int) -> str:
    """The id of the entry ``seq`` of that time: a UUIDv7 whose random bits hold microseconds and number."""
    milliseconds, micros = divmod(microseconds(occurred_at), 1000)
    return to_public(PREFIX, uuid.UUID(int=milliseconds << 80 | 0x7 << 76 | micros << 64 | 0b10 << 62 | seq))


def parse_entry_id(text: str) -> tuple[datetime, int] | None:
    """The time and number inside an ``aud_…`` id, or None where ``text`` is not one."""
    value = from_public(PREFIX, text)
    if value is None or value.version != 7 or (micros := value.int >> 64 & 0xFFF) > 999:
        return None
    try:
        occurred_at = from_microseconds((value.int >> 80) * 1000 + micros)
    except OverflowError:
        return None
    return occurred_at, value.int & (1 << 62) - 1
