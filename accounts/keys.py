"""What an API key looks like: ``bk_live_`` or ``bk_test_``, 256 random bits, six characters of checksum.

The prefix lets secret scanners and people recognize a key; the checksum (CRC-32, base62, as GitHub
does) lets scanners drop false finds and lets us refuse a typing error without a query. What is
stored is a HMAC-SHA-256 of the whole key under a pepper that is not in the database: fast, because a
secret of full entropy needs no slow hash, and useless to whoever steals only the table. See docs/adr/0032.
"""

from __future__ import annotations

import hashlib
import hmac
import re
import secrets
import zlib

from django.conf import settings

from accounts.states import KeyMode

_ALPHABET = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
_BODY = 43  # digits of base62 that 256 bits need
_CHECK = 6  # digits of base62 that 32 bits need
_FORM = re.compile(rf"bk_(live|test)_[0-9A-Za-z]{{{_BODY + _CHECK}}}")
VISIBLE = len("bk_live_") + 6


def new_key(mode: KeyMode) -> str:
    """A fresh key. It is told to its maker once."""
    stem = f"bk_{mode.value}_{_base62(int.from_bytes(secrets.token_bytes(32)), _BODY)}"
    return stem + _checksum(stem)


def is_well_formed(text: str) -> bool:
    """Whether ``text`` can be a key at all: its form and its checksum. Costs no query."""
    return _FORM.fullmatch(text) is not None and _checksum(text[:-_CHECK]) == text[-_CHECK:]


def digest_of(key: str) -> str:
    """What a key is stored and looked up as."""
    return hmac.new(settings.API_KEY_PEPPER.encode(), key.encode(), hashlib.sha256).hexdigest()


def visible_part(key: str) -> str:
    """The beginning that people may see: ``bk_live_1A2b3C``. It leaves more than 220 bits unknown."""
    return key[:VISIBLE]


def _checksum(stem: str) -> str:
    return _base62(zlib.crc32(stem.encode()), _CHECK)


def _base62(number: int, width: int) -> str:
    digits = []
    for _ in range(width):
        number, digit = divmod(number, 62)
        digits.append(_ALPHABET[digit])
    return "".join(reversed(digits))
