"""Workspaces as their members see them."""

from __future__ import annotations

import uuid
from typing import Any

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import Exists, OuterRef, Q, QuerySet

from accounts.models import ApiKey, Invitation, Membership, Restriction, User, Workspace
from accounts.states import MemberRole
from core import clock
from core.errors import NotFound
from core.ids import from_public


def get_acting_workspace(*, user: User, public_id: str | None) -> Workspace:
    """The workspace ``user`` acts in: the one named, or their personal one. One query.

    Raises NotFound for one the user is no member of, exactly as for one that does not exist. The
    answer carries ``acting_role`` (a MemberRole value) and ``restricted`` (capabilities taken away).
    """
    where: dict[str, Any] = {"workspace__personal_owner": user}
    if public_id is not None:
        where = {"workspace_id": from_public(Workspace.id_prefix, public_id)}
    active = Restriction.objects.active(clock.now()).filter(workspace=OuterRef("workspace_id"))
    membership = (
        Membership.objects.filter(user=user, **where)
        .select_related("workspace")
        .annotate(restricted=ArraySubquery(active.order_by().values("capability")))
        .first()
    )
    if membership is None:
        raise NotFound
    workspace: Workspace = membership.workspace
    workspace.acting_role = membership.role  # type: ignore[attr-defined]
    workspace.restricted = membership.restricted  # type: ignore[attr-defined]
    return workspace


def get_workspace(workspace_id: uuid.UUID) -> Workspace:
    """The workspace with this id, for code that has decided already who may see it; NotFound else."""
    workspace = Workspace.objects.filter(pk=workspace_id).first()
    if workspace is None:
        raise NotFound
    return workspace


def get_personal_workspace(user_id: uuid.UUID) -> Workspace:
    """The user's own workspace; NotFound where the user does not exist."""
    workspace = Workspace.objects.filter(personal_owner=user_id).first()
    if workspace is None:
        raise NotFound
    return workspace


def list_workspaces(*, user: Any, key: Any = None) -> QuerySet[Workspace]:
    """The workspaces ``user`` belongs to, each with ``acting_role``; with an API key, the key's alone."""
    role = Membership.objects.filter(workspace=OuterRef("pk"), user=user).values("role")[:1]
    found = Workspace.objects.filter(memberships__user=user).annotate(acting_role=role)
    return found.filter(pk=key.workspace_id) if isinstance(key, ApiKey) else found


def list_members(*, workspace: Workspace) -> QuerySet[Membership]:
    """The members of ``workspace`` with their users."""
    return Membership.objects.filter(workspace=workspace).select_related("user")


def is_own_workspace(*, user_id: uuid.UUID, workspace_id: uuid.UUID) -> bool:
    """Whether it is this user's personal workspace, or a team they own or are a member of. One query."""
    theirs = Q(personal_owner=user_id) | Exists(Membership.objects.filter(workspace=OuterRef("pk"), user=user_id))
    return Workspace.objects.filter(theirs, pk=workspace_id).exists()


def list_invitations(*, workspace: Workspace) -> QuerySet[Invitation]:
    """The invitations into ``workspace``, whatever became of them."""
    return Invitation.objects.filter(workspace=workspace)


def list_teams_left_ownerless(*, user_id: uuid.UUID) -> QuerySet[Workspace]:
    """Workspaces with other members whose only owner is this user."""
    others = Membership.objects.filter(workspace=OuterRef("pk")).exclude(user=user_id)
    mine = Membership.objects.filter(workspace=OuterRef("pk"), user=user_id, role=MemberRole.OWNER)
    return Workspace.objects.filter(Exists(mine), Exists(others)).exclude(Exists(others.filter(role=MemberRole.OWNER)))
