"""A new person."""

from __future__ import annotations

from datetime import datetime

from allauth.account.models import EmailAddress
from django.conf import settings
from django.db import IntegrityError, transaction
from django.utils.translation import gettext, override

from accounts import selectors
from accounts.actions import AuditAction
from accounts.errors import EmailTaken
from accounts.events import UserSignedUp
from accounts.models import Membership, User, Workspace
from accounts.services._base import user_target
from accounts.states import MemberRole
from accounts.values import clean_email, clean_locale, clean_name, clean_time_zone
from audit import services as audit_services
from core import events
from core.actors import Actor


def sign_up(
    *,
    email: str,
    password: str | None,
    at: datetime,
    name: str = "",
    locale: str = "",
    time_zone: str = "",
    is_email_verified: bool = False,
    lists_address: bool = True,
    actor: Actor | None = None,
) -> User:
    """Create a user with a personal workspace, in one transaction.

    Without a password nobody can log in until one is set by reset. ``is_email_verified`` is for
    those who proved the address otherwise; ``lists_address`` is off for a caller that lists the address
    with the library itself, in the same transaction. The actor is the new user where none is given. Refuses
    EmailTaken, and InvalidInput for values that cannot be used. The password is checked by the edge.
    """
    user = User(
        email=clean_email(email),
        name=clean_name(name),
        locale=clean_locale(locale or settings.LANGUAGE_CODE),
        time_zone=clean_time_zone(time_zone or "UTC"),
        status_changed_at=at,
        created_at=at,
    )
    user.set_password(password)
    with transaction.atomic():
        _insert(user)
        workspace = Workspace.objects.create(name=_workspace_name(user), personal_owner=user, created_at=at)
        Membership.objects.create(workspace=workspace, user=user, role=MemberRole.OWNER, created_at=at)
        if lists_address:
            EmailAddress.objects.create(user=user, email=user.email, primary=True, verified=is_email_verified)
        audit_services.record(
            action=AuditAction.USER_SIGNED_UP,
            at=at,
            actor=actor or selectors.customer_actor(user),
            target=user_target(user),
            details={"workspace": workspace.public_id},
        )
        events.publish(UserSignedUp(user_id=user.public_id, workspace_id=workspace.public_id, at=at))
    return user


def _insert(user: User) -> None:
    try:
        with transaction.atomic():
            user.save(force_insert=True)
    except IntegrityError as error:
        if User.objects.filter(email=user.email).exists():
            raise EmailTaken from error
        raise


def _workspace_name(user: User) -> str:
    with override(user.locale):
        return gettext("Workspace of %(name)s") % {"name": user.name} if user.name else gettext("Personal workspace")
