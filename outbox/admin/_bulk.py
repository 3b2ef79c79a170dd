"""Bulk runs: how far, and what became of each object."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.utils.translation import gettext_lazy as _

from core.console import Action, ActionCall, ConsoleAdmin, Effect, NavItem, Panel, SearchRule, panels
from core.ids import from_public
from outbox import selectors, services
from outbox.models import BulkRun
from outbox.permissions import Permission
from outbox.states import BulkStatus


def _cancel(call: ActionCall) -> str:
    services.cancel_bulk_run(run_id=call.obj.pk, actor=call.actor, reason=call.reason, ticket=call.ticket, at=call.at)
    return str(_("The run is stopped. What was done stays done."))


cancel = Action(
    "cancel",
    _("Stop"),
    Permission.CANCEL_BULK_RUNS,
    _cancel,
    effect=lambda _run, _data, _request: [
        Effect(_("The objects that still wait are skipped. What was done stays done."), tone="warn")
    ],
    available=lambda run: run.status == BulkStatus.RUNNING,
    audit_action="outbox.bulk_run.canceled",
    danger=True,
    icon="stop",
)


@admin.register(BulkRun)
class BulkRunAdmin(ConsoleAdmin):
    """One action over many objects; the page can be shared and refreshes itself."""

    view_permission = Permission.VIEW_BULK_RUNS
    target_kind = "outbox.bulk_run"
    nav = NavItem(group="System", title=_("Bulk runs"), icon="checklist", order=48)
    records_reads = False
    list_display = ("public_id", "action", "status", "total", "actor_label", "created_at", "finished_at")
    list_filter = ("status", "created_at")
    chip_tones = {"finished": "good", "running": "info", "canceled": "warn"}
    search_rules = (SearchRule.public_id(),)
    key_facts = ("action", "actor_label", "created_at")
    fieldsets = ((_("What was asked"), {"fields": ("action", "reason", "ticket", "finished_at")}),)
    actions_for_object = (cancel,)
    empty_text = _("Actions on many rows at once appear here, with what became of each.")


def _load_progress(public_id: str) -> dict[str, Any]:
    run = selectors.get_bulk_run(from_public(BulkRun.id_prefix, public_id))
    return {
        "run": run,
        "counts": selectors.summarize_bulk_run(run),
        "items": selectors.list_bulk_items(run)[:500],
        "is_running": run.status == BulkStatus.RUNNING,
    }


panels.register(
    "outbox.bulk_run",
    Panel("progress", _("Progress"), Permission.VIEW_BULK_RUNS, "outbox/console/progress.html", _load_progress),
)
