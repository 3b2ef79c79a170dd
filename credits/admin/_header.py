"""What a customer has, at the top of every page of theirs."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest

from core import clock
from core.console import Customer, HeaderPart, register_header_part
from credits import selectors as credits_selectors
from credits.permissions import Permission


def _balance(customer: Customer, _request: HttpRequest) -> dict[str, Any]:
    key = customer.workspace_key
    return {"balance": credits_selectors.summarize_balance(workspace_id=key, at=clock.now()) if key else None}


register_header_part(HeaderPart("credits", Permission.VIEW_ACCOUNT, "credits/console/header.html", _balance, order=20))
