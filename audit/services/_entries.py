"""Writing to the trail."""

from __future__ import annotations

import os
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.db import connection

from audit.encoding import address, canonical, commitment, entry_digest, storable
from audit.ids import entry_public_id
from core import context
from core.actors import Actor, Target
from core.trail import Outcome

_NOWHERE = Target("", "")
_FACTS = 11  # what the entry itself holds; the rest can identify a person and goes into the payload
_SQL = "SELECT audit_record(%s)" % ", ".join(["%s"] * 23)  # noqa: UP031  placeholders only


def record(
    *,
    action: str,
    at: datetime,
    actor: Actor | None = None,
    target: Target | None = None,
    reason: str = "",
    ticket: str = "",
    changes: Mapping[str, tuple[Any, Any]] | None = None,
    details: Mapping[str, Any] | None = None,
    outcome: Outcome = Outcome.DONE,
) -> str:
    """Write one entry in the caller's transaction and return its public id (``aud_…``).

    The actor is the context's where none is given; impersonator, request, session, key, address and
    reason come from the context too. ``changes`` is ``{field: (old, new)}``. One statement, one round
    trip; where it fails, it raises, and with it the caller's transaction fails.
    """
    here = context.current()
    who = actor or here.actor
    what = target or _NOWHERE
    behind = here.impersonator
    ip, ip_bytes = address(here.client_ip)
    parts = storable(
        _named(action),
        Outcome(outcome).value,
        who.kind.value,
        who.id,
        behind.id if behind else "",
        what.kind,
        what.id,
        ticket,
        here.request_id,
        here.session_id,
        here.api_key_id,
        here.user_agent,
        who.label,
        behind.label if behind else "",
        what.label,
        reason or here.reason,
        canonical(changes),
        canonical(details),
    )
    facts, texts = parts[:_FACTS], parts[_FACTS:]
    salt = os.urandom(16)
    payload_hash = commitment(salt=salt, parts=(ip_bytes, *texts))
    digest = entry_digest(occurred_at=at, parts=facts, commitment=payload_hash)
    with connection.cursor() as cursor:
        cursor.execute(_SQL, (at, *facts, payload_hash, digest, salt, ip, *texts))
        (seq,) = cursor.fetchone()
    return entry_public_id(occurred_at=at, seq=seq)


def _named(action: str) -> str:
    if not action:
        raise ValueError("an entry needs an action")
    return str(action)
