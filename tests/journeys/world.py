"""A customer with credentials and belongings, and a stranger with the same: what API-wide tests act on."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from django.test import Client

from accounts import services as accounts_services
from accounts.models import User, Workspace
from accounts.scopes import Scope
from accounts.states import MemberRole
from core import clock
from tests.factories.accounts import PASSWORD, ApiKeyFactory, UserFactory, WorkspaceFactory, actor, invite, join
from tests.factories.credits import grant, hold

JSON = "application/json"


@dataclass
class Customer:
    """Somebody with a team, and the ids of what is theirs by the prefix of the id."""

    user: User
    workspace: Workspace
    token: str
    secret: str
    ids: dict[str, str] = field(default_factory=dict)

    @property
    def headers(self) -> dict[str, str]:
        """How their app calls the API."""
        return {"X-Session-Token": self.token, "X-Workspace": self.workspace.public_id}


def log_in(email: str, client: Any = None) -> str:
    """A session token, from the login every app uses."""
    answer = (client or Client()).post(
        "/_allauth/app/v1/auth/login", {"email": email, "password": PASSWORD}, content_type=JSON
    )
    assert answer.status_code == 200, answer.content
    return str(answer.json()["meta"]["session_token"])


def make_customer(email: str, *, scopes: tuple[str, ...] = tuple(Scope.values)) -> Customer:
    """A customer who owns a team with a member, an invitation, a key, credits and a hold."""
    now = clock.now()
    user = UserFactory(email=email, at=now)
    workspace = WorkspaceFactory(owner=user, at=now)
    member = join(workspace, UserFactory(email=f"member-of-{email}", at=now), role=MemberRole.MEMBER)
    invitation, _token = invite(workspace, f"invited-by-{email}", by=user, at=now)
    made = ApiKeyFactory(by=user, workspace=workspace, scopes=scopes, at=now)
    receipt = grant(workspace.pk, 1_000_000, at=now)
    placed = hold(workspace.pk, 1_000, at=now, expires_in=timedelta(hours=1))
    customer = Customer(user, workspace, log_in(email), made.secret)
    sessions = Client().get("/api/v1/me/sessions/", headers=customer.headers)
    customer.ids = {
        "usr": user.public_id,
        "wsp": workspace.public_id,
        "mem": member.public_id,
        "inv": invitation.public_id,
        "key": made.key.public_id,
        "hld": placed.public_id,
        "led": str(getattr(receipt.entry, "public_id", "")) if hasattr(receipt, "entry") else "",
        "ses": sessions.json()["results"][0]["id"] if sessions.status_code == 200 else "",
    }
    return customer


def revoked_secret(customer: Customer) -> str:
    """The secret of a key of theirs that was revoked."""
    now = clock.now()
    made = ApiKeyFactory(by=customer.user, workspace=customer.workspace, scopes=tuple(Scope.values), at=now)
    accounts_services.revoke_api_key(
        workspace_id=customer.workspace.pk,
        key_id=made.key.pk,
        by_id=customer.user.pk,
        actor=actor(customer.user),
        at=now,
    )
    return made.secret
