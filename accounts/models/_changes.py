"""A change of e-mail address on its way."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.utils import timezone

from accounts.models._users import EmailField
from accounts.states import EmailChangeStatus
from core.ids import new_id, to_public


class EmailChange(models.Model):
    """From request to application. Tokens are kept as digests: one confirms, the other cancels."""

    id_prefix: ClassVar[str] = "emc"

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    user = models.ForeignKey("accounts.User", on_delete=models.PROTECT, related_name="email_changes", db_index=False)
    old_email = EmailField()
    new_email = EmailField()
    status = models.CharField(max_length=16, choices=EmailChangeStatus.choices, default=EmailChangeStatus.REQUESTED)
    status_changed_at = models.DateTimeField(default=timezone.now)
    requested_by = models.CharField(max_length=64)
    confirm_digest = models.CharField(max_length=64, unique=True)
    cancel_digest = models.CharField(max_length=64, unique=True)
    effective_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["user"],
                condition=models.Q(status__in=["requested", "confirmed"]),
                name="accounts_emailchange_one_open",
            ),
            models.CheckConstraint(
                condition=models.Q(status__in=EmailChangeStatus.values), name="accounts_emailchange_status_known"
            ),
            models.CheckConstraint(
                condition=models.Q(expires_at__gt=models.F("effective_at")),
                name="accounts_emailchange_expires_after_effect",
            ),
        ]
        indexes = [
            models.Index(fields=["user", "-created_at"], name="accounts_emailchange_of_user"),
            models.Index(
                fields=["old_email"], name="accounts_emailchange_earlier", condition=models.Q(status="applied")
            ),
            models.Index(
                fields=["effective_at"],
                name="accounts_emailchange_due",
                condition=models.Q(status__in=["requested", "confirmed"]),
            ),
        ]

    def __str__(self) -> str:
        return self.public_id

    @property
    def public_id(self) -> str:
        return to_public(self.id_prefix, self.id)
