"""Chance that repeats: every stream of numbers follows from the seed and a name."""

from __future__ import annotations

from datetime import datetime
from random import Random
from uuid import UUID

from core.ids import to_public

_RANDOM_BITS = 74


def dice(seed: int, *names: object) -> Random:
    """A stream of its own for each name: a change in one part leaves the others as they were."""
    return Random("/".join(map(str, (seed, *names))))  # noqa: S311  repeatable, not secret


def id_at(stream: Random, at: datetime) -> UUID:
    """A UUIDv7 of the time ``at``, as ``core.ids.new_id`` makes it, from the stream."""
    chance = stream.getrandbits(_RANDOM_BITS)
    milliseconds = int(at.timestamp() * 1000)
    return UUID(int=milliseconds << 80 | 0x7 << 76 | (chance >> 62) << 64 | 0x2 << 62 | chance & (1 << 62) - 1)


def request_id_at(stream: Random, at: datetime) -> str:
    """A request's id, as the middleware makes it."""
    return to_public("req", id_at(stream, at))


def digest_like(stream: Random) -> str:
    """64 hexadecimal digits that are nobody's digest."""
    return f"{stream.getrandbits(256):064x}"
