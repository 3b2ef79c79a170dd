"""What the commands of this app share: locking, naming targets, the first refusals."""

from __future__ import annotations

import uuid

from accounts import roles, selectors
from accounts.errors import OwnAccount, StaffTarget
from accounts.models import ApiKey, Invitation, User, Workspace
from accounts.permissions import Permission
from core.actors import Actor, ActorKind, Target
from core.errors import FieldError, InvalidInput, NotFound
from core.ids import from_public

REASON_LIMIT = 2000


def lock_user(user_id: uuid.UUID) -> User:
    """The user, locked until the transaction ends; NotFound where there is none."""
    user = User.objects.select_for_update().filter(pk=user_id).first()
    if user is None:
        raise NotFound
    return user


def lock_workspace(workspace_id: uuid.UUID) -> Workspace:
    """The workspace, locked until the transaction ends. Its members and invitations change under this lock."""
    workspace = Workspace.objects.select_for_update().filter(pk=workspace_id).first()
    if workspace is None:
        raise NotFound
    return workspace


def user_target(user: User) -> Target:
    """A user as the trail names them."""
    return Target("accounts.user", user.public_id, user.name or user.public_id)


def workspace_target(workspace: Workspace) -> Target:
    """A workspace as the trail names it."""
    return Target("accounts.workspace", workspace.public_id, workspace.name)


def invitation_target(invitation: Invitation) -> Target:
    """An invitation as the trail names it: without the address."""
    return Target("accounts.invitation", invitation.public_id)


def key_target(key: ApiKey) -> Target:
    """An API key as the trail names it."""
    return Target("accounts.api_key", key.public_id, key.name)


def refuse_without_reason(reason: str) -> str:
    """The reason, stripped. InvalidInput where it says nothing, or more than anybody would read."""
    stripped = reason.strip()
    if not stripped:
        raise InvalidInput(FieldError("reason", "required", "Say why."))
    if len(stripped) > REASON_LIMIT:
        raise InvalidInput(FieldError("reason", "too_long", f"At most {REASON_LIMIT} characters."))
    return stripped


def refuse_unfit_staff(*, actor: Actor, user: User) -> None:
    """Staff act neither on themselves nor, without the permission for it, on colleagues."""
    if actor.kind is not ActorKind.STAFF:
        return
    if actor.id == user.public_id:
        raise OwnAccount
    if user.is_staff and not roles.is_allowed(roles_of_actor(actor), Permission.MANAGE_STAFF):
        raise StaffTarget(permission=Permission.MANAGE_STAFF.value)


def refuse_own_workspace(*, actor: Actor, workspace_id: uuid.UUID) -> None:
    """Staff help themselves to nothing: OwnAccount where the workspace is theirs or one they belong to."""
    user_id = from_public(User.id_prefix, actor.id) if actor.kind is ActorKind.STAFF else None
    if user_id and selectors.is_own_workspace(user_id=user_id, workspace_id=workspace_id):
        raise OwnAccount


def roles_of_actor(actor: Actor) -> frozenset[str]:
    """The staff roles of an actor as they are now; none for customers, keys and the system."""
    user_id = from_public(User.id_prefix, actor.id) if actor.kind is ActorKind.STAFF else None
    return selectors.list_roles(user_id=user_id) if user_id else frozenset()
