"""Teams, their members and invitations."""

from __future__ import annotations

import uuid
from typing import Any

from django.db.models import QuerySet
from drf_spectacular.utils import extend_schema
from rest_framework.generics import GenericAPIView
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts import selectors, services
from accounts.api_base import AddressedWorkspaceView, ScopedView
from accounts.errors import NothingToChange
from accounts.models import Invitation, Membership, Workspace
from accounts.scopes import Scope
from accounts.serializers import (
    InvitationIn,
    InvitationOut,
    MemberOut,
    RoleIn,
    TokenIn,
    WorkspaceIn,
    WorkspaceOut,
)
from accounts.states import MemberRole
from core import clock, context
from core.api.serializers import StrictSerializer

READ = {"GET": Scope.ACCOUNT_READ.value}


def _valid(serializer: type[StrictSerializer], request: Request) -> dict[str, Any]:
    given = serializer(data=request.data)
    given.is_valid(raise_exception=True)
    return dict(given.validated_data)


class WorkspacesView(ScopedView, GenericAPIView[Workspace]):
    """The workspaces I belong to."""

    required_scopes = READ
    serializer_class = WorkspaceOut
    queryset = Workspace.objects.none()

    def get_queryset(self) -> QuerySet[Workspace]:
        if getattr(self, "swagger_fake_view", False):
            return Workspace.objects.none()
        return selectors.list_workspaces(user=self.request.user, key=self.request.auth)

    @extend_schema(operation_id="workspaces_list")
    def get(self, request: Request) -> Response:
        """Newest first. An API key sees the one it was made in."""
        page = self.paginate_queryset(self.get_queryset())
        return self.get_paginated_response(WorkspaceOut(page, many=True).data)

    @extend_schema(operation_id="workspaces_create", request=WorkspaceIn, responses={201: WorkspaceOut})
    def post(self, request: Request) -> Response:
        """Open a team; the caller becomes its owner."""
        self.require_session()
        workspace: Any = services.create_workspace(
            owner_id=self.user.pk, actor=context.current().actor, at=clock.now(), **_valid(WorkspaceIn, request)
        )
        workspace.acting_role = MemberRole.OWNER
        return Response(WorkspaceOut(workspace).data, status=201)


class WorkspaceDetailView(AddressedWorkspaceView, APIView):
    """One workspace of mine."""

    required_scopes = READ

    @extend_schema(operation_id="workspaces_retrieve", responses=WorkspaceOut)
    def get(self, request: Request, workspace_id: uuid.UUID) -> Response:
        """The workspace and the caller's role in it."""
        return Response(WorkspaceOut(self.workspace).data)

    @extend_schema(operation_id="workspaces_update", request=WorkspaceIn, responses=WorkspaceOut)
    def patch(self, request: Request, workspace_id: uuid.UUID) -> Response:
        """Give it another name. For owners and admins."""
        self.require_session()
        workspace: Any = self.workspace
        try:
            changed: Any = services.rename_workspace(
                workspace_id=workspace.pk,
                by_id=self.user.pk,
                actor=context.current().actor,
                at=clock.now(),
                **_valid(WorkspaceIn, request),
            )
            changed.acting_role = workspace.acting_role
        except NothingToChange:
            changed = workspace
        return Response(WorkspaceOut(changed).data)


class MembersView(AddressedWorkspaceView, GenericAPIView[Membership]):
    """Who belongs to a workspace."""

    required_scopes = READ
    serializer_class = MemberOut
    queryset = Membership.objects.none()

    @extend_schema(operation_id="workspaces_members_list")
    def get(self, request: Request, workspace_id: uuid.UUID) -> Response:
        """Who joined last comes first."""
        page = self.paginate_queryset(selectors.list_members(workspace=self.workspace))
        return self.get_paginated_response(MemberOut(page, many=True).data)


class MemberView(AddressedWorkspaceView, APIView):
    """One member of a workspace."""

    @extend_schema(operation_id="workspaces_members_update", request=RoleIn, responses=MemberOut)
    def patch(self, request: Request, workspace_id: uuid.UUID, membership_id: uuid.UUID) -> Response:
        """Give the member another role. Admins cannot touch owners; the last owner stays one."""
        self.require_session()
        membership = services.change_member_role(
            workspace_id=self.workspace.pk,
            membership_id=membership_id,
            role=MemberRole(_valid(RoleIn, request)["role"]),
            by_id=self.user.pk,
            actor=context.current().actor,
            at=clock.now(),
        )
        return Response(MemberOut(membership).data)

    @extend_schema(operation_id="workspaces_members_remove", request=None, responses={204: None})
    def delete(self, request: Request, workspace_id: uuid.UUID, membership_id: uuid.UUID) -> Response:
        """Take the member out, or leave where it is the caller. API keys the member made here are revoked."""
        self.require_session()
        services.remove_member(
            workspace_id=self.workspace.pk,
            membership_id=membership_id,
            by_id=self.user.pk,
            actor=context.current().actor,
            at=clock.now(),
        )
        return Response(status=204)


class InvitationsView(AddressedWorkspaceView, GenericAPIView[Invitation]):
    """Who is asked into a workspace. For owners and admins."""

    serializer_class = InvitationOut
    queryset = Invitation.objects.none()

    @extend_schema(operation_id="workspaces_invitations_list")
    def get(self, request: Request, workspace_id: uuid.UUID) -> Response:
        """Newest first, whatever became of them."""
        self.require_session()
        self.require_manager()
        page = self.paginate_queryset(selectors.list_invitations(workspace=self.workspace))
        return self.get_paginated_response(InvitationOut(page, many=True).data)

    @extend_schema(operation_id="workspaces_invitations_create", request=InvitationIn, responses={201: InvitationOut})
    def post(self, request: Request, workspace_id: uuid.UUID) -> Response:
        """Write to somebody. A pending invitation of the same address stops working."""
        self.require_session()
        given = _valid(InvitationIn, request)
        invitation = services.invite_member(
            workspace_id=self.workspace.pk,
            email=given["email"],
            role=MemberRole(given["role"]),
            by_id=self.user.pk,
            actor=context.current().actor,
            at=clock.now(),
        )
        return Response(InvitationOut(invitation).data, status=201)


class InvitationView(AddressedWorkspaceView, APIView):
    """One invitation."""

    @extend_schema(operation_id="workspaces_invitations_revoke", request=None, responses=InvitationOut)
    def delete(self, request: Request, workspace_id: uuid.UUID, invitation_id: uuid.UUID) -> Response:
        """Take it back: its link stops working."""
        self.require_session()
        invitation = services.revoke_invitation(
            workspace_id=self.workspace.pk,
            invitation_id=invitation_id,
            by_id=self.user.pk,
            actor=context.current().actor,
            at=clock.now(),
        )
        return Response(InvitationOut(invitation).data)


class AcceptInvitationView(ScopedView, APIView):
    further_problems = ("410",)
    """Join by invitation."""

    @extend_schema(operation_id="invitations_accept", request=TokenIn, responses={201: MemberOut})
    def post(self, request: Request) -> Response:
        """Become a member with the key of the mail. It must have been sent to the caller's address."""
        self.require_session()
        membership = services.accept_invitation(
            token=_valid(TokenIn, request)["token"],
            user_id=self.user.pk,
            actor=context.current().actor,
            at=clock.now(),
        )
        return Response(MemberOut(membership).data, status=201)
