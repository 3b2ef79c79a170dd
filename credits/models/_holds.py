"""Credits set aside."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.db.models import F, Q

from core.ids import new_id, to_public
from credits.states import HoldStatus


class Hold(models.Model):
    """Credits set aside for work in progress. It settles once."""

    id_prefix: ClassVar[str] = "hld"

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    account = models.ForeignKey(
        "credits.Account", on_delete=models.PROTECT, related_name="holds", db_constraint=False, db_index=False
    )
    amount = models.BigIntegerField()
    captured_amount = models.BigIntegerField(default=0)
    lost_amount = models.BigIntegerField(default=0)
    purpose = models.CharField(max_length=200)
    status = models.CharField(max_length=16, choices=HoldStatus.choices, default=HoldStatus.OPEN)
    expires_at = models.DateTimeField()
    settled_at = models.DateTimeField(null=True, blank=True)
    entry_id = models.UUIDField(null=True, blank=True)
    actor_kind = models.CharField(max_length=16)
    actor_id = models.CharField(max_length=64)
    request_id = models.CharField(max_length=64, blank=True)
    idempotency_key = models.CharField(max_length=255)
    created_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(amount__gt=0), name="credits_hold_amount_positive"),
            models.CheckConstraint(
                condition=Q(captured_amount__gte=0, lost_amount__gte=0)
                & Q(amount__gte=F("captured_amount") + F("lost_amount")),
                name="credits_hold_captured_in_range",
            ),
            models.CheckConstraint(
                condition=Q(status=HoldStatus.OPEN, settled_at=None, entry_id=None, captured_amount=0, lost_amount=0)
                | Q(
                    status=HoldStatus.CAPTURED,
                    settled_at__isnull=False,
                    entry_id__isnull=False,
                    captured_amount__gt=0,
                    lost_amount=0,
                )
                | Q(
                    status__in=[HoldStatus.RELEASED, HoldStatus.EXPIRED],
                    settled_at__isnull=False,
                    entry_id=None,
                    captured_amount=0,
                    lost_amount=0,
                )
                | Q(status=HoldStatus.CAPTURED_LATE, settled_at__isnull=False, entry_id__isnull=False),
                name="credits_hold_status_coherent",
            ),
        ]
        indexes = [
            models.Index(fields=["expires_at"], condition=Q(status=HoldStatus.OPEN), name="credits_hold_open"),
            models.Index(fields=["account", "id"], name="credits_hold_of_account"),
        ]

    def __str__(self) -> str:
        return self.public_id

    @property
    def public_id(self) -> str:
        return to_public(self.id_prefix, self.id)
