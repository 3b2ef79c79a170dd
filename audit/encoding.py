"""The bytes that an entry's hashes are taken over. The SQL that verifies them says the same again.

Lengths in bytes go before the parts, so that no two different lists of parts share an encoding. Each
hash starts with a tag of its own, so that one can never pass for another.
"""

from __future__ import annotations

import hashlib
import ipaddress
import json
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta
from enum import Enum
from functools import lru_cache
from typing import Any

ENTRY_TAG = b"ballast.audit.entry.1"
PAYLOAD_TAG = b"ballast.audit.payload.1"
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)


def microseconds(at: datetime) -> int:
    """Whole microseconds since 1970, which is all that PostgreSQL keeps of a time."""
    return (at - _EPOCH) // _MICROSECOND


def from_microseconds(count: int) -> datetime:
    """The time that ``microseconds`` was taken of. Raises OverflowError past the year 9999."""
    return _EPOCH + timedelta(microseconds=count)


def storable(*texts: str) -> tuple[str, ...]:
    """The texts as PostgreSQL can hold them, which is without NUL and lone surrogates.

    An entry must not fail for what a client sent.
    """
    if "".join(texts).isprintable():
        return texts
    return tuple(text.replace("\0", "\ufffd").encode("utf-8", "replace").decode() for text in texts)


@lru_cache(maxsize=1024)
def address(text: str) -> tuple[str | None, str]:
    """An IP address as it is stored, and its bytes in hexadecimal as they are hashed; None for no address."""
    try:
        packed = ipaddress.ip_address(text).packed
    except ValueError:
        return None, ""
    return str(ipaddress.ip_address(packed)), packed.hex()


def _plain(value: Any) -> Any:
    return value.value if isinstance(value, Enum) else str(value)


_encode = json.JSONEncoder(sort_keys=True, separators=(",", ":"), ensure_ascii=False, default=_plain).encode


def canonical(values: Mapping[str, Any] | None) -> str:
    """Values as JSON with sorted names; empty for none. What JSON does not know becomes its text."""
    return _encode(values) if values else ""


def commitment(*, salt: bytes, parts: Iterable[str]) -> bytes:
    """What an entry keeps of its payload: worthless for guessing once the salt is gone."""
    return hashlib.sha256(salt + PAYLOAD_TAG + _framed(parts)).digest()


def entry_digest(*, occurred_at: datetime, parts: Iterable[str], commitment: bytes) -> bytes:
    """The hash of what the writer knows. The database adds number, transaction and time to it."""
    return hashlib.sha256(commitment + ENTRY_TAG + b"%d:" % microseconds(occurred_at) + _framed(parts)).digest()


def _framed(parts: Iterable[str]) -> bytes:
    return "".join([f"{len(part) if part.isascii() else len(part.encode())}:{part}" for part in parts]).encode()
