"""What the words people choose must look like. Each function returns the clean value or raises InvalidInput."""

from __future__ import annotations

import ipaddress
import re
import unicodedata
import zoneinfo
from collections.abc import Iterable

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.validators import validate_email

from core.errors import FieldError, InvalidInput

NAME_LIMIT = 200
KEY_NAME_LIMIT = 100
TAG_LIMIT = 20
NETWORK_LIMIT = 20
_TAG = re.compile(r"[a-z0-9][a-z0-9-]{0,39}")


def _refuse(field: str, code: str, detail: str) -> InvalidInput:
    return InvalidInput(FieldError(field, code, detail))


def _is_plain(text: str) -> bool:
    """Neither control characters nor surrogates nor what turns writing around (Cc, Cs, Cf except joiners)."""
    return not any(unicodedata.category(c) in {"Cc", "Cs", "Cf"} and c not in "\u200c\u200d" for c in text)


def _clean_text(text: str, *, field: str, limit: int) -> str:
    clean = " ".join(unicodedata.normalize("NFC", text).split())
    if len(clean) > limit:
        raise _refuse(field, "too_long", f"At most {limit} characters.")
    if not _is_plain(clean):
        raise _refuse(field, "control_characters", "Control characters are not allowed.")
    return clean


def clean_name(name: str, *, field: str = "name", limit: int = NAME_LIMIT) -> str:
    """One line of text, spaces tidied; may be empty."""
    return _clean_text(name, field=field, limit=limit)


def clean_title(name: str, *, field: str = "name", limit: int = NAME_LIMIT) -> str:
    """One line of text that says something."""
    clean = _clean_text(name, field=field, limit=limit)
    if not clean:
        raise _refuse(field, "required", "Say a name.")
    return clean


def clean_email(email: str, *, field: str = "email") -> str:
    """An address in lower case."""
    clean = email.strip().lower()
    try:
        validate_email(clean)
    except ValidationError:
        raise _refuse(field, "invalid", "This is not an e-mail address.") from None
    if len(clean) > 254 or "\0" in clean:
        raise _refuse(field, "invalid", "This is not an e-mail address.")
    return clean


def clean_locale(locale: str) -> str:
    """One of the languages the product speaks."""
    clean = locale.strip().lower().replace("_", "-")
    if clean not in dict(settings.LANGUAGES) and clean != settings.LANGUAGE_CODE:
        raise _refuse("locale", "unknown", "The product does not speak this language.")
    return clean


def clean_time_zone(name: str) -> str:
    """A zone of the IANA database, such as ``Europe/Vienna``."""
    if name not in zoneinfo.available_timezones():
        raise _refuse("time_zone", "unknown", "This is not the name of a time zone.")
    return name


def clean_tag(tag: str) -> str:
    """A label staff put on users: lower case letters, digits and hyphens."""
    clean = tag.strip().lower()
    if not _TAG.fullmatch(clean):
        raise _refuse("tag", "invalid", "Lower case letters, digits and hyphens, at most 40.")
    return clean


def clean_networks(networks: Iterable[str]) -> list[str]:
    """Networks in CIDR notation, each once. A single address means a network of one."""
    clean: list[str] = []
    for text in networks:
        try:
            network = str(ipaddress.ip_network(text.strip()))
        except ValueError:
            raise _refuse(
                "allowed_networks", "invalid", f"{text[:50]!r} is not a network such as 192.0.2.0/24."
            ) from None
        if network not in clean:
            clean.append(network)
    if len(clean) > NETWORK_LIMIT:
        raise _refuse("allowed_networks", "too_many", f"At most {NETWORK_LIMIT} networks.")
    return clean
