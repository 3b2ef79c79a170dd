"""The words of the ledger: what a lot, an entry and a hold can be, and how a hold moves."""

from __future__ import annotations

from enum import StrEnum

from django.db import models
from django.utils.translation import gettext_lazy as _


class AccountStatus(models.TextChoices):
    """What an account can do now. Derived from its columns: frozen outweighs debt."""

    ACTIVE = "active", _("Active")
    IN_DEBT = "in_debt", _("In debt")
    FROZEN = "frozen", _("Frozen")


class LotSource(models.TextChoices):
    """Where credits came from."""

    PACK = "pack", _("Pack")
    PLAN = "plan", _("Plan")
    PROMO = "promo", _("Promotion")
    GOODWILL = "goodwill", _("Goodwill")
    REFUND = "refund", _("Refund")
    ADJUSTMENT = "adjustment", _("Adjustment")


# Lower burns first. What was given away goes before what was paid for; a lot may say otherwise.
BURN_PRIORITY: dict[LotSource, int] = {
    LotSource.PROMO: 20,
    LotSource.GOODWILL: 30,
    LotSource.PLAN: 40,
    LotSource.PACK: 50,
    LotSource.REFUND: 50,
    LotSource.ADJUSTMENT: 50,
}


# What staff give away. Taking such a gift back concerns nobody's money.
GIFT_SOURCES = frozenset({LotSource.PROMO, LotSource.GOODWILL, LotSource.ADJUSTMENT})


class EntryKind(models.TextChoices):
    """What an entry of the ledger records. ``settle_debt`` moves lots, not the balance."""

    GRANT = "grant", _("Grant")
    CAPTURE = "capture", _("Capture")
    LATE_CAPTURE = "late_capture", _("Late capture")
    EXPIRE = "expire", _("Expiry")
    REVERSE = "reverse", _("Reversal")
    ADJUST = "adjust", _("Adjustment")
    CLAW_BACK = "claw_back", _("Claw-back")
    REINSTATE = "reinstate", _("Reinstatement")
    SETTLE_DEBT = "settle_debt", _("Debt settled")


REVERSIBLE_KINDS = frozenset({EntryKind.GRANT, EntryKind.CAPTURE, EntryKind.LATE_CAPTURE, EntryKind.ADJUST})


class HoldStatus(models.TextChoices):
    """A hold settles once. ``captured_late`` is work that ran on after its hold had expired."""

    OPEN = "open", _("Open")
    CAPTURED = "captured", _("Captured")
    RELEASED = "released", _("Released")
    EXPIRED = "expired", _("Expired")
    CAPTURED_LATE = "captured_late", _("Captured late")


HOLD_MOVES: dict[HoldStatus, frozenset[HoldStatus]] = {
    HoldStatus.OPEN: frozenset(
        {HoldStatus.CAPTURED, HoldStatus.RELEASED, HoldStatus.EXPIRED, HoldStatus.CAPTURED_LATE}
    ),
    HoldStatus.CAPTURED: frozenset(),
    HoldStatus.RELEASED: frozenset(),
    HoldStatus.EXPIRED: frozenset({HoldStatus.CAPTURED_LATE}),
    HoldStatus.CAPTURED_LATE: frozenset(),
}


class ReasonCode(models.TextChoices):
    """Why a person changed a balance. Stable: reports group by it."""

    SERVICE_FAILURE = "service_failure", _("The service failed")
    QUALITY = "quality", _("The result was poor")
    BILLING_ERROR = "billing_error", _("Billing error")
    DUPLICATE_CHARGE = "duplicate_charge", _("Charged twice")
    GOODWILL = "goodwill", _("Goodwill")
    PROMOTION = "promotion", _("Promotion")
    MIGRATION = "migration", _("Moved from another system")
    FRAUD = "fraud", _("Fraud or abuse")
    CORRECTION = "correction", _("Correction of a mistake of ours")


class OperationKind(StrEnum):
    """What an idempotency key stands for."""

    GRANT = "grant"
    HOLD = "hold"
    CAPTURE = "capture"
    LATE_CAPTURE = "late_capture"
    RELEASE = "release"
    REVERSE = "reverse"
    ADJUST = "adjust"
    CLAW_BACK = "claw_back"
    BATCH = "batch"
