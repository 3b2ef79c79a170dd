"""Changing what staff may move by themselves."""

from __future__ import annotations

import uuid
from datetime import datetime

from django.db import transaction

from accounts.errors import NothingToChange
from audit import services as audit_services
from core.actors import Actor, Target
from core.errors import FieldError, InvalidInput, NotFound
from credits.actions import AuditAction
from credits.models import AdjustmentLimit

MAX_LIMIT = 10**12


@transaction.atomic
def change_limit(
    *,
    limit_id: uuid.UUID,
    daily_credits: int,
    approval_above_credits: int,
    may_approve_credits: int,
    actor: Actor,
    reason: str,
    at: datetime,
    ticket: str = "",
) -> AdjustmentLimit:
    """Set what one person of a role may move a day and at once, and what they may approve. Counts at once.

    Refuses: NotFound, InvalidInput (no reason, or a limit that is negative or beyond 10**12), NothingToChange.
    """
    limit = AdjustmentLimit.objects.select_for_update().filter(pk=limit_id).first()
    if limit is None:
        raise NotFound
    wanted = {
        "daily_credits": daily_credits,
        "approval_above_credits": approval_above_credits,
        "may_approve_credits": may_approve_credits,
    }
    _refuse_unfit(wanted, reason)
    changes = {name: (getattr(limit, name), value) for name, value in wanted.items() if getattr(limit, name) != value}
    if not changes:
        raise NothingToChange
    for name, value in wanted.items():
        setattr(limit, name, value)
    limit.save()
    audit_services.record(
        action=AuditAction.LIMIT_CHANGED,
        at=at,
        actor=actor,
        target=Target("credits.adjustmentlimit", limit.public_id, limit.role),
        reason=reason,
        ticket=ticket,
        changes=changes,
    )
    return limit


def _refuse_unfit(wanted: dict[str, int], reason: str) -> None:
    errors = [
        FieldError(name, "out_of_range", f"a whole number from 0 to {MAX_LIMIT}")
        for name, value in wanted.items()
        if not 0 <= value <= MAX_LIMIT
    ]
    if not reason.strip():
        errors.append(FieldError("reason", "required", "Say why."))
    if errors:
        raise InvalidInput(*errors)
