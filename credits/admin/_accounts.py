"""Accounts: what a workspace has, what it can do with it, and the desk."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.contrib import admin
from django.http import HttpRequest
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _

from core.console import Action, ActionCall, Chip, ConsoleAdmin, CustomerRef, Effect, NavItem, SearchRule, chip_for
from credits import services as credits_services
from credits.actions import AuditAction
from credits.admin._desk import adjust, grant
from credits.models import Account
from credits.permissions import Permission


def _freeze(call: ActionCall) -> str:
    credits_services.freeze_account(
        workspace_id=call.obj.pk, actor=call.actor, reason=call.reason, ticket=call.ticket, at=call.at
    )
    return _now("Frozen. No new hold can be placed.")


def _unfreeze(call: ActionCall) -> str:
    credits_services.unfreeze_account(
        workspace_id=call.obj.pk, actor=call.actor, reason=call.reason, ticket=call.ticket, at=call.at
    )
    return _now("Spending is possible again.")


def _freezing(_account: Account | None, _data: Mapping[str, Any], _request: HttpRequest) -> list[Effect]:
    return [
        Effect(_("No new hold can be placed from this moment on."), tone="bad"),
        Effect(_("Holds in progress can still be captured or released."), tone="info"),
        Effect(_("Credits still come in, and still expire."), tone="info"),
    ]


def _thawing(account: Account | None, _data: Mapping[str, Any], _request: HttpRequest) -> list[Effect]:
    found = [Effect(_("New holds can be placed again."), tone="good")]
    if account is None:
        found.append(Effect(_("Accounts in debt still cannot spend."), tone="info"))
    elif account.debt:
        found.append(Effect(_("It still owes credits, which stops spending too."), tone="warn"))
    return found


freeze = Action(
    "freeze",
    _("Freeze"),
    Permission.FREEZE_ACCOUNT,
    _freeze,
    effect=_freezing,
    submit_label=lambda account, _data: _("Freeze the account") if account else _("Freeze"),
    available=lambda account: not account.is_frozen,
    audit_action=AuditAction.ACCOUNT_FROZEN,
    bulk=True,
    danger=True,
    key="f",
    icon="ac_unit",
    order=30,
)
unfreeze = Action(
    "unfreeze",
    _("Unfreeze"),
    Permission.FREEZE_ACCOUNT,
    _unfreeze,
    effect=_thawing,
    submit_label=lambda account, _data: _("Unfreeze the account") if account else _("Unfreeze"),
    available=lambda account: account.is_frozen,
    audit_action=AuditAction.ACCOUNT_UNFROZEN,
    bulk=True,
    key="f",
    icon="sunny",
    order=30,
)


@admin.register(Account)
class AccountAdmin(ConsoleAdmin):
    """One account a workspace."""

    view_permission = Permission.VIEW_ACCOUNT
    target_kind = "credits.account"
    nav = NavItem(group="Credits", title=_("Accounts"), icon="account_balance_wallet", order=10, key="c")
    keyset = ("-created_at", "-workspace_id")
    list_display = ("public_id", "workspace_name", "status_chip", "available", "held", "posted", "debt", "created_at")
    list_select_related = ("workspace",)
    search_rules = (
        SearchRule.public_id(),
        SearchRule.public_id("workspace_id", prefix="wsp"),
        SearchRule.email("workspace__personal_owner__email", label=_("owner's whole e-mail address")),
    )
    chip_tones = {"frozen": "bad", "in_debt": "warn", "active": "good"}
    header_template = "credits/console/account_header.html"
    fieldsets = (
        (
            _("Account"),
            {"fields": ("workspace", "frozen_at", "frozen_reason", "next_expiry_at", "last_entry_at", "created_at")},
        ),
    )
    actions_for_object = (grant, adjust, freeze, unfreeze)
    empty_text = _("An account appears here when a workspace gets its first credits.")

    def get_title(self, obj: Account) -> str:
        """The workspace's name: an account has none of its own."""
        return obj.workspace.name

    def customer_of(self, obj: Account) -> CustomerRef:
        """The workspace's owner."""
        return CustomerRef(workspace_key=obj.pk)

    @admin.display(description=_("Workspace"))
    def workspace_name(self, obj: Account) -> str:
        return obj.workspace.name

    @admin.display(description=_("Status"))
    def status_chip(self, obj: Account) -> Chip:
        return chip_for(obj.status, label=obj.get_status_display(), tone=self.chip_tones.get(obj.status, ""))
