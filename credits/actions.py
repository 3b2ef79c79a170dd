"""What the ledger writes into the trail: decisions of people. Holds and grants are their own record."""

from enum import StrEnum

from django.utils.translation import gettext_lazy as _


class AuditAction(StrEnum):
    """Actions of this app."""

    CREDITS_GRANTED = "credits.account.granted"
    ACCOUNT_ADJUSTED = "credits.account.adjusted"
    ACCOUNT_FROZEN = "credits.account.frozen"
    ACCOUNT_UNFROZEN = "credits.account.unfrozen"
    ENTRY_REVERSED = "credits.entry.reversed"
    HOLD_RELEASED = "credits.hold.released"
    LIMIT_CHANGED = "credits.limit.changed"


LABELS = {
    AuditAction.CREDITS_GRANTED: _("Credits granted"),
    AuditAction.ACCOUNT_ADJUSTED: _("Credits adjusted"),
    AuditAction.ACCOUNT_FROZEN: _("Credit account frozen"),
    AuditAction.ACCOUNT_UNFROZEN: _("Credit account unfrozen"),
    AuditAction.ENTRY_REVERSED: _("Ledger entry reversed"),
    AuditAction.HOLD_RELEASED: _("Hold released by staff"),
    AuditAction.LIMIT_CHANGED: _("Adjustment limit changed"),
}
