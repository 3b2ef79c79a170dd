"""Credits by where they came from."""

from __future__ import annotations

from decimal import Decimal
from typing import ClassVar

from django.db import models
from django.db.models import F, Q

from core.ids import new_id, to_public
from credits.states import LotSource


class Lot(models.Model):
    """Credits that came in together: they share source, price, priority and expiry."""

    id_prefix: ClassVar[str] = "lot"

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    account = models.ForeignKey("credits.Account", on_delete=models.PROTECT, related_name="lots", db_index=False)
    source = models.CharField(max_length=16, choices=LotSource.choices)
    source_ref = models.CharField(max_length=255, blank=True)
    priority = models.SmallIntegerField()
    expires_at = models.DateTimeField(null=True, blank=True)
    paid_amount_minor = models.BigIntegerField(default=0)
    currency = models.CharField(max_length=3, blank=True)
    granted = models.BigIntegerField()
    remaining = models.BigIntegerField()
    clawed_amount = models.BigIntegerField(default=0)
    reversed_amount = models.BigIntegerField(default=0, db_default=0)
    restores = models.ForeignKey(
        "self", null=True, blank=True, on_delete=models.PROTECT, related_name="restored_by", db_index=False
    )
    is_open = models.GeneratedField(
        expression=Q(remaining__gt=0),  # type: ignore[arg-type]  # a condition is an expression; the stubs know better
        output_field=models.BooleanField(),
        db_persist=True,
    )
    created_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(source__in=LotSource.values), name="credits_lot_source_known"),
            models.CheckConstraint(
                condition=Q(remaining__gte=0) & Q(remaining__lte=F("granted")), name="credits_lot_remaining_in_range"
            ),
            models.CheckConstraint(condition=Q(granted__gt=0), name="credits_lot_granted_positive"),
            models.CheckConstraint(
                condition=Q(clawed_amount__gte=0, reversed_amount__gte=0)
                & Q(granted__gte=F("clawed_amount") + F("reversed_amount")),
                name="credits_lot_taken_back_once",
            ),
            models.CheckConstraint(
                condition=Q(paid_amount_minor=0, currency="")
                | (Q(paid_amount_minor__gte=0) & Q(currency__regex=r"^[A-Z]{3}$")),
                name="credits_lot_price_has_currency",
            ),
            models.CheckConstraint(
                condition=Q(priority__gte=0) & Q(priority__lte=100), name="credits_lot_priority_in_range"
            ),
        ]
        indexes = [
            models.Index(
                fields=["account", "priority", "expires_at", "created_at", "id"],
                condition=Q(is_open=True),
                name="credits_lot_burn_order",
            ),
            models.Index(fields=["expires_at"], condition=Q(is_open=True), name="credits_lot_expiring"),
            models.Index(fields=["account", "-created_at", "-id"], name="credits_lot_of_account"),
        ]

    def __str__(self) -> str:
        return self.public_id

    @property
    def public_id(self) -> str:
        return to_public(self.id_prefix, self.id)

    @property
    def unit_price_minor(self) -> Decimal:
        """What one credit of this lot was paid for, in minor units; a price need not be whole."""
        return Decimal(self.paid_amount_minor) / self.granted
