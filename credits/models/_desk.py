"""The adjustment desk: what staff may move, what they moved today, and what the customer is told about it."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.db.models import Q
from django.utils import timezone

from core.ids import new_id, to_public


class AdjustmentLimit(models.Model):
    """What one person of a staff role may move by themselves. Somebody with several roles has the widest."""

    id_prefix: ClassVar[str] = "lim"

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    role = models.CharField(max_length=32, unique=True)
    daily_credits = models.BigIntegerField()
    approval_above_credits = models.BigIntegerField()
    may_approve_credits = models.BigIntegerField()
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(daily_credits__gte=0, approval_above_credits__gte=0, may_approve_credits__gte=0),
                name="credits_limit_not_negative",
            )
        ]
        indexes = [models.Index(fields=["-created_at", "-id"], name="credits_limit_newest")]

    def __str__(self) -> str:
        return self.role

    @property
    def public_id(self) -> str:
        return to_public(self.id_prefix, self.id)


class AllowanceUse(models.Model):
    """How many credits a member of staff moved on one day (UTC) without a second person."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    actor_id = models.CharField(max_length=64)
    on_date = models.DateField()
    used_credits = models.BigIntegerField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["actor_id", "on_date"], name="credits_allowance_one_a_day"),
            models.CheckConstraint(condition=Q(used_credits__gte=0), name="credits_allowance_not_negative"),
        ]

    def __str__(self) -> str:
        return f"{self.actor_id} on {self.on_date}"


class EntryNote(models.Model):
    """What the customer reads beside an entry. Not part of the entry: it may have to be erased one day."""

    entry = models.OneToOneField(
        "credits.Entry", primary_key=True, on_delete=models.PROTECT, related_name="note", db_constraint=False
    )
    text = models.CharField(max_length=300)
    created_at = models.DateTimeField()

    def __str__(self) -> str:
        return self.text


class ExpiryWarning(models.Model):
    """That the owners of a lot were told, so many days ahead, that it will expire."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    lot = models.ForeignKey("credits.Lot", on_delete=models.PROTECT, related_name="warnings", db_index=False)
    days_before = models.PositiveSmallIntegerField()
    created_at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["lot", "days_before"], name="credits_warning_once")]

    def __str__(self) -> str:
        return f"{self.lot_id} {self.days_before} days before"
