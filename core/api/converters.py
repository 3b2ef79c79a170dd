"""Public ids in addresses: ``path("holds/<hld:hold_id>/", …)`` gives the view a UUID."""

from __future__ import annotations

import uuid

from django.urls import register_converter
from django.urls.converters import get_converters

from core.ids import from_public, to_public

# Crockford's alphabet; the first character holds three bits (a UUID has 128, 26 characters 130).
ID_BODY = "[0-7][0-9abcdefghjkmnpqrstvwxyz]{25}"


def id_pattern(prefix: str) -> str:
    """What a public id with this prefix looks like, for OpenAPI."""
    return f"^{prefix}_{ID_BODY}$"


def register_public_id(prefix: str) -> None:
    """Make ``<prefix:name>`` usable in routes. What does not fit is 404; registering again does nothing."""
    if prefix in get_converters():
        return

    def to_python(_self: object, value: str) -> uuid.UUID:
        found = from_public(prefix, value)
        if found is None:
            raise ValueError
        return found

    def to_url(_self: object, value: uuid.UUID | str) -> str:
        return to_public(prefix, value) if isinstance(value, uuid.UUID) else value

    members = {"regex": f"{prefix}_{ID_BODY}", "to_python": to_python, "to_url": to_url}
    register_converter(type(f"{prefix.title()}Converter", (), members), prefix)
