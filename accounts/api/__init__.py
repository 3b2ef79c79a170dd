"""The product API of this app. One file a noun."""

from accounts.api._keys import ApiKeyRotationView, ApiKeysView, ApiKeyView
from accounts.api._me import (
    AccessLogView,
    EmailChangeCancelView,
    EmailChangeConfirmView,
    EmailChangeView,
    MeView,
    SessionsView,
    SessionView,
)
from accounts.api._workspaces import (
    AcceptInvitationView,
    InvitationsView,
    InvitationView,
    MembersView,
    MemberView,
    WorkspaceDetailView,
    WorkspacesView,
)

__all__ = [
    "AcceptInvitationView",
    "AccessLogView",
    "ApiKeyRotationView",
    "ApiKeyView",
    "ApiKeysView",
    "EmailChangeCancelView",
    "EmailChangeConfirmView",
    "EmailChangeView",
    "InvitationView",
    "InvitationsView",
    "MeView",
    "MemberView",
    "MembersView",
    "SessionView",
    "SessionsView",
    "WorkspaceDetailView",
    "WorkspacesView",
]
