"""Lines of COPY's text format, made fast: millions of them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from functools import lru_cache
from random import Random

_ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz"
_PAIRS = [a + b for a in _ALPHABET for b in _ALPHABET]
_MILLION = 1_000_000
NULL = "\\N"


def hex_id(stream: Random, microseconds: int) -> str:
    """A UUIDv7 of that time as 32 hexadecimal digits, which PostgreSQL reads as one."""
    chance = stream.getrandbits(74)
    head, tail = f"{microseconds // 1000:012x}7{chance & 0xFFF:03x}", chance >> 12
    return f"{head}{8 + (tail & 3):x}{tail >> 2:015x}"


def public(prefix: str, digits: str) -> str:
    """The public form of an id given in hexadecimal, as ``core.ids.to_public`` makes it."""
    number = int(digits, 16)
    return f"{prefix}_" + "".join([_PAIRS[number >> shift & 1023] for shift in range(120, -10, -10)])


@lru_cache(maxsize=4096)
def _day(number: int) -> str:
    return datetime.fromtimestamp(number * 86400, tz=UTC).strftime("%Y-%m-%d")


def stamp(microseconds: int) -> str:
    """A time as PostgreSQL reads it, from microseconds since 1970."""
    seconds, fraction = divmod(microseconds, _MILLION)
    day, second = divmod(seconds, 86400)
    minute, second = divmod(second, 60)
    hour, minute = divmod(minute, 60)
    return f"{_day(day)} {hour:02d}:{minute:02d}:{second:02d}.{fraction:06d}+00"


def escaped(text: str) -> str:
    """Text without what COPY reads as the end of a field or a line."""
    return text.replace("\\", "\\\\").replace("\t", " ").replace("\n", " ")


def bytes_of(content: bytes) -> str:
    """A bytea."""
    return f"\\\\x{content.hex()}"


def line(*values: object) -> str:
    """One row."""
    return "\t".join(map(str, values)) + "\n"


def copy_statement(table: str, columns: Sequence[str]) -> str:
    """COPY into these columns."""
    return f"COPY {table} ({', '.join(columns)}) FROM STDIN"
