"""Workspaces and who belongs to them.

Every command locks the workspace first, so that two of them cannot both remove the last owner but one.
"""

from __future__ import annotations

import uuid
from datetime import datetime

from django.db import transaction

from accounts.actions import AuditAction
from accounts.errors import LastOwner, MemberRoleMissing, NothingToChange, PersonalWorkspace, TooMany
from accounts.events import MemberJoined, MemberLeft
from accounts.models import ApiKey, Membership, User, Workspace
from accounts.services._base import lock_user, lock_workspace, user_target, workspace_target
from accounts.states import MANAGING_ROLES, MemberRole
from accounts.values import clean_title
from audit import services as audit_services
from core import events
from core.actors import Actor
from core.errors import NotFound

WORKSPACE_LIMIT = 50


@transaction.atomic
def create_workspace(*, owner_id: uuid.UUID, name: str, actor: Actor, at: datetime) -> Workspace:
    """A new team with its maker as owner. Refuses InvalidInput and TooMany."""
    owner = lock_user(owner_id)
    if Membership.objects.filter(user=owner, role=MemberRole.OWNER).count() >= WORKSPACE_LIMIT:
        raise TooMany(what="workspaces", limit=WORKSPACE_LIMIT)
    workspace = Workspace.objects.create(name=clean_title(name), created_at=at)
    Membership.objects.create(workspace=workspace, user=owner, role=MemberRole.OWNER, created_at=at)
    audit_services.record(action=AuditAction.WORKSPACE_CREATED, at=at, actor=actor, target=workspace_target(workspace))
    events.publish(
        MemberJoined(workspace_id=workspace.public_id, user_id=owner.public_id, role=MemberRole.OWNER.value, at=at)
    )
    return workspace


@transaction.atomic
def rename_workspace(*, workspace_id: uuid.UUID, by_id: uuid.UUID, name: str, actor: Actor, at: datetime) -> Workspace:
    """Give a workspace another name. Refuses MemberRoleMissing, InvalidInput, NothingToChange."""
    workspace = lock_workspace(workspace_id)
    require_manager(workspace, user_id=by_id)
    before, workspace.name = workspace.name, clean_title(name)
    if before == workspace.name:
        raise NothingToChange
    workspace.save(update_fields=["name"])
    audit_services.record(
        action=AuditAction.WORKSPACE_RENAMED,
        at=at,
        actor=actor,
        target=workspace_target(workspace),
        changes={"name": (before, workspace.name)},
    )
    return workspace


@transaction.atomic
def change_member_role(
    *,
    workspace_id: uuid.UUID,
    membership_id: uuid.UUID,
    role: MemberRole,
    by_id: uuid.UUID,
    actor: Actor,
    at: datetime,
) -> Membership:
    """Give a member another role. Only owners make owners or touch them.

    Refuses MemberRoleMissing, LastOwner, PersonalWorkspace, NothingToChange.
    """
    workspace = lock_workspace(workspace_id)
    membership = _membership(workspace, membership_id)
    _refuse_beyond_role(workspace, by_id=by_id, concerned={MemberRole(membership.role), role})
    if workspace.is_personal:
        raise PersonalWorkspace
    if membership.role == role:
        raise NothingToChange
    if membership.role == MemberRole.OWNER:
        _refuse_last_owner(workspace)
    before, membership.role = membership.role, role
    membership.save(update_fields=["role"])
    if role not in MANAGING_ROLES:
        _revoke_keys(membership, actor=actor, at=at)
    audit_services.record(
        action=AuditAction.MEMBER_ROLE_CHANGED,
        at=at,
        actor=actor,
        target=workspace_target(workspace),
        changes={"role": (before, role.value)},
        details={"member": membership.user.public_id},
    )
    return membership


@transaction.atomic
def remove_member(
    *, workspace_id: uuid.UUID, membership_id: uuid.UUID, by_id: uuid.UUID, actor: Actor, at: datetime
) -> None:
    """Take a member out of a workspace; the API keys they made there are revoked.

    Refuses MemberRoleMissing, LastOwner, PersonalWorkspace. Removing oneself is leaving.
    """
    workspace = lock_workspace(workspace_id)
    membership = _membership(workspace, membership_id)
    if membership.user_id == by_id:
        _go(workspace, membership, action=AuditAction.MEMBER_LEFT, actor=actor, at=at)
        return
    _refuse_beyond_role(workspace, by_id=by_id, concerned={MemberRole(membership.role)})
    _go(workspace, membership, action=AuditAction.MEMBER_REMOVED, actor=actor, at=at)


@transaction.atomic
def leave_workspace(*, workspace_id: uuid.UUID, user_id: uuid.UUID, actor: Actor, at: datetime) -> None:
    """Leave a team. Refuses LastOwner, PersonalWorkspace, and NotFound for one the user is not in."""
    workspace = lock_workspace(workspace_id)
    membership = Membership.objects.select_related("user").filter(workspace=workspace, user=user_id).first()
    if membership is None:
        raise NotFound
    _go(workspace, membership, action=AuditAction.MEMBER_LEFT, actor=actor, at=at)


def add_member(*, workspace: Workspace, user: User, role: MemberRole, at: datetime) -> Membership:
    """Make ``user`` a member of the locked ``workspace``. A building block: the caller audits."""
    membership = Membership.objects.create(workspace=workspace, user=user, role=role, created_at=at)
    events.publish(MemberJoined(workspace_id=workspace.public_id, user_id=user.public_id, role=role.value, at=at))
    return membership


def require_manager(workspace: Workspace, *, user_id: uuid.UUID) -> MemberRole:
    """The role of an owner or admin; MemberRoleMissing for a plain member, NotFound for a stranger."""
    held = Membership.objects.filter(workspace=workspace, user=user_id).values_list("role", flat=True).first()
    if held is None:
        raise NotFound
    if held not in MANAGING_ROLES:
        raise MemberRoleMissing(needed=MemberRole.ADMIN.value)
    return MemberRole(held)


def _membership(workspace: Workspace, membership_id: uuid.UUID) -> Membership:
    found = Membership.objects.select_related("user").filter(workspace=workspace, pk=membership_id).first()
    if found is None:
        raise NotFound
    return found


def _refuse_beyond_role(workspace: Workspace, *, by_id: uuid.UUID, concerned: set[MemberRole]) -> None:
    own = require_manager(workspace, user_id=by_id)
    if MemberRole.OWNER in concerned and own != MemberRole.OWNER:
        raise MemberRoleMissing(needed=MemberRole.OWNER.value)


def _refuse_last_owner(workspace: Workspace) -> None:
    if Membership.objects.filter(workspace=workspace, role=MemberRole.OWNER).count() <= 1:
        raise LastOwner


def _go(workspace: Workspace, membership: Membership, *, action: AuditAction, actor: Actor, at: datetime) -> None:
    if workspace.is_personal:
        raise PersonalWorkspace
    if membership.role == MemberRole.OWNER:
        _refuse_last_owner(workspace)
    _revoke_keys(membership, actor=actor, at=at)
    user, role = membership.user, membership.role
    membership.delete()
    audit_services.record(
        action=action,
        at=at,
        actor=actor,
        target=workspace_target(workspace),
        changes={"role": (role, None)},
        details={"member": user_target(user).id},
    )
    events.publish(MemberLeft(workspace_id=workspace.public_id, user_id=user.public_id, at=at))


def _revoke_keys(membership: Membership, *, actor: Actor, at: datetime) -> None:
    live = ApiKey.objects.filter(
        workspace=membership.workspace_id, created_by=membership.user_id, revoked_at__isnull=True
    )
    live.update(revoked_at=at, revoked_by=actor.id)
