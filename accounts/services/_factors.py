"""What guards an account: a proved address, the password, the second factor."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Any

from allauth.mfa.models import Authenticator
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from allauth.mfa.totp.internal.auth import TOTP
from allauth.mfa.webauthn.internal.auth import WebAuthn
from django.contrib.auth.hashers import get_hasher, identify_hasher, make_password
from django.db import transaction
from django.utils.translation import gettext, override

from accounts import selectors
from accounts.actions import AuditAction
from accounts.errors import LastFactor, NothingToChange, TooMany
from accounts.models import User
from accounts.services._base import lock_user, user_target
from accounts.services._email_changes import drop_email_change
from accounts.services._logins import trust_network
from accounts.services._mail import frontend_url, send_security_notice, send_to
from accounts.services._sessions import drop_sessions
from accounts.values import clean_name
from audit import services as audit_services
from core.actors import system
from core.errors import NotFound

PASSKEY_LIMIT = 10


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

    An open change of address is canceled: who takes an account back by its mailbox must not lose the
    mailbox to whoever asked for the change. Who reads it is no stranger: the network counts as known
    from now on, so that nobody's guessing keeps its owner out.
    """
    user.set_password(password)
    user.save(update_fields=["password"])
    ended = drop_sessions(user=user)
    canceled = drop_email_change(user=user, at=at)
    trust_network(user=user, network=network, at=at)
    _record(user, AuditAction.PASSWORD_RESET, at=at, sessions_ended=ended, email_change_canceled=canceled)


@transaction.atomic
def add_authenticator_app(*, user_id: uuid.UUID, secret: str, at: datetime) -> list[str]:
    """Add an authenticator app to a staff account; returns the recovery codes where these are the first.

    Whether a code made from ``secret`` was shown is the caller's to check. NothingToChange where there is an app.
    """
    user = lock_user(user_id)
    if Authenticator.objects.filter(user_id=user.pk, type=Authenticator.Type.TOTP).exists():
        raise NothingToChange
    TOTP.activate(user, secret)
    with override(user.locale):
        event = gettext("An authenticator app was added to your account.")
    return _added(user, Authenticator.Type.TOTP, event=event, at=at)


@transaction.atomic
def add_passkey(*, user_id: uuid.UUID, name: str, credential: dict[str, Any], at: datetime) -> list[str]:
    """Add a passkey to a staff account; returns the recovery codes where these are the first.

    That ``credential`` was made for this account is the caller's to check. TooMany where there are ten.
    """
    user = lock_user(user_id)
    held = Authenticator.objects.filter(user_id=user.pk, type=Authenticator.Type.WEBAUTHN).count()
    if held >= PASSKEY_LIMIT:
        raise TooMany(what="passkeys", limit=PASSKEY_LIMIT)
    with override(user.locale):
        given = clean_name(name) or gettext("Passkey %(number)d") % {"number": held + 1}
        event = gettext("A passkey or security key was added to your account.")
    WebAuthn.add(user, given, credential)
    return _added(user, Authenticator.Type.WEBAUTHN, event=event, at=at)


@transaction.atomic
def remove_factor(*, user_id: uuid.UUID, factor_id: int, at: datetime) -> None:
    """Remove a staff member's own app or passkey. NotFound where it is none of theirs; LastFactor."""
    user = lock_user(user_id)
    factors = {factor.pk: factor for factor in selectors.list_factors(user_id=user.pk)}
    factor = factors.get(factor_id)
    if factor is None:
        raise NotFound
    if len(factors) == 1:
        raise LastFactor
    with override(user.locale):
        event = (
            gettext("The authenticator app was removed from your account.")
            if factor.type == Authenticator.Type.TOTP
            else gettext("A passkey or security key was removed from your account.")
        )
    kind = factor.type
    factor.delete()
    send_security_notice(user=user, event=event, at=at)
    _record(user, AuditAction.FACTOR_REMOVED, at=at, kind=kind)


@transaction.atomic
def renew_recovery_codes(*, user_id: uuid.UUID, at: datetime) -> list[str]:
    """Make the recovery codes of a staff account anew; the old ones are void. NotFound without a second factor."""
    user = lock_user(user_id)
    if not selectors.list_factors(user_id=user.pk).exists():
        raise NotFound
    Authenticator.objects.filter(user_id=user.pk, type=Authenticator.Type.RECOVERY_CODES).delete()
    codes = RecoveryCodes.activate(user).get_unused_codes()
    with override(user.locale):
        event = gettext("New recovery codes were made for your account.")
    send_security_notice(user=user, event=event, at=at)
    _record(user, AuditAction.FACTOR_RENEWED, at=at, kind=Authenticator.Type.RECOVERY_CODES.value)
    return list(codes)


def _added(user: User, /, kind: str, *, event: str, at: datetime) -> list[str]:
    has_codes = Authenticator.objects.filter(user_id=user.pk, type=Authenticator.Type.RECOVERY_CODES).exists()
    codes = [] if has_codes else RecoveryCodes.activate(user).get_unused_codes()
    send_security_notice(user=user, event=event, at=at)
    _record(user, AuditAction.FACTOR_ADDED, at=at, kind=str(kind))
    return list(codes)


@transaction.atomic
def renew_password_hash(*, user: User, password: str, at: datetime) -> bool:
    """Store the right ``password`` of ``user`` by the hasher of today, where an older one was used; whether it was.

    Sessions go on: the password is the same.
    """
    preferred = get_hasher()
    if identify_hasher(user.password).algorithm == preferred.algorithm and not preferred.must_update(user.password):
        return False
    renewed = make_password(password)
    if not User.objects.filter(pk=user.pk, password=user.password).update(password=renewed):
        return False  # somebody changed it at this moment
    user.password = renewed
    audit_services.record(
        action=AuditAction.PASSWORD_REHASHED, at=at, actor=system("accounts.logins"), target=user_target(user)
    )
    return True


@contextmanager
def recording_factors(*, user_id: uuid.UUID, at: datetime) -> Iterator[None]:
    """Run what the library does to the second factors of a user in one transaction with the entry of it.

    Recovery codes that come or go with the first or last factor are part of that change.
    """
    with transaction.atomic():
        user = lock_user(user_id)
        before = _factors_of(user)
        yield
        _record_difference(user, before, _factors_of(user), at=at)


def _factors_of(user: User) -> dict[int, str]:
    return dict(Authenticator.objects.filter(user_id=user.pk).values_list("pk", "type"))


def _record_difference(user: User, before: dict[int, str], after: dict[int, str], *, at: datetime) -> None:
    codes = Authenticator.Type.RECOVERY_CODES.value
    added = sorted(kind for pk, kind in after.items() if pk not in before and kind != codes)
    removed = sorted(kind for pk, kind in before.items() if pk not in after and kind != codes)
    if added:
        _record(user, AuditAction.FACTOR_ADDED, at=at, kind=", ".join(added))
    elif removed:
        _record(user, AuditAction.FACTOR_REMOVED, at=at, kind=", ".join(removed))
    elif before.keys() != after.keys():
        _record(user, AuditAction.FACTOR_RENEWED, at=at, kind=codes)


def _record(user: User, /, action: AuditAction, *, at: datetime, **details: object) -> None:
    audit_services.record(
        action=action, at=at, actor=selectors.actor_of(user), target=user_target(user), details=details or None
    )
