"""Who a customer is, at the top of every page of theirs."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest
from django.urls import reverse

from accounts import selectors
from accounts.permissions import Permission
from core import clock
from core.actors import Target
from core.console import (
    Customer,
    CustomerRef,
    HeaderPart,
    chip_for,
    is_revealed,
    mask_email,
    register_header_part,
    use_customer_lookup,
)


def _lookup(ref: CustomerRef) -> Customer | None:
    facts = selectors.find_customer(at=clock.now(), user_id=ref.user_key, workspace_id=ref.workspace_key)
    if facts is None:
        return None
    return Customer(Target("accounts.user", facts.user.public_id), facts.workspace_id, facts)


def _identity(customer: Customer, request: HttpRequest) -> dict[str, Any]:
    facts: selectors.CustomerFacts = customer.facts
    user = facts.user
    is_whole = is_revealed(request, user.public_id, "email")
    return {
        "id": user.public_id,
        "name": user.name or user.public_id,
        "url": reverse("admin:accounts_user_change", args=[user.public_id]),
        "email": user.email if is_whole else mask_email(user.email),
        "reveal_url": reverse("admin:accounts_user_reveal", args=[user.public_id, "email"]),
        "may_reveal": not is_whole and request.user.has_perm(Permission.REVEAL_USER),
        "status": chip_for(user.status, label=user.get_status_display()),
        "taken": [(chip_for("", label=taken.capability.label, tone="warn"), taken.ends_at) for taken in facts.taken],
    }


use_customer_lookup(_lookup)
register_header_part(HeaderPart("identity", Permission.VIEW_USER, "accounts/console/header.html", _identity, order=10))
