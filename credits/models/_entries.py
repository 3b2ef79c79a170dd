"""The lines of the ledger and the lots behind them."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.db.models import Q

from core.actors import ActorKind
from core.ids import new_id, to_public
from credits.models._lots import Lot
from credits.states import EntryKind, ReasonCode


class Entry(models.Model):
    """One line of the ledger. Never changed, never removed.

    ``amount`` is what the balance (``posted``) changed by; ``debt_delta`` what the debt changed by. The slices
    of an entry add up to ``amount + debt_delta``. Within an account ``created_at`` strictly rises, and with it ``id``,
    which is the order of the ledger.
    """

    id_prefix: ClassVar[str] = "led"

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    account = models.ForeignKey(
        "credits.Account", on_delete=models.PROTECT, related_name="entries", db_constraint=False, db_index=False
    )
    kind = models.CharField(max_length=16, choices=EntryKind.choices)
    amount = models.BigIntegerField()
    debt_delta = models.BigIntegerField(default=0)
    balance_after = models.BigIntegerField()
    hold = models.ForeignKey(
        "credits.Hold", null=True, on_delete=models.PROTECT, related_name="+", db_constraint=False, db_index=False
    )
    lot = models.ForeignKey(
        "credits.Lot", null=True, on_delete=models.PROTECT, related_name="+", db_constraint=False, db_index=False
    )
    reverses = models.ForeignKey(
        "self", null=True, on_delete=models.PROTECT, related_name="reversals", db_constraint=False, db_index=False
    )
    reason_code = models.CharField(max_length=32, choices=ReasonCode.choices, blank=True)
    actor_kind = models.CharField(max_length=16)
    actor_id = models.CharField(max_length=64)
    request_id = models.CharField(max_length=64, blank=True)
    idempotency_key = models.CharField(max_length=255)
    created_at = models.DateTimeField()

    class Meta:
        verbose_name_plural = "entries"
        constraints = [
            models.CheckConstraint(condition=Q(kind__in=EntryKind.values), name="credits_entry_kind_known"),
            models.CheckConstraint(
                condition=~Q(amount=0) | Q(kind__in=[EntryKind.SETTLE_DEBT, EntryKind.LATE_CAPTURE]),
                name="credits_entry_moves_something",
            ),
            # Partial, so that only reversals pay for it.
            models.UniqueConstraint(
                fields=["reverses"], condition=Q(reverses__isnull=False), name="credits_entry_reversed_once"
            ),
        ]
        indexes = [
            models.Index(fields=["account", "id"], name="credits_entry_of_account"),
            # The console filters by kind and by who: what is rare has an index, what is common needs none.
            models.Index(
                fields=["kind", "id"],
                condition=~Q(kind__in=[EntryKind.CAPTURE, EntryKind.GRANT, EntryKind.EXPIRE]),
                name="credits_entry_of_rare_kind",
            ),
            models.Index(fields=["id"], condition=Q(actor_kind=ActorKind.STAFF.value), name="credits_entry_by_staff"),
        ]

    def __str__(self) -> str:
        return self.public_id

    @property
    def public_id(self) -> str:
        return to_public(self.id_prefix, self.id)


class Slice(models.Model):
    """The part of an entry that one lot paid or received: every spend can be traced to what was bought."""

    pk = models.CompositePrimaryKey("entry_id", "lot_id")
    entry = models.ForeignKey(
        "credits.Entry", on_delete=models.PROTECT, related_name="slices", db_constraint=False, db_index=False
    )
    lot = models.ForeignKey("credits.Lot", on_delete=models.PROTECT, related_name="slices", db_constraint=False)
    amount = models.BigIntegerField()

    class Meta:
        constraints = [models.CheckConstraint(condition=~Q(amount=0), name="credits_slice_moves_something")]

    def __str__(self) -> str:
        return f"{self.amount} of {to_public(Lot.id_prefix, self.lot_id)}"


class AdjustmentManager(models.Manager["Adjustment"]):
    """Entries with a member of staff behind them."""

    def get_queryset(self) -> models.QuerySet[Adjustment]:
        return super().get_queryset().filter(actor_kind=ActorKind.STAFF.value)


class Adjustment(Entry):
    """An entry that a member of staff made: the same row, on a page of its own."""

    objects: ClassVar[AdjustmentManager] = AdjustmentManager()  # type: ignore[assignment]  # narrower than Entry's

    class Meta:
        proxy = True
