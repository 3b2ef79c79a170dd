"""Limits: what staff may move by themselves."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.contrib import admin
from django.http import HttpRequest
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _

from accounts import selectors as accounts_selectors
from core.console import Action, ActionCall, ConsoleAdmin, Effect, NavItem
from credits import services as credits_services
from credits.actions import AuditAction
from credits.admin._desk import with_separators
from credits.forms import LimitForm
from credits.models import AdjustmentLimit
from credits.permissions import Permission

_FIELDS = {
    "daily_credits": _("Credits a day"),
    "approval_above_credits": _("A second person is asked above"),
    "may_approve_credits": _("May approve up to"),
}


def _change(call: ActionCall) -> str:
    credits_services.change_limit(
        limit_id=call.obj.pk,
        actor=call.actor,
        reason=call.reason,
        ticket=call.ticket,
        at=call.at,
        **{name: call.data[name] for name in _FIELDS},
    )
    return _now("Changed. It counts from now on.")


def _changing(limit: AdjustmentLimit, data: Mapping[str, Any], _request: HttpRequest) -> list[Effect]:
    return [
        Effect(label, with_separators(getattr(limit, name)), with_separators(data[name]))
        for name, label in _FIELDS.items()
        if data.get(name) is not None and data[name] != getattr(limit, name)
    ]


@admin.register(AdjustmentLimit)
class AdjustmentLimitAdmin(ConsoleAdmin):
    """One row a role; roles without one may move nothing."""

    view_permission = Permission.VIEW_ACCOUNT
    target_kind = "credits.adjustmentlimit"
    nav = NavItem(group="Credits", title=_("Limits"), icon="speed", order=50)
    records_reads = False
    list_display = ("role_name", "daily_credits", "approval_above_credits", "may_approve_credits")
    key_facts = ("daily_credits", "approval_above_credits", "may_approve_credits")
    fieldsets = ((_("Limit"), {"fields": ("role", "created_at")}),)
    actions_for_object = (
        Action(
            "change",
            _("Change"),
            Permission.CHANGE_LIMIT,
            _change,
            form=LimitForm,
            effect=_changing,
            submit_label=_("Change the limit"),
            initial=lambda limit: {name: getattr(limit, name) for name in _FIELDS},
            audit_action=AuditAction.LIMIT_CHANGED,
            icon="edit",
            order=10,
        ),
    )

    def get_title(self, obj: AdjustmentLimit) -> str:
        """The role in words."""
        return accounts_selectors.find_role_label(obj.role)

    @admin.display(description=_("Role"))
    def role_name(self, obj: AdjustmentLimit) -> str:
        return accounts_selectors.find_role_label(obj.role)
