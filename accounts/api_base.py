"""What API views of every app stand on: the acting workspace, and what keys and members may do."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any, ClassVar

from django.utils.functional import cached_property
from rest_framework.exceptions import MethodNotAllowed
from rest_framework.request import Request

from accounts import selectors
from accounts.authentication import SessionCredential, refuse_read_only
from accounts.errors import LiveKeyRequired, MemberRoleMissing, ReauthenticationRequired, ScopeMissing
from accounts.models import ApiKey, User, Workspace
from accounts.sessions import authenticated_at
from accounts.states import MANAGING_ROLES, KeyMode, MemberRole
from core import clock
from core.errors import NotFound
from core.ids import to_public
from flags.throttles import count_workspace

STEP_UP_WITHIN = timedelta(minutes=15)


class ScopedView:
    """Names the scope an API key needs for each method; a method without one is not for keys.

    ``open_to_read_only`` keeps unsafe methods open to read-only accounts (logging out, appealing).
    """

    required_scopes: ClassVar[Mapping[str, str]] = {}
    open_to_read_only: ClassVar[bool] = False
    request: Any

    @property
    def user(self) -> User:
        """Who asks; for an API key, its maker."""
        user = self.request.user
        assert isinstance(user, User)
        return user

    def require_session(self) -> SessionCredential:
        """The session of the caller; ScopeMissing for an API key, which no scope lets do this."""
        if not isinstance(self.request.auth, SessionCredential):
            raise ScopeMissing(scope="")
        return self.request.auth

    def require_live_key(self) -> None:
        """Refuse LiveKeyRequired to test keys (``bk_test_…``): with them nothing real may happen. Sessions pass."""
        key = self.request.auth
        if isinstance(key, ApiKey) and key.mode == KeyMode.TEST:
            raise LiveKeyRequired

    def require_recent_login(self) -> SessionCredential:
        """The session, where its person proved who they are in the last minutes; else ReauthenticationRequired.

        ``POST /_allauth/<client>/v1/auth/reauthenticate`` or ``…/2fa/reauthenticate`` renews the proof.
        """
        credential = self.require_session()
        proved = authenticated_at(credential.session)
        if proved is None or clock.now() - proved > STEP_UP_WITHIN:
            raise ReauthenticationRequired
        return credential


class WorkspaceView(ScopedView):
    """Gives ``self.workspace``: the one ``X-Workspace`` names, the key's, or the personal one.

    A workspace the caller does not belong to is NotFound, exactly as one that does not exist. The
    workspace carries ``acting_role`` and ``restricted``. Use it left of DRF's view class.
    """

    acts_in_workspace: ClassVar[bool] = True
    kwargs: dict[str, Any]

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        """After authentication, permissions and the caller's own limits: count the call against the workspace."""
        super().initial(request, *args, **kwargs)  # type: ignore[misc]
        if request.method not in self.allowed_methods:  # type: ignore[attr-defined]
            raise MethodNotAllowed(str(request.method))
        count_workspace(request, self.workspace.pk)
        refuse_read_only(request, taken=self.workspace.restricted)  # type: ignore[attr-defined]

    @cached_property
    def workspace(self) -> Workspace:
        """The acting workspace. One query for a session, none for a key."""
        named = self.named_workspace()
        key = self.request.auth
        if not isinstance(key, ApiKey):
            return selectors.get_acting_workspace(user=self.user, public_id=named)
        workspace = key.workspace
        if named not in (None, workspace.public_id):
            raise NotFound
        workspace.acting_role = key.maker_role  # type: ignore[attr-defined]
        workspace.restricted = key.workspace_restricted  # type: ignore[attr-defined]
        return workspace

    def named_workspace(self) -> str | None:
        """Which workspace the caller asks for, if any."""
        named: str | None = self.request.headers.get("X-Workspace")
        return named

    def require_manager(self) -> None:
        """Refuse MemberRoleMissing to plain members."""
        if self.workspace.acting_role not in MANAGING_ROLES:  # type: ignore[attr-defined]
            raise MemberRoleMissing(needed=MemberRole.ADMIN.value)


class AddressedWorkspaceView(WorkspaceView):
    """For addresses that name the workspace themselves: ``workspaces/<wsp:workspace_id>/…``."""

    acts_in_workspace = False

    def named_workspace(self) -> str | None:
        return to_public(Workspace.id_prefix, self.kwargs["workspace_id"])
