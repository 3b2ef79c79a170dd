"""Entries: who did what to what, when and why."""

from __future__ import annotations

from typing import Any, ClassVar

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.template.loader import render_to_string
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _

from audit import selectors, tokens
from audit.models import Entry, Payload
from audit.permissions import Permission
from audit.words import actor_words, label_of, target_words
from core.console import ConsoleAdmin, DateRangeFilter, ListLink, NavItem, Panel, SearchRule, TokenFilter, panels


def _how_much(term: str) -> str:
    """Of an address only the newest entries are looked at, and the page says so."""
    if not any(name == "ip" for name, _condition in tokens.read_tokens(term)):
        return ""
    return _now(
        "Of an address or network, the newest %(n)s entries are searched. Add from: and to: for older ones."
    ) % {"n": selectors.NEWEST_OF_ADDRESS}


@admin.register(Entry)
class EntryAdmin(ConsoleAdmin):
    """The trail, newest first."""

    view_permission = Permission.VIEW_ENTRY
    reveal_permission = Permission.REVEAL_PAYLOAD
    target_kind = "audit.entry"
    nav = NavItem(group="Trail", title=_("Audit"), icon="history", order=10, key="a")
    keyset = ("-occurred_at", "-seq")
    list_select_related = ("payload",)
    list_display = ("occurred_at", "what", "actor", "target", "outcome", "reason")
    list_filter: ClassVar[Any] = (
        "outcome",
        DateRangeFilter("occurred_at", title=_("When")),
        TokenFilter(
            "action",
            title=_("Action"),
            parse=tokens.by_action,
            expects=_("an action such as credits.lot.granted, or credits.*"),
            placeholder="credits.*",
        ),
    )
    search_rules = (
        SearchRule(
            "tokens", _("tokens"), lambda _model, term: selectors.find_condition_for_console(term), note=_how_much
        ),
    )
    search_help = _(
        "An id, or tokens: actor: target: action:credits.* request: ip: ticket: key: as: outcome: from:2026-01-31 to:"
    )
    labels = {
        "txid": _("Transaction"),
        "seq": _("Number"),
        "api_key_id": _("API key"),
        "request_id": _("Request"),
        "session_id": _("Session"),
        "user_agent": _("Browser"),
    }
    chip_fields = ("outcome",)
    chip_tones = {"done": "good", "refused": "warn", "failed": "bad"}
    masked_fields = {"ip": "ip", "user_agent": "text"}
    key_facts = ("outcome", "actor", "target", "occurred_at")
    fieldsets = (
        (_("Why"), {"fields": ("reason", "ticket")}),
        (_("What changed"), {"fields": ("changes", "details")}),
        (
            _("From where"),
            {"fields": ("ip", "user_agent", "request_id", "session_id", "api_key_id", "impersonator")},
        ),
        (_("Record"), {"fields": ("action", "recorded_at", "txid", "seq", "payload_state")}),
    )
    list_links = (
        ListLink(
            _("Save this view"),
            "admin:audit_save_view",
            Permission.VIEW_ENTRY,
            icon="bookmark_add",
            carries_search=True,
        ),
    )
    empty_text = _("Every deed in the product leaves a line here.")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Entry]:
        return Entry.objects.select_related("payload")

    def find_object(self, object_id: str, request: HttpRequest | None = None) -> Entry | None:
        return selectors.find_entry(object_id)

    def get_title(self, obj: Entry) -> str:
        return label_of(obj.action)

    def get_page_fieldsets(self, obj: Entry) -> Any:
        """Of what two people decided, both of them."""
        if not self.approval(obj):
            return self.fieldsets
        return ((_("Two people"), {"fields": ("requested_by", "allowed_by", "approval")}), *self.fieldsets)

    @admin.display(description=_("Asked for by"))
    def requested_by(self, obj: Entry) -> str:
        return self._detail(obj, "requested_by") or obj.actor_id

    @admin.display(description=_("Allowed by"))
    def allowed_by(self, obj: Entry) -> str:
        return obj.actor_id if self._detail(obj, "requested_by") else ""

    @admin.display(description=_("Request"))
    def approval(self, obj: Entry) -> str:
        return self._detail(obj, "approval")

    def _detail(self, obj: Entry, name: str) -> str:
        return str(obj.payload.detail_values.get(name, "")) if obj.payload else ""

    @admin.display(description=_("What"))
    def what(self, obj: Entry) -> str:
        return label_of(obj.action)

    @admin.display(description=_("Actor"))
    def actor(self, obj: Entry) -> str:
        return actor_words(obj)

    @admin.display(description=_("Acting as staff member"))
    def impersonator(self, obj: Entry) -> str:
        return obj.impersonator_id

    @admin.display(description=_("Target"))
    def target(self, obj: Entry) -> Any:
        return target_words(obj)

    @admin.display(description=_("Reason"))
    def reason(self, obj: Entry) -> str:
        return obj.payload.reason if obj.payload else ""

    @admin.display(description=_("Old and new"))
    def changes(self, obj: Entry) -> Any:
        pairs = obj.payload.change_pairs if obj.payload else {}
        return render_to_string("audit/console/changes.html", {"pairs": pairs}) if pairs else ""

    @admin.display(description=_("Details"))
    def details(self, obj: Entry) -> Any:
        return obj.payload.detail_values if obj.payload else {}

    @admin.display(description=_("Address"))
    def ip(self, obj: Entry) -> str | None:
        return obj.payload.ip if obj.payload else None

    @admin.display(description=_("Browser"))
    def user_agent(self, obj: Entry) -> str:
        return obj.payload.user_agent if obj.payload else ""

    @admin.display(description=_("Personal data"))
    def payload_state(self, obj: Entry) -> str:
        return str(_("kept") if isinstance(obj.payload, Payload) else _("withdrawn"))


def _neighbors(public_id: str) -> dict[str, Any]:
    entry = selectors.find_entry(public_id)
    return {"entries": selectors.list_neighbors_for_console(entry) if entry else [], "current": entry}


panels.register(
    "audit.entry",
    Panel(
        "neighbors", _("Five minutes before and after"), Permission.VIEW_ENTRY, "audit/console/entries.html", _neighbors
    ),
)
