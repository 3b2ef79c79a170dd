"""Verification runs, and changes made outside the application."""

from __future__ import annotations

from django.contrib import admin
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _

from audit import services
from audit.actions import AuditAction
from audit.models import Stray, Verification
from audit.permissions import Permission
from core.console import Action, ActionCall, ConsoleAdmin, Effect, NavItem, SearchRule


@admin.register(Verification)
class VerificationAdmin(ConsoleAdmin):
    """Each run over the trail and what it found."""

    view_permission = Permission.VIEW_VERIFICATION
    nav = NavItem(group="Trail", title=_("Verification"), icon="verified", order=40)
    records_reads = False
    keyset = ("-finished_at", "-id")
    list_display = ("public_id", "finished_at", "is_clean", "entries_checked", "payloads_withdrawn", "first_bad_seq")
    search_rules = (SearchRule.public_id(),)
    key_facts = ("is_clean", "entries_checked", "first_bad_seq", "first_bad_kind")
    empty_text = _("The trail is read again every night; each run appears here.")

    @admin.display(description=_("Clean"), boolean=True)
    def is_clean(self, obj: Verification) -> bool:
        return obj.is_clean


def _explain(call: ActionCall) -> str:
    services.acknowledge_stray(
        stray_id=call.obj.id, actor=call.actor, reason=call.reason, ticket=call.ticket, at=call.at
    )
    return _now("Explained. Verification passes over it from now on.")


@admin.register(Stray)
class StrayAdmin(ConsoleAdmin):
    """Changes of watched tables that left no entry."""

    view_permission = Permission.VIEW_VERIFICATION
    nav = NavItem(group="Trail", title=_("Outside changes"), icon="warning", order=50)
    records_reads = False
    keyset = ("-changed_at", "-id")
    list_display = ("changed_at", "operation", "table_name", "row_id", "acknowledged_at", "acknowledgement")
    empty_text = _("No change of a watched table was made outside the application.")
    actions_for_object = (
        Action(
            "explain",
            _("Explain"),
            Permission.EXPLAIN_STRAY,
            _explain,
            effect=lambda _stray, _data, _request: [
                Effect(_("Verification passes over this change; the explanation stays."), tone="info")
            ],
            available=lambda stray: stray.acknowledged_at is None,
            audit_action=AuditAction.STRAY_ACKNOWLEDGED,
            icon="edit_note",
        ),
    )
