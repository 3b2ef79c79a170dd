"""The device cookie: a signed mark in a browser that has logged in to an account before.

It opens nothing. It only gives that browser a failure counter of its own (OWASP, "Slow down online
guessing attacks with device cookies"), so that no stranger can lock the account's owner out.
"""

from __future__ import annotations

import secrets
from datetime import timedelta

from django.conf import settings
from django.core import signing
from django.http import HttpRequest, HttpResponse
from django.utils.crypto import salted_hmac

COOKIE = "ballast_device"
LIFETIME = timedelta(days=180)
_SALT = "accounts.device"


def account_digest(name: str) -> str:
    """What a login name is counted as. Not reversible without the secret key."""
    return salted_hmac("accounts.login", name.strip().casefold(), algorithm="sha256").hexdigest()


def device_of(request: HttpRequest, *, account: str) -> str:
    """The browser's mark for this account, or nothing."""
    sealed = request.COOKIES.get(_name(), "")
    try:
        owner, mark = signing.loads(sealed, salt=_SALT, max_age=LIFETIME)
    except (signing.BadSignature, ValueError, TypeError):
        return ""
    return f"device:{mark}" if owner == account else ""


def remember_device(response: HttpResponse, *, account: str) -> None:
    """Mark the browser as one that logged in to ``account``."""
    response.set_cookie(
        _name(),
        signing.dumps([account, secrets.token_urlsafe(16)], salt=_SALT),
        max_age=LIFETIME,
        secure=settings.SESSION_COOKIE_SECURE,
        httponly=True,
        samesite="Lax",
    )


def _name() -> str:
    return f"__Host-{COOKIE}" if settings.SESSION_COOKIE_SECURE else COOKIE
