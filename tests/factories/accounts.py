"""People, teams and keys, made through the services so that every row is one the product could have written."""

from __future__ import annotations

import itertools
import uuid
from datetime import UTC, datetime
from typing import Any

import factory
from allauth.mfa.totp.internal.auth import TOTP, format_hotp_value, generate_totp_secret, hotp_value

from accounts import selectors, services
from accounts.models import Invitation, Membership, Restriction, User, Workspace
from accounts.roles import StaffRole
from accounts.services import NewKey
from accounts.states import Capability, MemberRole
from core.actors import Actor, ActorKind, system

A_MORNING = datetime(2026, 3, 2, 9, 30, tzinfo=UTC)
PASSWORD = "rusty-violin-quarterly-71"
SUPPORT = Actor(ActorKind.STAFF, "usr_00000000000000000000000000", "A colleague")
_numbers = itertools.count(1)


class UserFactory(factory.Factory[User]):
    """A customer with a confirmed address and PASSWORD; ``role=`` makes a member of staff."""

    class Meta:
        model = User

    email = factory.LazyAttribute(lambda _: f"person-{next(_numbers)}-{uuid.uuid4().hex[:6]}@example.com")
    name = "Some Person"
    password: str | None = PASSWORD
    at = A_MORNING
    is_email_verified = True
    role: StaffRole | None = None

    @classmethod
    def _create(cls, _model_class: Any, *_args: Any, role: StaffRole | None = None, **kwargs: Any) -> User:
        user = services.sign_up(**kwargs)
        if role:
            give_role(user, role, at=kwargs["at"])
            user.refresh_from_db()
        return user


class WorkspaceFactory(factory.Factory[Workspace]):
    """A team; ``owner`` is made where none is given."""

    class Meta:
        model = Workspace

    name = "Some Team"
    owner = factory.SubFactory(UserFactory)
    at = A_MORNING

    @classmethod
    def _create(cls, _model_class: Any, *_args: Any, **kwargs: Any) -> Workspace:
        owner, at = kwargs["owner"], kwargs["at"]
        return services.create_workspace(owner_id=owner.pk, name=kwargs["name"], actor=actor(owner), at=at)


class ApiKeyFactory(factory.Factory[NewKey]):
    """A key and its secret, for ``by`` in ``workspace`` (their personal one where not given)."""

    class Meta:
        model = NewKey

    by = factory.SubFactory(UserFactory)
    workspace: Workspace | None = None
    name = "Some key"
    scopes = ("account:read",)
    at = A_MORNING

    @classmethod
    def _create(cls, _model_class: Any, *_args: Any, **kwargs: Any) -> NewKey:
        by: User = kwargs.pop("by")
        workspace = kwargs.pop("workspace") or personal(by)
        return services.create_api_key(workspace_id=workspace.pk, by_id=by.pk, actor=actor(by), **kwargs)


def actor(user: User) -> Actor:
    """The user as the trail names them."""
    return selectors.actor_of(user)


def personal(user: User) -> Workspace:
    """The user's own workspace."""
    return selectors.get_personal_workspace(user.pk)


def give_role(user: User, role: StaffRole, *, at: datetime = A_MORNING) -> User:
    """Make ``user`` staff."""
    return services.assign_staff_role(user_id=user.pk, role=role, actor=system("tests"), reason="Cast", at=at)


def join(workspace: Workspace, user: User, *, role: MemberRole = MemberRole.MEMBER) -> Membership:
    """Make ``user`` a member by invitation and acceptance."""
    owner = Membership.objects.select_related("user").filter(workspace=workspace, role=MemberRole.OWNER).first()
    assert owner
    _invitation, token = invite(workspace, user.email, by=owner.user, role=role)
    return services.accept_invitation(token=token, user_id=user.pk, actor=actor(user), at=A_MORNING)


def invite(
    workspace: Workspace, email: str, *, by: User, role: MemberRole = MemberRole.MEMBER, at: datetime = A_MORNING
) -> tuple[Invitation, str]:
    """An invitation and the token of its mail."""
    invitation = services.invite_member(
        workspace_id=workspace.pk, email=email, role=role, by_id=by.pk, actor=actor(by), at=at
    )
    return invitation, key_in_mail("accounts.invitation", email)


def restrict(
    user: User,
    capability: Capability,
    *,
    ends_at: datetime | None = None,
    at: datetime = A_MORNING,
    by: Actor = SUPPORT,
) -> Restriction:
    """Take ``capability`` from ``user``."""
    return services.restrict_user(
        user_id=user.pk, capability=capability, actor=by, reason="Seen abuse", at=at, ends_at=ends_at
    )


def key_in_mail(template: str, recipient: str) -> str:
    """The key in the link of the last mail of this kind to ``recipient``."""
    from urllib.parse import unquote

    from outbox.models import Message

    message = Message.objects.filter(template=template, recipient=recipient).order_by("-created_at", "-id").first()
    assert message, f"no mail {template} to {recipient}"
    return unquote(str(message.values["url"]).rpartition("/")[2])


def mails(recipient: str) -> list[str]:
    """The kinds of mail written to ``recipient``, oldest first."""
    from outbox.models import Message

    return list(
        Message.objects.filter(recipient=recipient).order_by("created_at", "id").values_list("template", flat=True)
    )


class Authenticator:
    """Somebody's authenticator app."""

    def __init__(self, user: User) -> None:
        self.secret = generate_totp_secret()
        TOTP.activate(user, self.secret)

    def code(self, *, at: datetime) -> str:
        """What the app shows at ``at``."""
        return code_for(self.secret, at=at)


def code_for(secret: str, *, at: datetime) -> str:
    """What an app with ``secret`` shows at ``at``."""
    return format_hotp_value(hotp_value(secret, int(at.timestamp()) // 30))
