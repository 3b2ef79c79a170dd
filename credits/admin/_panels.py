"""What the ledger shows on its own pages and on those of workspaces and users."""

from __future__ import annotations

import uuid
from typing import Any

from django.utils.translation import gettext_lazy as _

from core import clock
from core.console import Panel, object_actions, panels
from core.ids import from_public
from credits import selectors as credits_selectors
from credits.admin._desk import grant
from credits.permissions import Permission
from credits.states import HoldStatus

_LAST = 20


def _key(public_id: str) -> uuid.UUID:
    for prefix in ("acc", "wsp", "usr", "led"):
        if found := from_public(prefix, public_id):
            return found
    return uuid.UUID(public_id)


def _lots(public_id: str) -> dict[str, Any]:
    workspace_id = _key(public_id)
    return {
        "balance": credits_selectors.get_balance(workspace_id=workspace_id, at=clock.now()),
        "lots": credits_selectors.list_lots(workspace_id=workspace_id)[:_LAST],
        "at": clock.now(),
    }


def _entries(public_id: str) -> dict[str, Any]:
    entries = credits_selectors.list_entries(workspace_id=_key(public_id))
    return {"entries": entries[:_LAST], "account_id": public_id}


def _holds(public_id: str) -> dict[str, Any]:
    holds = credits_selectors.list_holds(workspace_id=_key(public_id), statuses=[HoldStatus.OPEN])
    return {"holds": holds[:_LAST], "account_id": public_id, "at": clock.now()}


def _slices(public_id: str) -> dict[str, Any]:
    return {"slices": credits_selectors.list_slices(entry_id=_key(public_id))}


def _of_workspace(public_id: str) -> dict[str, Any]:
    workspace_id = _key(public_id)
    return {
        "account": credits_selectors.find_account(workspace_id=workspace_id),
        "balance": credits_selectors.get_balance(workspace_id=workspace_id, at=clock.now()),
    }


def _of_user(public_id: str) -> dict[str, Any]:
    return {"rows": credits_selectors.list_balances_of_user(user_id=_key(public_id))}


def _show(kind: str, panel: tuple[str, Any, str, Any], *, order: int) -> None:
    name, title, template, load = panel
    panels.register(kind, Panel(name, title, Permission.VIEW_ACCOUNT, f"credits/console/{template}.html", load, order))


_show("credits.account", ("lots", _("Lots"), "lots", _lots), order=10)
_show("credits.account", ("entries", _("Last entries"), "entries", _entries), order=20)
_show("credits.account", ("holds", _("Open holds"), "open_holds", _holds), order=30)
_show("credits.entry", ("slices", _("Which lots"), "slices", _slices), order=10)
_show("accounts.workspace", ("credits", _("Credits"), "workspace_credits", _of_workspace), order=20)
_show("accounts.user", ("credits", _("Credits"), "user_credits", _of_user), order=20)

# A workspace that never had credits has no account page yet: the first grant is made from its own.
object_actions.register("accounts.workspace", grant)
