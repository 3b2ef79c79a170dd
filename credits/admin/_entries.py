"""Entries: the ledger of everybody."""

from __future__ import annotations

from typing import Any, ClassVar

from django.contrib import admin
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from core.console import ConsoleAdmin, CustomerRef, NavItem, SearchRule, TokenFilter
from core.ids import from_public
from credits.admin._desk import reversal_of, reverse_entry
from credits.models import Entry
from credits.permissions import Permission


def of_account(term: str) -> Q | None:
    """A workspace's or an account's id; they are the same."""
    key = from_public("wsp", term) or from_public("acc", term)
    return Q(account_id=key) if key else None


ACCOUNT_FILTER = TokenFilter(
    "account", title=_("Account"), parse=of_account, expects=_("an account's or workspace's id"), placeholder="wsp_…"
)


@admin.register(Entry)
class EntryAdmin(ConsoleAdmin):
    """Lines that never change; a mistake is answered by another line."""

    view_permission = Permission.VIEW_ACCOUNT
    target_kind = "credits.entry"
    nav = NavItem(group="Credits", title=_("Entries"), icon="receipt_long", order=20)
    keyset = ("-id",)
    list_display = ("public_id", "created_at", "account", "kind", "amount", "balance_after", "reason_code", "actor_id")
    list_filter: ClassVar[Any] = ("kind", ACCOUNT_FILTER)
    list_select_related = ("account__workspace", "note")
    page_select_related = ("hold", "lot", "reverses")
    search_rules = (SearchRule.public_id(),)
    labels = {
        "actor_id": _("By"),
        "actor_kind": _("Kind of actor"),
        "request_id": _("Request"),
        "debt_delta": _("Debt"),
    }
    chip_fields = ("kind",)
    chip_tones = {
        "grant": "good",
        "reinstate": "good",
        "reverse": "info",
        "adjust": "info",
        "claw_back": "bad",
        "expire": "warn",
        "late_capture": "warn",
    }
    key_facts = ("kind", "amount", "balance_after", "created_at", "account")
    fieldsets = (
        (_("Entry"), {"fields": ("debt_delta", "reason_code", "customer_note", "hold", "lot", "reverses", "reversal")}),
        (_("Who"), {"fields": ("actor_kind", "actor_id", "request_id", "idempotency_key")}),
    )
    actions_for_object = (reverse_entry,)
    empty_text = _("Every credit that comes or goes leaves a line here.")

    def customer_of(self, obj: Entry) -> CustomerRef:
        """The workspace's owner."""
        return CustomerRef(workspace_key=obj.account_id)

    @admin.display(description=_("Note to the customer"))
    def customer_note(self, obj: Entry) -> str:
        note = getattr(obj, "note", None)
        return note.text if note else ""

    @admin.display(description=_("Reversed by"))
    def reversal(self, obj: Entry) -> Any:
        return reversal_of(obj)
