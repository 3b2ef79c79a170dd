"""System checks of console admins: what would scan a table fails at start."""

from __future__ import annotations

from typing import Any

from django.contrib.admin.checks import ModelAdminChecks
from django.core import checks
from django.core.exceptions import FieldDoesNotExist, ImproperlyConfigured

from core.console.filters import as_filter


class ConsoleChecks(ModelAdminChecks):
    """Django's checks, with our own kinds of filters, and none of the writing parts."""

    def check(self, admin_obj: Any, **kwargs: Any) -> list[checks.CheckMessage]:
        return [
            *super().check(admin_obj, **kwargs),
            *self._check_stock_parts(admin_obj),
            *self._check_masks(admin_obj),
            *self._check_keys(admin_obj),
        ]

    def _check_list_filter(self, obj: Any) -> list[checks.CheckMessage]:
        found: list[checks.CheckMessage] = []
        for entry in obj.list_filter:
            try:
                as_filter(entry, model=obj.model, admin=obj)
            except (ImproperlyConfigured, FieldDoesNotExist) as error:
                found.append(checks.Error(str(error), obj=obj.__class__, id="console.E001"))
        return found

    def _check_stock_parts(self, obj: Any) -> list[checks.CheckMessage]:
        unused = {
            "search_fields": "search_rules",
            "date_hierarchy": "a DateRangeFilter",
            "list_editable": "an Action",
            "inlines": "a Panel",
            "actions": "actions_for_object",
        }
        return [
            checks.Error(f"{name} is not used in the console; use {instead}.", obj=obj.__class__, id="console.E002")
            for name, instead in unused.items()
            if getattr(obj, name)
        ]

    def _check_masks(self, obj: Any) -> list[checks.CheckMessage]:
        if obj.masked_fields and not obj.reveal_permission:
            return [checks.Error("masked_fields need a reveal_permission.", obj=obj.__class__, id="console.E003")]
        return []

    def _check_keys(self, obj: Any) -> list[checks.CheckMessage]:
        taken = [action.name for action in obj.actions_for_object if action.key in {"g", "/", "?"}]
        return [
            checks.Error(f"the action {name} takes a key of the console itself.", obj=obj.__class__, id="console.E004")
            for name in taken
        ]
