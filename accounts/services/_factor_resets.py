"""Help for who lost the second factor. For a colleague's account two people decide."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from allauth.mfa.models import Authenticator
from django.db import transaction
from django.utils.translation import gettext, override

from accounts import selectors
from accounts.actions import AuditAction
from accounts.errors import AccountDisabled, NothingToChange, OwnAccount
from accounts.models import User
from accounts.services._base import lock_user, refuse_without_reason, user_target
from accounts.services._mail import send_security_notice
from accounts.services._sessions import drop_sessions
from audit import services as audit_services
from core.actors import Actor

RESET_KIND = "accounts.reset_second_factor"


@dataclass(frozen=True, slots=True)
class FactorReset:
    """What came of it: the kinds of factor that went, or the approval (``apr_…``) that a second person must give."""

    removed: tuple[str, ...] = ()
    approval_id: str = ""


@transaction.atomic
def reset_second_factor(
    *, user_id: uuid.UUID, actor: Actor, reason: str, at: datetime, ticket: str = ""
) -> FactorReset:
    """Remove every second factor and the recovery codes of somebody who lost them, and end the sessions.

    For a member of staff it only asks; a second person's consent does it. Refuses OwnAccount,
    AccountDisabled, a missing reason, and NothingToChange where there is no factor.
    """
    user = lock_user(user_id)
    _refuse_reset(user, by=actor)
    reason = refuse_without_reason(reason)
    if not user.is_staff:
        removed, _entry_id = _reset(user, actor=actor, reason=reason, ticket=ticket, at=at)
        return FactorReset(removed=removed)
    approval = audit_services.request_approval(
        kind=RESET_KIND,
        actor=actor,
        target=user_target(user),
        payload={"user": str(user.pk), "reason": reason, "ticket": ticket},
        reason=reason,
        ticket=ticket,
        at=at,
    )
    return FactorReset(approval_id=approval.public_id)


def execute_factor_reset(
    *, payload: dict[str, Any], requester: Actor, approver: Actor, approval_id: str, reason: str, at: datetime
) -> str:
    """Reset what a second person consented to; returns the entry's id. In the approving transaction."""
    user = lock_user(uuid.UUID(payload["user"]))
    _refuse_reset(user, by=requester)
    if approver.id == user.public_id:
        raise OwnAccount
    consent = {
        "approval": approval_id,
        "requested_by": requester.id,
        "requested_because": payload["reason"],
    }
    _removed, entry_id = _reset(user, actor=approver, reason=reason, ticket=payload["ticket"], at=at, **consent)
    return entry_id


def fingerprint_factor_reset(payload: dict[str, Any]) -> str:
    """What the request was made against: the person's state and second factors."""
    user = selectors.get_user(uuid.UUID(payload["user"]))
    factors = selectors.list_factors(user_id=user.pk).values_list("pk", flat=True)
    return f"{user.status}:{','.join(map(str, factors))}"


def describe_factor_reset(payload: dict[str, Any]) -> list[str]:
    """What the approver is told will happen."""
    user = selectors.get_user(uuid.UUID(payload["user"]))
    return [
        f"{user.name or user.public_id} loses every second factor and the recovery codes, and is logged out.",
        "At the next login the password alone lets in, and a new second factor is added: speak to the person first.",
    ]


def _refuse_reset(user: User, /, *, by: Actor) -> None:
    if by.id == user.public_id:
        raise OwnAccount
    if not user.is_active:
        raise AccountDisabled
    if not selectors.list_factors(user_id=user.pk).exists():
        raise NothingToChange


def _reset(
    user: User, /, *, actor: Actor, reason: str, ticket: str, at: datetime, **consent: str
) -> tuple[tuple[str, ...], str]:
    """Do it; returns the kinds that went and the id of the entry."""
    kinds = tuple(selectors.list_factors(user_id=user.pk).values_list("type", flat=True))
    Authenticator.objects.filter(user_id=user.pk).delete()
    ended = drop_sessions(user=user)
    with override(user.locale):
        event = gettext("Our staff removed the second factor of your account, because we were told that it is lost.")
    send_security_notice(user=user, event=event, at=at)
    entry_id = audit_services.record(
        action=AuditAction.FACTOR_RESET,
        at=at,
        actor=actor,
        target=user_target(user),
        reason=reason,
        ticket=ticket,
        changes={"second_factors": (", ".join(kinds), "")},
        details={"sessions_ended": ended, **consent},
    )
    return kinds, entry_id
