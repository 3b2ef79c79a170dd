"""The permission table, for everybody to read."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from accounts.permissions import Permission
from accounts.roles import PERMISSIONS, StaffRole
from core.console import ConsoleView, NavItem, console_site


class RolesView(ConsoleView):
    """Which role holds which permission."""

    permission = Permission.VIEW_STAFF_ROLE
    title = _("Roles and permissions")
    template_name = "accounts/console/roles.html"
    nav = NavItem(group="System", title=_("Roles"), icon="admin_panel_settings", order=90)

    def get_context(self, request: HttpRequest, **kwargs: Any) -> dict[str, Any]:
        """The table, a row a permission, with the viewer's own marked."""
        rows = [
            {
                "permission": permission,
                "cells": [(role.label, role.value in allowed) for role in StaffRole],
                "is_mine": request.user.has_perm(permission),
            }
            for permission, allowed in PERMISSIONS.items()
        ]
        return {"roles": [role.label for role in StaffRole], "rows": rows}


console_site.add_view("accounts/roles/", RolesView, name="accounts_roles")
