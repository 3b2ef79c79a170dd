"""Asking somebody into a workspace."""

from __future__ import annotations

import uuid
from datetime import datetime, timedelta

from django.conf import settings
from django.db import transaction

from accounts.actions import AuditAction
from accounts.errors import AlreadyMember, InvitationUnusable, MemberRoleMissing, PersonalWorkspace, TooMany
from accounts.models import Invitation, Membership, User, Workspace
from accounts.services._base import (
    invitation_target,
    lock_user,
    lock_workspace,
    refuse_without_reason,
    workspace_target,
)
from accounts.services._mail import send_invitation
from accounts.services._members import add_member, require_manager
from accounts.states import INVITATION_MOVES, MANAGING_ROLES, InvitationStatus, MemberRole
from accounts.tokens import digest_of, new_token
from accounts.values import clean_email
from audit import services as audit_services
from core.actors import Actor
from core.errors import NotFound
from core.states import move

PENDING_LIMIT = 100


@transaction.atomic
def invite_member(
    *, workspace_id: uuid.UUID, email: str, role: MemberRole, by_id: uuid.UUID, actor: Actor, at: datetime
) -> Invitation:
    """Write to ``email`` with a link that makes its reader a member. The token is in the mail alone.

    A pending invitation of the same address is replaced: its link stops working. Refuses
    MemberRoleMissing (only owners invite owners), PersonalWorkspace, AlreadyMember, TooMany, InvalidInput.
    """
    workspace = lock_workspace(workspace_id)
    own = require_manager(workspace, user_id=by_id)
    if role == MemberRole.OWNER and own != MemberRole.OWNER:
        raise MemberRoleMissing(needed=MemberRole.OWNER.value)
    _refuse_unfit(workspace, email=(email := clean_email(email)))
    _replace_pending(workspace, email=email, at=at)
    token = new_token()
    invitation = Invitation.objects.create(
        workspace=workspace,
        email=email,
        role=role,
        token_digest=token.digest,
        invited_by_id=by_id,
        expires_at=at + timedelta(days=settings.INVITATION_DAYS),
        status_changed_at=at,
        created_at=at,
    )
    send_invitation(invitation=invitation, token=token.secret, inviter=User.objects.get(pk=by_id), at=at)
    audit_services.record(
        action=AuditAction.INVITATION_SENT,
        at=at,
        actor=actor,
        target=workspace_target(workspace),
        details={"invitation": invitation.public_id, "role": role.value},
        changes={"email": (None, email)},
    )
    return invitation


@transaction.atomic
def accept_invitation(*, token: str, user_id: uuid.UUID, actor: Actor, at: datetime) -> Membership:
    """Become a member by the link's token. The user's address must be the invited one.

    Who invited must still be active and entitled to: an invitation gives no more than they have.
    Refuses InvitationUnusable, with the same words whatever is wrong; AlreadyMember.
    """
    found = Invitation.objects.filter(token_digest=digest_of(token)).only("workspace_id").first()
    if found is None:
        raise InvitationUnusable
    workspace = lock_workspace(found.workspace_id)
    user = lock_user(user_id)
    invitation = Invitation.objects.select_related("invited_by").get(pk=found.pk)
    if not invitation.is_open(at) or not _is_backed(invitation) or invitation.email.lower() != user.email.lower():
        raise InvitationUnusable
    if Membership.objects.filter(workspace=workspace, user=user).exists():
        raise AlreadyMember
    move(invitation, moves=INVITATION_MOVES, target=InvitationStatus.ACCEPTED, at=at)
    invitation.accepted_by = user
    invitation.save(update_fields=["status", "status_changed_at", "accepted_by"])
    membership = add_member(workspace=workspace, user=user, role=MemberRole(invitation.role), at=at)
    audit_services.record(
        action=AuditAction.INVITATION_ACCEPTED,
        at=at,
        actor=actor,
        target=workspace_target(workspace),
        details={"invitation": invitation.public_id, "member": user.public_id, "role": invitation.role},
    )
    return membership


@transaction.atomic
def revoke_invitation(
    *, workspace_id: uuid.UUID, invitation_id: uuid.UUID, by_id: uuid.UUID, actor: Actor, at: datetime
) -> Invitation:
    """Take an invitation back. Refuses MemberRoleMissing, NotFound, InvalidTransition."""
    workspace = lock_workspace(workspace_id)
    require_manager(workspace, user_id=by_id)
    invitation = Invitation.objects.filter(workspace=workspace, pk=invitation_id).first()
    if invitation is None:
        raise NotFound
    return _revoke(invitation, actor=actor, at=at)


@transaction.atomic
def revoke_invitation_as_staff(
    *, invitation_id: uuid.UUID, actor: Actor, reason: str, at: datetime, ticket: str = ""
) -> Invitation:
    """Take an invitation back for a customer. Refuses NotFound, InvalidTransition, a missing reason."""
    found = Invitation.objects.filter(pk=invitation_id).only("workspace_id").first()
    if found is None:
        raise NotFound
    lock_workspace(found.workspace_id)
    invitation = Invitation.objects.get(pk=invitation_id)
    return _revoke(invitation, actor=actor, at=at, reason=refuse_without_reason(reason), ticket=ticket)


def _is_backed(invitation: Invitation) -> bool:
    """Whether who invited is active and still holds a role that may invite to this one."""
    entitled = {MemberRole.OWNER} if invitation.role == MemberRole.OWNER else MANAGING_ROLES
    held = Membership.objects.filter(
        workspace=invitation.workspace_id, user=invitation.invited_by_id, role__in=entitled
    )
    return invitation.invited_by.is_active and held.exists()


def _refuse_unfit(workspace: Workspace, *, email: str) -> None:
    if workspace.is_personal:
        raise PersonalWorkspace
    if Membership.objects.filter(workspace=workspace, user__email=email).exists():
        raise AlreadyMember
    if Invitation.objects.filter(workspace=workspace, status=InvitationStatus.PENDING).count() >= PENDING_LIMIT:
        raise TooMany(what="pending invitations", limit=PENDING_LIMIT)


def _replace_pending(workspace: Workspace, *, email: str, at: datetime) -> None:
    for old in Invitation.objects.filter(workspace=workspace, email=email, status=InvitationStatus.PENDING):
        target = InvitationStatus.REVOKED if old.is_open(at) else InvitationStatus.EXPIRED
        move(old, moves=INVITATION_MOVES, target=target, at=at)
        old.save(update_fields=["status", "status_changed_at"])


def _revoke(invitation: Invitation, *, actor: Actor, at: datetime, reason: str = "", ticket: str = "") -> Invitation:
    move(invitation, moves=INVITATION_MOVES, target=InvitationStatus.REVOKED, at=at)
    invitation.save(update_fields=["status", "status_changed_at"])
    audit_services.record(
        action=AuditAction.INVITATION_REVOKED,
        at=at,
        actor=actor,
        target=invitation_target(invitation),
        reason=reason,
        ticket=ticket,
    )
    return invitation
