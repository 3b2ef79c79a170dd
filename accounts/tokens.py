"""One-time tokens: 256 random bits that go out by mail, and the digest that stays.

A plain SHA-256 is enough for a secret of full entropy: there is nothing to guess (ASVS 5.0 11.5.1).
"""

from __future__ import annotations

import hashlib
import secrets
from typing import NamedTuple


class Token(NamedTuple):
    """``secret`` is told once; ``digest`` is stored."""

    secret: str
    digest: str


def new_token() -> Token:
    """A fresh token."""
    secret = secrets.token_urlsafe(32)
    return Token(secret, digest_of(secret))


def digest_of(secret: str) -> str:
    """What to look a token up by."""
    return hashlib.sha256(secret.encode()).hexdigest()
