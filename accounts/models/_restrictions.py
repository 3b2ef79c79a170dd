"""What somebody may not do, until when, and why."""

from __future__ import annotations

from datetime import datetime
from typing import ClassVar

from django.db import models
from django.utils import timezone

from accounts.states import Capability
from core.ids import new_id, to_public


class RestrictionQuerySet(models.QuerySet["Restriction"]):
    """Restrictions by time. Whether one holds depends on the clock alone, never on a job."""

    def open(self) -> RestrictionQuerySet:
        """Neither lifted nor marked as ended."""
        return self.filter(lifted_at__isnull=True)

    def active(self, at: datetime) -> RestrictionQuerySet:
        """In force at ``at``."""
        return self.open().filter(models.Q(ends_at__isnull=True) | models.Q(ends_at__gt=at), starts_at__lte=at)


class Restriction(models.Model):
    """A capability taken from a user or from a workspace, with reason, author and end.

    ``author_key`` and ``author_label`` name the actor; there is no foreign key, the row outlives staff.
    ``lifted_at`` is set by the person who lifts it, or by the job that stamps the ended ones.
    """

    id_prefix: ClassVar[str] = "rst"

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    user = models.ForeignKey(
        "accounts.User", null=True, blank=True, on_delete=models.PROTECT, related_name="restrictions", db_index=False
    )
    workspace = models.ForeignKey(
        "accounts.Workspace",
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="restrictions",
        db_index=False,
    )
    capability = models.CharField(max_length=16, choices=Capability.choices)
    reason = models.TextField()
    ticket = models.CharField(max_length=200, blank=True)
    author_key = models.CharField(max_length=64)
    author_label = models.CharField(max_length=200, blank=True)
    starts_at = models.DateTimeField()
    ends_at = models.DateTimeField(null=True, blank=True)
    lifted_at = models.DateTimeField(null=True, blank=True)
    lifted_by = models.CharField(max_length=200, blank=True)
    lift_reason = models.TextField(blank=True)
    created_at = models.DateTimeField(default=timezone.now)

    objects = RestrictionQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=models.Q(user__isnull=True) ^ models.Q(workspace__isnull=True),
                name="accounts_restriction_one_target",
            ),
            models.CheckConstraint(
                condition=models.Q(capability__in=Capability.values), name="accounts_restriction_capability_known"
            ),
            models.CheckConstraint(
                condition=models.Q(workspace__isnull=True) | ~models.Q(capability="login"),
                name="accounts_restriction_login_is_personal",
            ),
            models.CheckConstraint(
                condition=models.Q(ends_at__isnull=True) | models.Q(ends_at__gt=models.F("starts_at")),
                name="accounts_restriction_ends_after_start",
            ),
            models.CheckConstraint(condition=~models.Q(reason=""), name="accounts_restriction_has_reason"),
        ]
        indexes = [
            models.Index(fields=["-created_at", "-id"], name="accounts_restriction_newest"),
            models.Index(fields=["user", "lifted_at"], name="accounts_restriction_user"),
            models.Index(fields=["workspace", "lifted_at"], name="accounts_restriction_workspace"),
            models.Index(
                fields=["ends_at"], name="accounts_restriction_to_end", condition=models.Q(lifted_at__isnull=True)
            ),
        ]

    def __str__(self) -> str:
        return self.public_id

    @property
    def public_id(self) -> str:
        return to_public(self.id_prefix, self.id)

    def is_active(self, at: datetime) -> bool:
        """Whether it is in force at ``at``."""
        ended = self.ends_at is not None and self.ends_at <= at
        return self.lifted_at is None and self.starts_at <= at and not ended
