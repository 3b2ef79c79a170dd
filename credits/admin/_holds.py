"""Holds, and those that nobody settles."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from django.contrib import admin
from django.http import HttpRequest
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _

from core import clock
from core.console import (
    Action,
    ActionCall,
    ConsoleAdmin,
    ConsoleView,
    CustomerRef,
    Effect,
    NavItem,
    SearchRule,
    console_site,
)
from credits import selectors as credits_selectors
from credits import services as credits_services
from credits.actions import AuditAction
from credits.admin._desk import credits_of, with_separators
from credits.admin._entries import ACCOUNT_FILTER
from credits.models import Hold
from credits.permissions import Permission
from credits.states import HoldStatus

_SHOWN = 200


def _release(call: ActionCall) -> str:
    receipt = credits_services.release_hold_by_staff(
        workspace_id=call.obj.account_id,
        hold_id=call.obj.pk,
        actor=call.actor,
        reason=call.reason,
        ticket=call.ticket,
        at=call.at,
        idempotency_key=call.idempotency_key,
    )
    return _now("Released. %(credits)s returned.") % {"credits": credits_of(receipt.amount)}


_WARNING = Effect(_("Work that still runs for it can no longer be captured from it."), tone="warn")


def _releasing(hold: Hold | None, _data: Mapping[str, Any], _request: HttpRequest) -> list[Effect]:
    if hold is None:
        return [Effect(_("All of each hold returns to its account."), tone="good"), _WARNING]
    balance = credits_selectors.get_balance(workspace_id=hold.account_id, at=clock.now())
    after = balance.available + hold.amount - min(balance.debt, hold.amount)
    return [
        Effect(_("Available"), with_separators(balance.available), credits_of(after), tone="good"),
        _WARNING,
    ]


def _label(hold: Hold | None, _data: Mapping[str, Any]) -> str:
    return _now("Release %(credits)s") % {"credits": credits_of(hold.amount)} if hold else _now("Release")


release = Action(
    "release",
    _("Release"),
    Permission.RELEASE_HOLD,
    _release,
    effect=_releasing,
    submit_label=_label,
    available=lambda hold: hold.status == HoldStatus.OPEN,
    audit_action=AuditAction.HOLD_RELEASED,
    bulk=True,
    key="r",
    icon="lock_open",
    order=10,
)


@admin.register(Hold)
class HoldAdmin(ConsoleAdmin):
    """Credits set aside."""

    view_permission = Permission.VIEW_ACCOUNT
    target_kind = "credits.hold"
    nav = NavItem(group="Credits", title=_("Holds"), icon="lock_clock", order=35)
    keyset = ("-id",)
    list_display = (
        "public_id",
        "created_at",
        "account",
        "status",
        "amount",
        "captured_amount",
        "purpose",
        "expires_at",
    )
    list_filter: ClassVar[Any] = ("status", ACCOUNT_FILTER)
    list_select_related = ("account__workspace",)
    search_rules = (SearchRule.public_id(),)
    labels = {"actor_id": _("By"), "actor_kind": _("Kind of actor"), "request_id": _("Request")}
    chip_tones = {"open": "info", "captured": "good", "expired": "warn", "captured_late": "warn"}
    key_facts = ("amount", "captured_amount", "expires_at", "account")
    fieldsets = (
        (_("Hold"), {"fields": ("purpose", "lost_amount", "created_at", "settled_at", "entry")}),
        (_("Who"), {"fields": ("actor_kind", "actor_id", "request_id", "idempotency_key")}),
    )
    actions_for_object = (release,)
    empty_text = _("Credits set aside for work in progress appear here.")

    def customer_of(self, obj: Hold) -> CustomerRef:
        """The workspace's owner."""
        return CustomerRef(workspace_key=obj.account_id)

    @admin.display(description=_("Entry"))
    def entry(self, obj: Hold) -> Any:
        return credits_selectors.find_entry(entry_id=obj.entry_id)


def _badge(_request: HttpRequest) -> str | None:
    count = credits_selectors.count_stuck_holds_for_console(at=clock.now())
    return str(count) if count else None


class StuckHolds(ConsoleView):
    """Open holds by age, and those that should have been settled by now."""

    permission = Permission.VIEW_ACCOUNT
    title = _("Stuck holds")
    template_name = "credits/console/stuck_holds.html"
    nav = NavItem(group="Credits", title=_("Stuck holds"), icon="hourglass_disabled", order=30, badge=_badge)

    def get_context(self, request: HttpRequest, **kwargs: Any) -> dict[str, Any]:
        """Age groups, and the oldest holds with what may be done about each."""
        at = clock.now()
        groups = credits_selectors.summarize_open_holds_for_console(at=at)
        most = max((group.count for group in groups), default=0)
        stuck = credits_selectors.list_stuck_holds_for_console(at=at).select_related("account__workspace")[:_SHOWN]
        return {
            "groups": [(group, round(100 * group.count / most) if most else 0) for group in groups],
            "holds": [(hold, at - hold.created_at) for hold in stuck],
            "at": at,
            "may_release": request.user.has_perm(Permission.RELEASE_HOLD),
        }


console_site.add_view("credits/holds/stuck/", StuckHolds, name="credits_stuck_holds")
