"""Parts of a workspace's page that load when they are opened."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext_lazy as _

from accounts import selectors
from accounts.admin._chips import key_chip
from accounts.models import Workspace
from accounts.permissions import Permission
from core import clock
from core.console import Panel, panels
from core.errors import NotFound
from core.ids import from_public

_SHOWN = 50


def _workspace(public_id: str) -> Workspace:
    key = from_public(Workspace.id_prefix, public_id)
    if key is None:
        raise NotFound
    return selectors.get_workspace(key)


def _members(public_id: str) -> dict[str, Any]:
    members = selectors.list_members(workspace=_workspace(public_id)).order_by("created_at", "pk")
    return {"members": members[:_SHOWN]}


def _keys(public_id: str) -> dict[str, Any]:
    at = clock.now()
    found = selectors.with_what_stops(selectors.list_api_keys(workspace=_workspace(public_id)), at=at)
    return {"keys": [(key, key_chip(key, at=at)) for key in found.order_by("-created_at", "-id")[:_SHOWN]]}


def _restrictions(public_id: str) -> dict[str, Any]:
    found = selectors.list_restrictions(workspace_id=_workspace(public_id).pk)[:_SHOWN]
    return {"restrictions": [(restriction, restriction.is_active(clock.now())) for restriction in found]}


for panel in (
    Panel("members", _("Members"), Permission.VIEW_WORKSPACE, "accounts/console/members.html", _members, 10),
    Panel("keys", _("API keys"), Permission.VIEW_API_KEY, "accounts/console/keys.html", _keys, 20),
    Panel(
        "restrictions",
        _("Restrictions"),
        Permission.VIEW_RESTRICTION,
        "accounts/console/restrictions.html",
        _restrictions,
        30,
    ),
):
    panels.register("accounts.workspace", panel)
