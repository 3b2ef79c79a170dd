"""E-mail addresses without the person: a hash to compare by, a hint to show."""

from __future__ import annotations

import hashlib

from django.core.exceptions import ValidationError
from django.core.validators import validate_email

from outbox.errors import AddressInvalid


def refuse_invalid(address: str) -> str:
    """The address without surrounding spaces. Refuses AddressInvalid."""
    address = address.strip()
    try:
        validate_email(address)
    except ValidationError:
        raise AddressInvalid from None
    return address


def hash_of(address: str) -> str:
    """The same for the same mailbox, whatever its case."""
    return hashlib.sha256(address.strip().lower().encode()).hexdigest()


def hint_of(address: str) -> str:
    """``a…@example.com``: enough to recognize, not enough to write to."""
    local, _, domain = address.strip().rpartition("@")
    return f"{local[:1]}…@{domain}"[:100]
