"""Who is staff, in which role. Roles are granted by two people and taken by one."""

from __future__ import annotations

import uuid
from datetime import datetime
from typing import Any

from django.contrib.auth.models import Group
from django.db import transaction

from accounts import selectors
from accounts.actions import AuditAction
from accounts.errors import AccountDisabled, LastFounder, OwnAccount, RoleUnchanged
from accounts.models import User
from accounts.roles import PERMISSIONS, StaffRole
from accounts.services._base import lock_user, refuse_without_reason, user_target
from accounts.services._sessions import drop_sessions
from accounts.states import UserStatus
from audit import services as audit_services
from core.actors import Actor, ActorKind

GRANT_KIND = "accounts.grant_role"


def ensure_staff_groups() -> None:
    """Make the group of every staff role that lacks one. Groups that are no role are left alone."""
    for role in StaffRole.values:
        Group.objects.get_or_create(name=role)


@transaction.atomic
def grant_staff_role(
    *, user_id: uuid.UUID, role: StaffRole, actor: Actor, reason: str, at: datetime, ticket: str = ""
) -> Any:
    """Ask for a role for somebody; a second person's consent grants it. Returns the approval.

    Refuses OwnAccount, RoleUnchanged, AccountDisabled, a missing reason.
    """
    user = lock_user(user_id)
    _refuse_grant(user, role, author=actor)
    return audit_services.request_approval(
        kind=GRANT_KIND,
        actor=actor,
        target=user_target(user),
        payload={"user": str(user.pk), "role": role.value},
        reason=refuse_without_reason(reason),
        ticket=ticket,
        at=at,
    )


def execute_grant(
    *, payload: dict[str, Any], requester: Actor, approver: Actor, approval_id: str, reason: str, at: datetime
) -> str:
    """Grant the role that a second person consented to; returns the entry's id. In the approving transaction."""
    user = lock_user(uuid.UUID(payload["user"]))
    role = StaffRole(payload["role"])
    _refuse_grant(user, role, author=requester)
    if approver.id == user.public_id:
        raise OwnAccount
    _grant(user, role)
    return audit_services.record(
        action=AuditAction.ROLE_GRANTED,
        at=at,
        actor=approver,
        target=user_target(user),
        reason=reason,
        changes={"role": (None, role.value)},
        details={"approval": approval_id, "requested_by": requester.id},
    )


def fingerprint_grant(payload: dict[str, Any]) -> str:
    """What the request was made against: the person's state and roles."""
    user = selectors.get_user(uuid.UUID(payload["user"]))
    return f"{user.status}:{','.join(sorted(selectors.list_roles(user_id=user.pk)))}"


def describe_grant(payload: dict[str, Any]) -> list[str]:
    """What the approver is told will happen."""
    role = StaffRole(payload["role"])
    held = sorted(p for p, allowed in PERMISSIONS.items() if role.value in allowed)
    user = selectors.get_user(uuid.UUID(payload["user"]))
    return [
        f"{user.name or user.public_id} becomes {role.label}.",
        f"The role holds {len(held)} permissions: {', '.join(held)}.",
    ]


@transaction.atomic
def assign_staff_role(*, user_id: uuid.UUID, role: StaffRole, actor: Actor, reason: str, at: datetime) -> User:
    """Give a role without a second person: for the first founder and for demo data, by the system alone.

    Raises PermissionError for any actor but the system: only a command on the server may call this.
    """
    if actor.kind is not ActorKind.SYSTEM:
        raise PermissionError("only the system assigns roles without a second person")
    user = lock_user(user_id)
    _refuse_grant(user, role, author=actor)
    _grant(user, role)
    audit_services.record(
        action=AuditAction.ROLE_GRANTED,
        at=at,
        actor=actor,
        target=user_target(user),
        reason=refuse_without_reason(reason),
        changes={"role": (None, role.value)},
    )
    return user


@transaction.atomic
def revoke_staff_role(
    *, user_id: uuid.UUID, role: StaffRole, actor: Actor, reason: str, at: datetime, ticket: str = ""
) -> User:
    """Take a role at once: the person's next request lacks it. With the last role the console session ends.

    Refuses OwnAccount, RoleUnchanged, LastFounder, a missing reason.
    """
    founders = _lock_founders() if role == StaffRole.FOUNDER else set()
    user = lock_user(user_id)
    if actor.id == user.public_id:
        raise OwnAccount
    held = selectors.list_roles(user_id=user.pk)
    if role not in held:
        raise RoleUnchanged
    if founders == {user.pk}:
        raise LastFounder
    user.groups.remove(Group.objects.get(name=role.value))
    if held == {role.value}:
        user.is_staff = False
        user.save(update_fields=["is_staff"])
        drop_sessions(user=user)
    audit_services.record(
        action=AuditAction.ROLE_REVOKED,
        at=at,
        actor=actor,
        target=user_target(user),
        reason=refuse_without_reason(reason),
        ticket=ticket,
        changes={"role": (role.value, None)},
    )
    return user


def _lock_founders() -> set[uuid.UUID]:
    """The active founders, locked, so that two revocations cannot leave none."""
    group = Group.objects.select_for_update().get(name=StaffRole.FOUNDER.value)
    return set(User.objects.filter(groups=group, status=UserStatus.ACTIVE).values_list("pk", flat=True))


def _refuse_grant(user: User, role: StaffRole, /, *, author: Actor) -> None:
    if author.id == user.public_id:
        raise OwnAccount
    if not user.is_active:
        raise AccountDisabled
    if role in selectors.list_roles(user_id=user.pk):
        raise RoleUnchanged


def _grant(user: User, role: StaffRole, /) -> None:
    user.groups.add(Group.objects.get(name=role.value))
    if not user.is_staff:
        user.is_staff = True
        user.save(update_fields=["is_staff"])
