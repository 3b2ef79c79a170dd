"""What the console's login page remembers between its steps, and how it checks a second factor."""

from __future__ import annotations

import base64
import uuid
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from allauth.account.internal.flows.login import record_authentication
from allauth.mfa import signals as mfa_signals
from allauth.mfa.adapter import get_adapter as get_mfa_adapter
from allauth.mfa.base.forms import AuthenticateForm
from allauth.mfa.base.internal.flows import check_rate_limit, post_authentication
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import SECRET_SESSION_KEY, generate_totp_secret, validate_totp_code
from django.conf import settings
from django.contrib.sessions.backends.base import SessionBase
from django.http import HttpRequest
from django.utils.crypto import constant_time_compare

from accounts import passkeys, selectors
from accounts.backends import AccountBackend, roles_of
from accounts.errors import PasskeyRefused
from accounts.forms import CodeForm
from accounts.models import User

PENDING = "ballast_console_login"
TIME_LIMIT = timedelta(minutes=10)


class Step(StrEnum):
    PASSWORD = "password"  # noqa: S105  the name of a step
    CODE = "code"
    ENROLL = "enroll"
    RECOVERY = "recovery"
    RESTART = "restart"


def remember(session: SessionBase, *, user: User, at: datetime) -> None:
    """The password was right; the second factor is still to come."""
    session[PENDING] = {"user": str(user.pk), "at": at.timestamp(), "proof": user.get_session_auth_hash()}


def forget(session: SessionBase) -> None:
    """Back to the first step."""
    session.pop(PENDING, None)
    session.pop(SECRET_SESSION_KEY, None)


def pending_user(session: SessionBase, *, at: datetime) -> User | None:
    """Who gave the right password here a moment ago and may still enter, or None.

    A password changed meanwhile, a suspension or a lost role ends it.
    """
    noted: Any = session.get(PENDING)
    if not isinstance(noted, dict) or at.timestamp() - noted["at"] > TIME_LIMIT.total_seconds():
        return None
    user = AccountBackend().get_user(uuid.UUID(noted["user"]))
    if user is None or not roles_of(user):
        return None
    return user if constant_time_compare(noted["proof"], user.get_session_auth_hash()) else None


def step_for(user: User) -> Step:
    """What somebody has to do after the password."""
    return Step.CODE if has_factor(user) else Step.ENROLL


def has_factor(user: User) -> bool:
    """Whether the account has a second factor of any kind; adding one must not go around another."""
    return bool(selectors.list_factors(user_id=user.pk).exists())


def kinds_of(user: User) -> frozenset[str]:
    """The kinds of second factor the account can show: ``totp``, ``webauthn``."""
    return frozenset(selectors.list_factors(user_id=user.pk).values_list("type", flat=True))


def is_factor_needed(user: User) -> bool:
    """Whether the password alone is not enough. Who has a second factor is always asked for it."""
    return bool(settings.STAFF_MFA_REQUIRED or has_factor(user))


def check_code(request: HttpRequest, *, user: User, form: CodeForm) -> str:
    """The kind of second factor whose code was given; empty, with an error on the form, where none fits.

    The library's own form does it: a code counts once, wrong ones are limited and announced.
    """
    inner = AuthenticateForm({"code": form.cleaned_data["code"]}, user=user)
    if not inner.is_valid():
        for message in inner.errors.get("code", []):
            form.add_error("code", message)
        return ""
    inner.save()
    record_authentication(request, user, "password", email=user.email)
    return str(inner.authenticator.type)


def check_passkey(request: HttpRequest, *, user: User, credential: str) -> str:
    """The kind of second factor that was shown: a passkey. Raises PasskeyRefused, which counts as a wrong code does.

    The library limits tries by account and remembers the use.
    """
    try:
        with passkeys.refusing():
            clear_limit = check_rate_limit(user)
        factor = passkeys.check_known(user=user, credential=credential)
    except PasskeyRefused:
        mfa_signals.authentication_failed.send(
            sender=Authenticator, request=request, user=user, authenticator=None, reauthentication=False
        )
        raise
    clear_limit()
    post_authentication(request, factor)
    record_authentication(request, user, "password", email=user.email)
    return str(factor.type)


def enrollment_secret(session: SessionBase) -> str:
    """The secret of the authenticator app that is being added, the same until the login ends."""
    if SECRET_SESSION_KEY not in session:
        session[SECRET_SESSION_KEY] = generate_totp_secret()
    return str(session[SECRET_SESSION_KEY])


def is_code_of(secret: str, code: str) -> bool:
    """Whether ``code`` is what an app with ``secret`` shows now."""
    return bool(validate_totp_code(secret, code.strip().replace(" ", "")))


def enrollment(session: SessionBase, *, user: User) -> dict[str, str]:
    """What a page needs to add an app (``secret`` and its picture) or a passkey (``new_passkey``)."""
    secret = enrollment_secret(session)
    adapter = get_mfa_adapter()
    svg: str = adapter.build_totp_svg(adapter.build_totp_url(user, secret))
    picture = base64.b64encode(svg.encode()).decode()
    return {"secret": secret, "qr": picture, "new_passkey": passkeys.ask_for_new(user)}


def question(user: User) -> dict[str, Any]:
    """What the page that asks for a second factor needs: the kinds there are, and what a passkey is asked."""
    kinds = kinds_of(user)
    return {"kinds": kinds, "passkey": passkeys.ask_for_known(user) if "webauthn" in kinds else ""}
