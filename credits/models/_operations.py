"""What was asked before."""

from __future__ import annotations

from django.db import models

from credits.states import OperationKind


class Operation(models.Model):
    """The memory of an idempotency key: what was asked (as a hash) and what came of it.

    Only what succeeded is remembered; a refusal leaves no row behind and is judged anew when repeated.
    """

    pk = models.CompositePrimaryKey("account_id", "key")
    account = models.ForeignKey(
        "credits.Account", on_delete=models.PROTECT, related_name="operations", db_constraint=False, db_index=False
    )
    key = models.CharField(max_length=255)
    kind = models.CharField(max_length=16, choices=[(k.value, k.value) for k in OperationKind])
    input_hash = models.UUIDField()
    hold_id = models.UUIDField(null=True)
    entry_id = models.UUIDField(null=True)
    lot_id = models.UUIDField(null=True)
    amount = models.BigIntegerField()
    lost = models.BigIntegerField(default=0)
    posted = models.BigIntegerField()
    held = models.BigIntegerField()
    debt = models.BigIntegerField()
    expires_at = models.DateTimeField(null=True)
    outcomes = models.JSONField(null=True)
    created_at = models.DateTimeField()

    def __str__(self) -> str:
        return f"{self.kind} {self.key}"
