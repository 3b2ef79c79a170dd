"""The ceremonies of passkeys (WebAuthn), by the library's parts: what a browser is asked, what its answer proves.

The library keeps the open challenge in the session and lets some malformed answers through as exceptions
of its own parts; here every answer that proves nothing is a PasskeyRefused.
"""

from __future__ import annotations

import json
import struct
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from allauth.mfa.models import Authenticator
from allauth.mfa.webauthn.internal import auth
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from django import forms

from accounts.errors import PasskeyRefused
from accounts.models import User

CREDENTIAL_LIMIT = 20_000
# what parsing strangers' JSON, base64, CBOR and keys can end in
MALFORMED = (
    ArithmeticError,
    AttributeError,
    InvalidSignature,
    LookupError,
    RuntimeError,
    TypeError,
    UnsupportedAlgorithm,
    ValueError,
    struct.error,
)


def ask_for_new(user: User) -> str:
    """What the browser needs to make a passkey for ``user``, as JSON. The challenge is kept in the session."""
    return json.dumps(auth.begin_registration(user, passwordless=False))


def ask_for_known(user: User) -> str:
    """What the browser needs to show a passkey of ``user``, as JSON. The challenge is kept in the session."""
    return json.dumps(auth.begin_authentication(user))


def check_new(credential: str) -> dict[str, Any]:
    """The new passkey a browser made, ready to be stored. PasskeyRefused where it answers no question of ours."""
    with refusing():
        parsed = _parsed(credential)
        auth.parse_registration_response(parsed)
        auth.complete_registration(parsed)
        return parsed


def check_known(*, user: User, credential: str) -> Authenticator:
    """The passkey of ``user`` that was shown. PasskeyRefused where it is none, or answers no question of ours."""
    with refusing():
        parsed = _parsed(credential)
        auth.parse_authentication_response(parsed)
        return auth.complete_authentication(user, parsed)


@contextmanager
def refusing() -> Iterator[None]:
    """Turn whatever the library says about a bad answer into PasskeyRefused."""
    try:
        yield
    except (forms.ValidationError, *MALFORMED) as error:
        raise PasskeyRefused from error


def _parsed(credential: str) -> dict[str, Any]:
    found: Any = json.loads(credential)
    if not isinstance(found, dict):
        raise TypeError("a credential is an object")
    return found
