"""What libraries tell us, handed to one service each. Connected in ``ready()``."""

from __future__ import annotations

from typing import Any

from allauth.core.internal.httpkit import is_headless_request
from allauth.mfa import app_settings as mfa_settings
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import format_hotp_value, hotp_value, yield_hotp_counters_from_time
from allauth.mfa.utils import decrypt
from django.contrib.auth.signals import user_login_failed
from django.core.cache import cache
from django.http import HttpRequest

from accounts import services
from accounts.devices import account_digest
from accounts.models import User
from core import clock, context


def ensure_staff_groups(**_kwargs: Any) -> None:
    """After every migration each staff role has its group."""
    services.ensure_staff_groups()


def on_login(*, request: HttpRequest, user: User, **_kwargs: Any) -> None:
    """A login succeeded, by whichever way."""
    here = context.current()
    services.record_login(
        user=user, session=request.session, address=here.client_ip, user_agent=here.user_agent, at=clock.now()
    )
    if is_headless_request(request) != "app":  # apps keep no cookies
        request.remember_device = account_digest(user.email)  # type: ignore[attr-defined]


def on_logout(*, user: User | None, **_kwargs: Any) -> None:
    """Somebody logged out."""
    if isinstance(user, User):
        services.record_logout(user=user, at=clock.now())


def on_login_refused(*, credentials: dict[str, Any], request: HttpRequest | None = None, **_kwargs: Any) -> None:
    """A password or a code was wrong, or the attempt came too early."""
    name = str(credentials.get("email") or credentials.get("username") or "")
    is_locked = bool(getattr(request, "axes_locked_out", False))
    services.record_refused_login(email=name, at=clock.now(), is_locked=is_locked)


def on_factor_refused(*, request: HttpRequest, user: User, **_kwargs: Any) -> None:
    """A second factor was wrong: it counts as a wrong password does."""
    user_login_failed.send(sender=__name__, credentials={"email": user.email}, request=request)


def on_factor_used(*, authenticator: Authenticator, **_kwargs: Any) -> None:
    """A code was right: it stays used for as long as it would be accepted.

    The library remembers it for one period but, with a tolerance, accepts it in three. ASVS 5.0 6.5.1
    wants a code to count once.
    """
    if authenticator.type != Authenticator.Type.TOTP:
        return
    app = authenticator.wrap()
    secret = decrypt(authenticator.data["secret"])
    window = mfa_settings.TOTP_PERIOD * (2 * mfa_settings.TOTP_TOLERANCE + 1)
    for counter in yield_hotp_counters_from_time():
        cache.touch(app._get_used_cache_key(format_hotp_value(hotp_value(secret, counter))), window)
