"""Time-ordered ids: UUID version 7 (RFC 9562 section 5.7) inside, prefixed base32 outside."""

from __future__ import annotations

import os
import time
import uuid

_ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz"  # Crockford base32: no i, l, o, u
_VALUES = {c: i for i, c in enumerate(_ALPHABET)}
_LENGTH = 26


def new_id() -> uuid.UUID:
    """A fresh UUIDv7: 48 bits of Unix milliseconds, then 74 random bits."""
    value = (time.time_ns() // 1_000_000) << 80 | int.from_bytes(os.urandom(10), "big")
    value = value & ~(0xF << 76) | 0x7 << 76
    value = value & ~(0x3 << 62) | 0x2 << 62
    return uuid.UUID(int=value)


def to_public(prefix: str, value: uuid.UUID) -> str:
    """The id as the outside world sees it: ``usr_01jd3v…`` (prefix, then 26 characters)."""
    number = value.int
    digits = []
    for _ in range(_LENGTH):
        digits.append(_ALPHABET[number & 31])
        number >>= 5
    return f"{prefix}_{''.join(reversed(digits))}"


def from_public(prefix: str, text: str) -> uuid.UUID | None:
    """The UUID inside a public id, or None where ``text`` is not one with this prefix."""
    head, _, tail = text.partition("_")
    if head != prefix or len(tail) != _LENGTH or tail[0] > "7":
        return None
    number = 0
    for character in tail:
        digit = _VALUES.get(character)
        if digit is None:
            return None
        number = number << 5 | digit
    return uuid.UUID(int=number)
