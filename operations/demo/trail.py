"""Writes the trail's history through ``audit_record``, the one way to write an entry, in the order it happened."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from random import Random
from typing import Any

from django.db import connection

from audit.encoding import address, canonical, commitment, entry_digest, storable
from core.actors import Actor, Target
from core.trail import Outcome
from operations.demo.chance import dice

NOWHERE = Target("", "")
_TYPES = ("timestamptz", *["text"] * 11, "bytea", "bytea", "bytea", "inet", *["text"] * 7)
_FACTS = 11  # of the texts; the others identify people and lie in the payload
_NAMES = tuple(f"c{number}" for number in range(len(_TYPES)))


@dataclass(frozen=True, slots=True)
class Where:
    """The request an entry came from."""

    request_id: str = ""
    session_id: str = ""
    api_key_id: str = ""
    ip: str = ""
    agent: str = ""


NO_REQUEST = Where()


@dataclass(frozen=True, slots=True)
class Note:
    """An entry to be: what ``audit.services.record`` takes, and the request around it."""

    at: datetime
    action: str
    actor: Actor
    target: Target = NOWHERE
    reason: str = ""
    ticket: str = ""
    changes: Mapping[str, tuple[Any, Any]] | None = None
    details: Mapping[str, Any] | None = None
    outcome: Outcome = Outcome.DONE
    where: Where = NO_REQUEST


def write(notes: Iterable[Note], *, seed: int) -> int:
    """Write every note as an entry, oldest first, in the caller's transaction; returns how many.

    Salts come from the seed: demo entries have nothing to hide, and two loads are to be the same.
    """
    stream = dice(seed, "trail")
    ordered = sorted(notes, key=lambda note: note.at)
    columns = ", ".join(_NAMES)
    with connection.cursor() as cursor:
        definition = ", ".join(f"{name} {kind}" for name, kind in zip(_NAMES, _TYPES, strict=True))
        cursor.execute(f"CREATE TEMPORARY TABLE demo_note (n integer PRIMARY KEY, {definition}) ON COMMIT DROP")
        with cursor.copy(f"COPY demo_note (n, {columns}) FROM STDIN") as copy:
            for number, note in enumerate(ordered):
                copy.write_row((number, *_values(note, stream)))
        call = f"SELECT audit_record({columns}) FROM demo_note ORDER BY n"  # noqa: S608  the names are ours
        cursor.execute(f"SELECT count(*) FROM ({call} OFFSET 0) AS written")  # noqa: S608
        (written,) = cursor.fetchone()
        cursor.execute("DROP TABLE demo_note")
    return int(written)


def _values(note: Note, stream: Random) -> tuple[Any, ...]:
    """The arguments of ``audit_record``, as ``audit.services.record`` makes them."""
    where = note.where
    ip, ip_hex = address(where.ip)
    parts = storable(
        str(note.action),
        note.outcome.value,
        note.actor.kind.value,
        note.actor.id,
        "",
        note.target.kind,
        note.target.id,
        note.ticket,
        where.request_id,
        where.session_id,
        where.api_key_id,
        where.agent,
        note.actor.label,
        "",
        note.target.label,
        note.reason,
        canonical(note.changes),
        canonical(note.details),
    )
    facts, texts = parts[:_FACTS], parts[_FACTS:]
    salt = stream.randbytes(16)
    payload_hash = commitment(salt=salt, parts=(ip_hex, *texts))
    digest = entry_digest(occurred_at=note.at, parts=facts, commitment=payload_hash)
    return (note.at, *facts, payload_hash, digest, salt, ip, *texts)
