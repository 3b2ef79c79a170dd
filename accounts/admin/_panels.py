"""Parts of a user's page that load when they are opened."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

from django.utils.translation import gettext_lazy as _

from accounts import selectors
from accounts.admin._chips import key_chip
from accounts.permissions import Permission
from core import clock
from core.console import Panel, masked, panels


def _masked_address(address: str | None) -> str:
    return masked(address, "ip")


def _whole_address(address: str | None) -> str:
    return address or ""


def _security(public_id: str, *, show: Callable[[str | None], str] = _masked_address) -> dict[str, Any]:
    user = selectors.get_user_by_public_id(public_id)
    at = clock.now()
    login = selectors.summarize_login_state(user=user, at=at)
    return {
        "login": login,
        "locked": [show(network) for network in login.locked_networks],
        "failures": [(f, show(f.ip_address)) for f in login.failures],
        "sessions": [(s, show(s.ip)) for s in selectors.list_sessions(user=user, at=at)],
        "email_change": selectors.find_open_email_change(user_id=user.pk, at=at),
        "roles": [selectors.find_role_label(role) for role in sorted(login.roles)],
    }


def _restrictions(public_id: str) -> dict[str, Any]:
    user = selectors.get_user_by_public_id(public_id)
    found = selectors.list_restrictions(user_id=user.pk)[:50]
    return {"restrictions": [(restriction, restriction.is_active(clock.now())) for restriction in found]}


def _teams(public_id: str) -> dict[str, Any]:
    user = selectors.get_user_by_public_id(public_id)
    at = clock.now()
    return {
        "workspaces": selectors.list_workspaces(user=user).order_by("created_at")[:50],
        "keys": [(key, key_chip(key, at=at)) for key in selectors.list_api_keys_of(user=user, at=at)[:50]],
    }


panels.register(
    "accounts.user",
    Panel(
        "security",
        _("Security"),
        Permission.VIEW_USER,
        "accounts/console/security.html",
        _security,
        10,
        reveal_permission=Permission.REVEAL_USER,
        load_revealed=partial(_security, show=_whole_address),
    ),
)
panels.register(
    "accounts.user",
    Panel(
        "restrictions",
        _("Restrictions"),
        Permission.VIEW_RESTRICTION,
        "accounts/console/restrictions.html",
        _restrictions,
        20,
    ),
)
panels.register(
    "accounts.user",
    Panel("teams", _("Workspaces and keys"), Permission.VIEW_WORKSPACE, "accounts/console/teams.html", _teams, 30),
)
