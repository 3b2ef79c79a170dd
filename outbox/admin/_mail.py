"""Messages, suppressions."""

from __future__ import annotations

from email import message_from_bytes, policy
from typing import Any, ClassVar

from django.conf import settings
from django.contrib import admin
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from core.console import (
    Action,
    ActionCall,
    ConsoleAdmin,
    Effect,
    ListLink,
    NavItem,
    Panel,
    SearchRule,
    TokenFilter,
    panels,
)
from core.ids import from_public
from outbox import mailfiles, selectors, services
from outbox.addresses import hash_of
from outbox.models import Message, Suppression
from outbox.permissions import Permission

FILES = "outbox.mailfiles.EmailBackend"


@admin.register(Message)
class MessageAdmin(ConsoleAdmin):
    """The delivery log."""

    view_permission = Permission.VIEW_MESSAGES
    reveal_permission = Permission.REVEAL_RECIPIENTS
    target_kind = "outbox.message"
    nav = NavItem(group="System", title=_("Mail"), icon="mail", order=50, key="m")
    list_display = ("public_id", "template", "recipient", "status", "created_at", "sent_at", "language")
    list_filter: ClassVar[Any] = (
        "status",
        TokenFilter(
            "template", title=_("Template"), parse=lambda term: Q(template=term), expects=_("a template's whole name")
        ),
        "created_at",
    )
    search_rules = (
        SearchRule.public_id(),
        SearchRule.email("recipient"),
        SearchRule.exact("recipient_key", pattern=r"usr_[0-9a-z]{26}", label=_("user's id")),
        SearchRule.exact("provider_id", pattern=r"\S{12,}", label=_("provider's id")),
    )
    masked_fields = {"recipient": "email"}
    chip_tones = {"sent": "good", "queued": "info"}
    key_facts = ("recipient", "template", "created_at")
    list_select_related = ("job",)
    fieldsets = (
        (_("Mail"), {"fields": ("subject", "language", "template_version", "recipient_key")}),
        (_("Way"), {"fields": ("sent_at", "status_changed_at", "carrier", "provider_id", "tries", "problem", "job")}),
    )
    empty_text = _("Every mail the product sends appears here.")


def _load_events(public_id: str) -> dict[str, Any]:
    return {"events": selectors.list_mail_events(from_public(Message.id_prefix, public_id))[:50]}


def _load_file(public_id: str) -> dict[str, Any]:
    """What the file carrier wrote. It may hold one-time links, hence the permission to reveal."""
    path = mailfiles.path_of(public_id)
    if settings.EMAIL_BACKEND != FILES or not path.exists():
        return {"mail": None, "is_by_file": settings.EMAIL_BACKEND == FILES}
    mail = message_from_bytes(path.read_bytes(), policy=policy.default)
    body = mail.get_body(("plain",))
    return {
        "mail": {name: mail[name] for name in ("Subject", "From", "To", "Date")},
        "text": body.get_content() if body is not None else "",
        "file": path.name,
    }


panels.register(
    "outbox.message",
    Panel("events", _("What the provider said"), Permission.VIEW_MESSAGES, "outbox/console/events.html", _load_events),
)
panels.register(
    "outbox.message",
    Panel("file", _("The mail as written"), Permission.REVEAL_RECIPIENTS, "outbox/console/file.html", _load_file),
)


def _remove(call: ActionCall) -> str:
    services.remove_suppression(
        suppression_id=call.obj.pk, actor=call.actor, reason=call.reason, ticket=call.ticket, at=call.at
    )
    return str(_("Mail goes to %(address)s again.") % {"address": call.obj.address_hint})


remove = Action(
    "remove",
    _("Remove"),
    Permission.MANAGE_SUPPRESSIONS,
    _remove,
    effect=lambda row, _data, _request: [
        Effect(_("Mail goes to %(address)s again.") % {"address": row.address_hint}, tone="warn")
    ],
    audit_action="outbox.suppression.removed",
    icon="undo",
)


def by_address(_model: Any, term: str) -> Q | None:
    """The row of a whole address, of which only the hash is kept."""
    return Q(address_hash=hash_of(term)) if "@" in term else None


@admin.register(Suppression)
class SuppressionAdmin(ConsoleAdmin):
    """Addresses that get no more mail; the whole address is not kept."""

    view_permission = Permission.VIEW_MESSAGES
    target_kind = "outbox.suppression"
    nav = NavItem(group="System", title=_("Suppressed addresses"), icon="unsubscribe", order=52)
    list_display = ("address_hint", "cause", "created_at", "added_by", "note")
    list_filter = ("cause", "created_at")
    chip_fields = ("cause",)
    search_rules = (SearchRule.public_id(), SearchRule("email", _("whole e-mail address"), by_address))
    search_help = _("Only the hash of an address is kept: search by the whole address.")
    key_facts = ("address_hint", "cause", "created_at")
    fieldsets = ((None, {"fields": ("added_by", "note")}),)
    actions_for_object = (remove,)
    list_links = (
        ListLink(
            _("Suppress an address"), "admin:outbox_suppression_add", Permission.MANAGE_SUPPRESSIONS, icon="person_off"
        ),
    )
    empty_text = _("Addresses that bounced, complained or were added by staff appear here.")
