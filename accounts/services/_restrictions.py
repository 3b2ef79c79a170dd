"""Taking a capability away for a while, and giving it back."""

from __future__ import annotations

import uuid
from datetime import datetime
from typing import Any

from django.db import transaction

from accounts.actions import AuditAction
from accounts.errors import AccountRestricted, RestrictionOver
from accounts.events import RestrictionAdded, RestrictionLifted, UserDisabled
from accounts.models import Restriction, User, Workspace
from accounts.selectors import find_active_restriction
from accounts.services._base import (
    lock_user,
    lock_workspace,
    refuse_unfit_staff,
    refuse_without_reason,
    user_target,
    workspace_target,
)
from accounts.services._stop import stop_everything
from accounts.states import Capability
from audit import services as audit_services
from core import events
from core.actors import Actor, Target, system
from core.errors import FieldError, InvalidInput, NotFound

CLOCK = system("accounts.restrictions")
_BATCH = 500


def refuse_if_restricted(
    *,
    capability: Capability,
    at: datetime,
    user_id: uuid.UUID | None = None,
    workspace_id: uuid.UUID | None = None,
) -> None:
    """Raise AccountRestricted where ``capability`` is taken from the user or the workspace at ``at``.

    Ids are primary keys. A restriction counts by its dates alone: no job needs to run for it to end.
    """
    restriction = find_active_restriction(capability=capability, at=at, user_id=user_id, workspace_id=workspace_id)
    if restriction is not None:
        raise AccountRestricted(
            capability=restriction.capability,
            ends_at=restriction.ends_at.isoformat() if restriction.ends_at else "",
        )


@transaction.atomic
def restrict_user(
    *,
    user_id: uuid.UUID,
    capability: Capability,
    actor: Actor,
    reason: str,
    at: datetime,
    ends_at: datetime | None = None,
    starts_at: datetime | None = None,
    ticket: str = "",
) -> Restriction:
    """Take ``capability`` from a user until ``ends_at``, or until somebody lifts it.

    No-login ends the user's sessions and jobs at once. Refuses InvalidInput for a missing reason or
    an end that is not after the start, OwnAccount, StaffTarget.
    """
    user = lock_user(user_id)
    refuse_unfit_staff(actor=actor, user=user)
    reason, starts_at = refuse_without_reason(reason), starts_at or at
    stops = capability == Capability.LOGIN and starts_at <= at
    ended = stop_everything(user=user, actor=actor, reason=reason, at=at) if stops else {}
    restriction = _add(
        {"user": user}, user_target(user), capability, actor=actor, reason=reason, at=at,
        ends_at=ends_at, starts_at=starts_at, ticket=ticket, **ended,
    )  # fmt: skip
    if stops:
        events.publish(UserDisabled(user_id=user.public_id, status="no_login", at=at))
    return restriction


@transaction.atomic
def restrict_workspace(
    *,
    workspace_id: uuid.UUID,
    capability: Capability,
    actor: Actor,
    reason: str,
    at: datetime,
    ends_at: datetime | None = None,
    starts_at: datetime | None = None,
    ticket: str = "",
) -> Restriction:
    """Take ``capability`` from everybody who acts in a workspace. Logging in is a person's: InvalidInput."""
    workspace = lock_workspace(workspace_id)
    if capability == Capability.LOGIN:
        raise InvalidInput(FieldError("capability", "personal", "Only a person can be kept from logging in."))
    return _add(
        {"workspace": workspace}, workspace_target(workspace), capability, actor=actor, reason=reason, at=at,
        ends_at=ends_at, starts_at=starts_at or at, ticket=ticket,
    )  # fmt: skip


@transaction.atomic
def lift_restriction(
    *, restriction_id: uuid.UUID, actor: Actor, reason: str, at: datetime, ticket: str = ""
) -> Restriction:
    """End a restriction before its time. Refuses RestrictionOver, OwnAccount, StaffTarget, a missing reason."""
    restriction = _lock(restriction_id)
    if restriction.user:
        refuse_unfit_staff(actor=actor, user=restriction.user)
    reason = refuse_without_reason(reason)
    if restriction.lifted_at is not None or (restriction.ends_at and restriction.ends_at <= at):
        raise RestrictionOver
    return _close(restriction, AuditAction.RESTRICTION_LIFTED, actor=actor, reason=reason, at=at, ticket=ticket)


def stamp_ended_restrictions(*, at: datetime) -> int:
    """Mark and audit the restrictions whose end date has passed; returns how many. They ceased by themselves."""
    due = list(
        Restriction.objects.open().filter(ends_at__lte=at).order_by("ends_at").values_list("pk", flat=True)[:_BATCH]
    )
    return sum(_stamp(pk, at=at) for pk in due)


@transaction.atomic
def _stamp(restriction_id: uuid.UUID, *, at: datetime) -> int:
    restriction = _lock(restriction_id)
    if restriction.lifted_at is not None:
        return 0
    _close(restriction, AuditAction.RESTRICTION_ENDED, actor=CLOCK, reason="", at=at)
    return 1


def _lock(restriction_id: uuid.UUID) -> Restriction:
    found = (
        Restriction.objects.select_for_update(of=("self",))
        .select_related("user", "workspace")
        .filter(pk=restriction_id)
        .first()
    )
    if found is None:
        raise NotFound
    return found


def _add(
    owner: dict[str, User | Workspace],
    target: Target,
    /,
    capability: Capability,
    *,
    actor: Actor,
    reason: str,
    at: datetime,
    starts_at: datetime,
    ends_at: datetime | None,
    ticket: str,
    **ended: Any,
) -> Restriction:
    reason = refuse_without_reason(reason)
    if ends_at is not None and ends_at <= max(starts_at, at):
        raise InvalidInput(FieldError("ends_at", "past", "The end must lie in the future, after the start."))
    fields: dict[str, Any] = dict(owner)
    restriction = Restriction.objects.create(
        capability=capability,
        reason=reason,
        ticket=ticket,
        author_key=actor.id,
        author_label=actor.label,
        starts_at=starts_at,
        ends_at=ends_at,
        created_at=at,
        **fields,
    )
    audit_services.record(
        action=AuditAction.RESTRICTION_ADDED,
        at=at,
        actor=actor,
        target=target,
        reason=reason,
        ticket=ticket,
        details={
            "restriction": restriction.public_id,
            "capability": capability.value,
            "starts_at": starts_at.isoformat(),
            "ends_at": ends_at.isoformat() if ends_at else "",
            **ended,
        },
    )
    events.publish(RestrictionAdded(at=at, **_names(restriction)))
    return restriction


def _close(
    restriction: Restriction, /, action: AuditAction, *, actor: Actor, reason: str, at: datetime, ticket: str = ""
) -> Restriction:
    restriction.lifted_at = at
    restriction.lifted_by = actor.id
    restriction.lift_reason = reason
    restriction.save(update_fields=["lifted_at", "lifted_by", "lift_reason"])
    owner = restriction.user or restriction.workspace
    audit_services.record(
        action=action,
        at=at,
        actor=actor,
        target=user_target(owner) if isinstance(owner, User) else workspace_target(owner),  # type: ignore[arg-type]
        reason=reason,
        ticket=ticket,
        details={"restriction": restriction.public_id, "capability": restriction.capability},
    )
    events.publish(RestrictionLifted(at=at, **_names(restriction)))
    return restriction


def _names(restriction: Restriction) -> dict[str, str]:
    return {
        "restriction_id": restriction.public_id,
        "user_id": restriction.user.public_id if restriction.user else "",
        "workspace_id": restriction.workspace.public_id if restriction.workspace else "",
        "capability": restriction.capability,
    }
