"""Routes of this app's part of the product API, below /api/v1/."""

from django.urls import URLPattern, URLResolver, path, register_converter
from django.urls.converters import StringConverter

from accounts import api
from core.api.converters import register_public_id


class SessionIdConverter(StringConverter):
    """``ses_`` and the digest that names a session."""

    regex = "ses_[0-9a-f]{32}"


for prefix in ("wsp", "mem", "inv", "key"):
    register_public_id(prefix)
register_converter(SessionIdConverter, "ses")

app_name = "accounts"
urlpatterns: list[URLPattern | URLResolver] = [
    path("me/", api.MeView.as_view(), name="me"),
    path("me/sessions/", api.SessionsView.as_view(), name="sessions"),
    path("me/sessions/<ses:session_id>/", api.SessionView.as_view(), name="session"),
    path("me/access-log/", api.AccessLogView.as_view(), name="access-log"),
    path("me/email-change/", api.EmailChangeView.as_view(), name="email-change"),
    path("email-changes/confirm/", api.EmailChangeConfirmView.as_view(), name="email-change-confirm"),
    path("email-changes/cancel/", api.EmailChangeCancelView.as_view(), name="email-change-cancel"),
    path("workspaces/", api.WorkspacesView.as_view(), name="workspaces"),
    path("workspaces/<wsp:workspace_id>/", api.WorkspaceDetailView.as_view(), name="workspace"),
    path("workspaces/<wsp:workspace_id>/members/", api.MembersView.as_view(), name="members"),
    path("workspaces/<wsp:workspace_id>/members/<mem:membership_id>/", api.MemberView.as_view(), name="member"),
    path("workspaces/<wsp:workspace_id>/invitations/", api.InvitationsView.as_view(), name="invitations"),
    path(
        "workspaces/<wsp:workspace_id>/invitations/<inv:invitation_id>/",
        api.InvitationView.as_view(),
        name="invitation",
    ),
    path("invitations/accept/", api.AcceptInvitationView.as_view(), name="invitation-accept"),
    path("api-keys/", api.ApiKeysView.as_view(), name="api-keys"),
    path("api-keys/<key:key_id>/", api.ApiKeyView.as_view(), name="api-key"),
    path("api-keys/<key:key_id>/rotate/", api.ApiKeyRotationView.as_view(), name="api-key-rotation"),
]
