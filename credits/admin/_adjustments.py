"""Adjustments: what people did to balances, by grant, correction or reversal."""

from __future__ import annotations

import re

from django.contrib import admin
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from core.console import NavItem, TokenFilter
from credits.admin._entries import ACCOUNT_FILTER, EntryAdmin
from credits.models import Adjustment

_STAFF = re.compile(r"usr_[0-9a-z]{26}")


def _by(term: str) -> Q | None:
    return Q(actor_id=term) if _STAFF.fullmatch(term) else None


@admin.register(Adjustment)
class AdjustmentAdmin(EntryAdmin):
    """The same lines as Entries, those with a person behind them."""

    nav = NavItem(group="Credits", title=_("Adjustments"), icon="tune", order=40)
    list_display = ("public_id", "created_at", "account", "kind", "amount", "reason_code", "actor_id", "customer_note")
    list_filter = (
        "kind",
        "reason_code",
        ACCOUNT_FILTER,
        TokenFilter("by", title=_("By"), parse=_by, expects=_("the id of a member of staff"), placeholder="usr_…"),
    )
    empty_text = _("What staff grant, adjust or reverse appears here.")
