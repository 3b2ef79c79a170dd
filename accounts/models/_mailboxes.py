"""Addresses that reach the same mailbox."""

from __future__ import annotations

from typing import Any

from django.db.models import Func, TextField


class Mailbox(Func):
    """The mailbox behind an address: lower case, without ``+tag``; Gmail's without dots and under its one name."""

    output_field: Any = TextField()
    arity = 1
    template = (
        "(CASE WHEN split_part(lower(%(expressions)s::text), '@', 2) IN ('gmail.com', 'googlemail.com')"
        " THEN replace(split_part(split_part(lower(%(expressions)s::text), '@', 1), '+', 1), '.', '') || '@gmail.com'"
        " ELSE split_part(split_part(lower(%(expressions)s::text), '@', 1), '+', 1)"
        " || '@' || split_part(lower(%(expressions)s::text), '@', 2) END)"
    )


def mailbox_of(address: str) -> str:
    """The same for an address at hand."""
    parts = address.lower().split("@")
    local, domain = parts[0].partition("+")[0], parts[1] if len(parts) > 1 else ""
    if domain in {"gmail.com", "googlemail.com"}:
        return f"{local.replace('.', '')}@gmail.com"
    return f"{local}@{domain}"
