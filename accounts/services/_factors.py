"""What guards an account: a proved address, the password, the second factor."""

from __future__ import annotations

from datetime import datetime

from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from allauth.mfa.totp.internal.auth import TOTP
from django.db import transaction
from django.utils.translation import gettext, override

from accounts import selectors
from accounts.actions import AuditAction
from accounts.models import User
from accounts.services._base import user_target
from accounts.services._logins import trust_network
from accounts.services._mail import frontend_url, send_security_notice, send_to
from accounts.services._sessions import drop_sessions
from audit import services as audit_services


@transaction.atomic
def record_email_verified(*, user: User, at: datetime) -> None:
    """The user proved the address, and is welcome."""
    send_to(user=user, template="accounts.welcome", values={"url": frontend_url("home")}, at=at)
    _record(user, AuditAction.EMAIL_VERIFIED, at=at)


@transaction.atomic
def change_password(*, user: User, password: str, keep: str, at: datetime) -> None:
    """The user, logged in, chose another password. Every session but the one with the key ``keep`` ends."""
    user.set_password(password)
    user.save(update_fields=["password"])
    ended = drop_sessions(user=user, keep=keep)
    _record(user, AuditAction.PASSWORD_CHANGED, at=at, sessions_ended=ended)


@transaction.atomic
def reset_password(*, user: User, password: str, network: str | None, at: datetime) -> None:
    """The user chose a password by a mailed link. Every session ends; the second factor stays asked for.

    Who reads the mailbox is no stranger: the network counts as known from now on, so that nobody's
    guessing keeps its owner out.
    """
    user.set_password(password)
    user.save(update_fields=["password"])
    ended = drop_sessions(user=user)
    trust_network(user=user, network=network, at=at)
    _record(user, AuditAction.PASSWORD_RESET, at=at, sessions_ended=ended)


@transaction.atomic
def enroll_authenticator(*, user: User, secret: str, at: datetime) -> list[str]:
    """Add the first authenticator app of a staff member at the console's door; returns the recovery codes.

    Whether a code made from ``secret`` was shown is the caller's to check.
    """
    TOTP.activate(user, secret)
    codes = RecoveryCodes.activate(user)
    with override(user.locale):
        event = gettext("An authenticator app was added to your account.")
    send_security_notice(user=user, event=event, at=at)
    _record(user, AuditAction.FACTOR_ADDED, at=at, kind="totp")
    return list(codes.get_unused_codes())


@transaction.atomic
def record_factor(*, user: User, action: AuditAction, kind: str, at: datetime) -> None:
    """A second factor was added, removed or renewed. ``kind`` is ``totp``, ``webauthn`` or ``recovery_codes``."""
    _record(user, action, at=at, kind=kind)


def _record(user: User, /, action: AuditAction, *, at: datetime, **details: object) -> None:
    audit_services.record(
        action=action, at=at, actor=selectors.actor_of(user), target=user_target(user), details=details or None
    )
