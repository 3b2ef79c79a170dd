"""What a customer has, at the top of every page of theirs."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest

from core import clock
from core.console import Customer, HeaderPart, register_header_part
from core.ids import to_public
from credits import selectors as credits_selectors
from credits.models import Account
from credits.permissions import Permission


def _balance(customer: Customer, _request: HttpRequest) -> dict[str, Any]:
    key = customer.workspace_key
    if not key:
        return {"balance": None}
    return {
        "balance": credits_selectors.summarize_balance(workspace_id=key, at=clock.now()),
        "account_id": to_public(Account.id_prefix, key),
    }


register_header_part(HeaderPart("credits", Permission.VIEW_ACCOUNT, "credits/console/header.html", _balance, order=20))
