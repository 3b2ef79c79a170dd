"""Taking out of the trail what identifies a person, without breaking it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from django.db import connection, transaction

from audit.actions import AuditAction
from audit.services._entries import record
from core.actors import Actor, Target
from core.errors import FieldError, InvalidInput


@transaction.atomic
def withdraw_payloads(
    *,
    subject_ids: Sequence[str],
    actor: Actor,
    reason: str,
    ticket: str = "",
    at: datetime,
    until: datetime | None = None,
) -> int:
    """Delete payload and salt of every entry that these ids acted in, or were acted on in; returns how many.

    ``subject_ids`` are public ids (``usr_…``): those of one person and what belongs to that person
    alone. Entries before ``until`` are taken, or all up to ``at``. The entries stay and still verify;
    each is reported as withdrawn. Refuses an empty reason and an empty list (InvalidInput).
    """
    subjects = sorted({subject for subject in subject_ids if subject})
    if not subjects:
        raise InvalidInput(FieldError("subject_ids", "required", "Name whose payloads to withdraw."))
    if not reason.strip():
        raise InvalidInput(FieldError("reason", "required", "Say why."))
    with connection.cursor() as cursor:
        cursor.execute("SELECT audit_withdraw(%s, %s)", [subjects, until or at])
        (count,) = cursor.fetchone()
    record(
        action=AuditAction.PAYLOAD_WITHDRAWN,
        at=at,
        actor=actor,
        target=Target("audit.subject", subjects[0]),
        reason=reason,
        ticket=ticket,
        details={"payloads": count, "subjects": len(subjects)},
    )
    return int(count)
