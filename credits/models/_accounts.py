"""A workspace's balance."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.db.models import F, Q

from core.ids import to_public
from credits.states import AccountStatus


class Account(models.Model):
    """A workspace's credits. ``posted`` is the sum of all entries, ``held`` the sum of open holds.

    ``debt`` is what a claw-back could not take; while it stands nothing can be spent and every credit that
    comes free pays it. Lots hold ``posted + debt`` together.
    """

    id_prefix: ClassVar[str] = "acc"

    workspace = models.OneToOneField(
        "accounts.Workspace", primary_key=True, on_delete=models.PROTECT, related_name="credit_account"
    )
    posted = models.BigIntegerField(default=0)
    held = models.BigIntegerField(default=0)
    debt = models.BigIntegerField(default=0)
    next_expiry_at = models.DateTimeField(null=True, blank=True)
    last_entry_at = models.DateTimeField(null=True, blank=True)
    frozen_at = models.DateTimeField(null=True, blank=True)
    frozen_reason = models.CharField(max_length=500, blank=True)
    created_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(held__gte=0), name="credits_account_held_not_negative"),
            models.CheckConstraint(condition=Q(debt__gte=0), name="credits_account_debt_not_negative"),
            # Lots (posted + debt) cover what is held; with held >= 0 this also keeps posted at or above -debt.
            models.CheckConstraint(
                condition=Q(held__lte=F("posted") + F("debt")), name="credits_account_held_is_covered"
            ),
            models.CheckConstraint(
                condition=Q(debt=0) | Q(held=F("posted") + F("debt")), name="credits_account_free_credits_pay_debt"
            ),
            models.CheckConstraint(
                condition=Q(frozen_at__isnull=False) | Q(frozen_reason=""), name="credits_account_frozen_coherent"
            ),
        ]
        indexes = [models.Index(fields=["-created_at", "-workspace"], name="credits_account_newest")]

    def __str__(self) -> str:
        return self.public_id

    @property
    def public_id(self) -> str:
        return to_public(self.id_prefix, self.workspace_id)

    @property
    def available(self) -> int:
        """What can be held now, before lots that are past their expiry but not yet swept."""
        return max(0, self.posted - self.held)

    @property
    def status(self) -> AccountStatus:
        """Whether it can spend, and why not."""
        if self.is_frozen:
            return AccountStatus.FROZEN
        return AccountStatus.IN_DEBT if self.debt else AccountStatus.ACTIVE

    def get_status_display(self) -> str:
        """The same in words."""
        return str(self.status.label)

    @property
    def is_frozen(self) -> bool:
        return self.frozen_at is not None
