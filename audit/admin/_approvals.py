"""Approvals: what waits for a second person, and the decision."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.contrib import admin
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html, format_html_join
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _

from audit import selectors, services
from audit.actions import AuditAction
from audit.models import Approval
from audit.permissions import Permission
from audit.states import ApprovalStatus
from core import clock, context
from core.console import Action, ActionCall, ConsoleAdmin, Effect, NavItem, Panel, SearchRule, panels
from core.errors import PermissionMissing
from core.registries import approval_kinds


def _may(call: ActionCall) -> Any:
    return call.request.user.has_perm if call.request else lambda _permission: False


def _approve(call: ActionCall) -> str:
    services.approve(approval_id=call.obj.public_id, actor=call.actor, reason=call.reason, at=call.at, may=_may(call))
    return _now("Approved and carried out.")


def _deny(call: ActionCall) -> str:
    services.deny(approval_id=call.obj.public_id, actor=call.actor, reason=call.reason, at=call.at, may=_may(call))
    return _now("Denied. Nothing was changed.")


def _withdraw(call: ActionCall) -> str:
    services.withdraw(approval_id=call.obj.public_id, actor=call.actor, reason=call.reason, at=call.at)
    return _now("Withdrawn. Nothing was changed.")


def _is_open(approval: Approval) -> bool | str:
    if approval.status != ApprovalStatus.PENDING:
        return False
    return _now("It has expired.") if approval.has_expired(at=clock.now()) else True


def _effects(approval: Approval, _data: Mapping[str, Any], request: HttpRequest) -> list[Effect]:
    """What approving does, as it stands now; and what stands in the way."""
    rules = approval_kinds.get(approval.kind)
    if rules is None:
        return [Effect(_("Nothing here can execute this kind of request."), tone="bad")]
    shown = [Effect(line, tone="info") for line in rules.describe(approval.payload)]
    if approval.requester_id == context.current().actor.id:
        shown.append(Effect(_("You asked for this yourself, so somebody else has to decide it."), tone="bad"))
    if not request.user.has_perm(rules.permission):
        shown.append(Effect(str(PermissionMissing(rules.permission)), tone="bad"))
    if rules.fingerprint(approval.payload) != approval.fingerprint:
        shown.append(Effect(_("The target has changed since the request; approving will be refused."), tone="bad"))
    return shown


def _nothing(_approval: Approval, _data: Mapping[str, Any], _request: HttpRequest) -> list[Effect]:
    return [Effect(_("Nothing will be changed; the request ends."), tone="neutral")]


@admin.register(Approval)
class ApprovalAdmin(ConsoleAdmin):
    """What waits comes first."""

    view_permission = Permission.VIEW_APPROVAL
    target_kind = "audit.approval"
    nav = NavItem(group="Trail", title=_("Approvals"), icon="approval", order=20, key="p")
    records_reads = False
    list_display = ("what", "status", "requester_label", "target_link", "reason", "requested_at", "expires_at")
    labels = {
        "requester_label": _("Asked by"),
        "approver_label": _("Decided by"),
        "requester_id": _("Asked by"),
        "approver_id": _("Decided by"),
        "decision_reason": _("Why"),
    }
    list_filter = ("status",)
    chip_tones = {"pending": "info", "approved": "good", "denied": "bad", "expired": "warn"}
    sorts = {
        "waiting": (_("Waiting first"), ("-is_pending", "-requested_at", "-id")),
        "newest": (_("Newest first"), ("-requested_at", "-id")),
    }
    keyset = ("-requested_at", "-id")
    search_rules = (SearchRule.public_id(),)
    key_facts = ("requester_label", "approver_label", "target_link", "expires_at")
    fieldsets = (
        (_("What was asked"), {"fields": ("what_happens", "requester_id", "reason", "ticket", "requested_at", "kind")}),
        (_("Decision"), {"fields": ("approver_id", "decision_reason", "decided_at")}),
    )
    empty_text = _("Requests that need a second person appear here.")
    actions_for_object = (
        Action(
            "approve",
            _("Approve"),
            Permission.VIEW_APPROVAL,
            _approve,
            effect=_effects,
            submit_label=_("Approve and carry out"),
            available=_is_open,
            audit_action=AuditAction.APPROVAL_APPROVED,
            icon="check",
            key="a",
            order=10,
        ),
        Action(
            "deny",
            _("Deny"),
            Permission.VIEW_APPROVAL,
            _deny,
            effect=_nothing,
            submit_label=_("Deny the request"),
            available=_is_open,
            audit_action=AuditAction.APPROVAL_DENIED,
            icon="block",
            key="d",
            order=20,
        ),
        Action(
            "withdraw",
            _("Withdraw my request"),
            Permission.VIEW_APPROVAL,
            _withdraw,
            effect=_nothing,
            available=lambda approval: (
                approval.status == ApprovalStatus.PENDING and approval.requester_id == context.current().actor.id
            ),
            audit_action=AuditAction.APPROVAL_WITHDRAWN,
            icon="undo",
            order=30,
        ),
    )

    def get_title(self, obj: Approval) -> str:
        return self.what(obj)

    @admin.display(description=_("Request"))
    def what(self, obj: Approval) -> str:
        rules = approval_kinds.get(obj.kind)
        return str(rules.label) if rules else obj.kind

    @admin.display(description=_("What happens"))
    def what_happens(self, obj: Approval) -> Any:
        return format_html_join("", "<div>{}</div>", ((line,) for line in obj.effects))

    @admin.display(description=_("Decided at"))
    def decided_at(self, obj: Approval) -> datetime | None:
        return None if obj.status == ApprovalStatus.PENDING else obj.status_changed_at

    @admin.display(description=_("Target"))
    def target_link(self, obj: Approval) -> Any:
        url = reverse("admin:audit_timeline", query={"target": obj.target_id})
        return format_html('<a class="c-link" href="{}">{}</a>', url, obj.target_label or obj.target_id)


def _entries(public_id: str) -> dict[str, Any]:
    approval = selectors.find_approval(public_id)
    return {"entries": selectors.list_entries_of_approval_for_console(approval) if approval else []}


panels.register(
    "audit.approval",
    Panel("trail", _("In the trail"), Permission.VIEW_ENTRY, "audit/console/entries.html", _entries),
)
