"""Requests that wait for a second person."""

from __future__ import annotations

from datetime import datetime
from typing import ClassVar

from django.db import models
from django.db.models import F, Q

from audit.states import DECIDED_BY_ANOTHER, ApprovalStatus
from core.actors import Actor, ActorKind, Target
from core.ids import new_id, to_public


class Approval(models.Model):
    """Something one person asked for and another has to allow. Keys and labels, no foreign keys."""

    id_prefix: ClassVar[str] = "apr"

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    kind = models.CharField(max_length=100)
    status = models.CharField(max_length=16, choices=ApprovalStatus.choices, default=ApprovalStatus.PENDING)
    status_changed_at = models.DateTimeField()
    requester_kind = models.CharField(max_length=16)
    requester_id = models.CharField(max_length=100)
    requester_label = models.TextField(blank=True)
    target_kind = models.CharField(max_length=100)
    target_id = models.CharField(max_length=100)
    target_label = models.TextField(blank=True)
    payload = models.JSONField(default=dict)
    fingerprint = models.TextField()
    effects = models.JSONField(default=list)
    reason = models.TextField()
    ticket = models.TextField(blank=True)
    requested_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    approver_kind = models.CharField(max_length=16, blank=True)
    approver_id = models.CharField(max_length=100, blank=True)
    approver_label = models.TextField(blank=True)
    decision_reason = models.TextField(blank=True)
    # What waits comes first in the console, in one index.
    is_pending = models.GeneratedField(
        expression=models.ExpressionWrapper(Q(status=ApprovalStatus.PENDING), output_field=models.BooleanField()),
        output_field=models.BooleanField(),
        db_persist=True,
    )

    class Meta:
        constraints = [
            models.CheckConstraint(condition=~Q(approver_id=F("requester_id")), name="audit_approval_two_people"),
            models.CheckConstraint(condition=Q(status__in=ApprovalStatus.values), name="audit_approval_status_known"),
            models.CheckConstraint(
                condition=Q(status__in=sorted(DECIDED_BY_ANOTHER), approver_id__gt="")
                | (~Q(status__in=sorted(DECIDED_BY_ANOTHER)) & Q(approver_id="")),
                name="audit_approval_decided_by_someone",
            ),
            models.CheckConstraint(condition=Q(expires_at__gt=F("requested_at")), name="audit_approval_expires_later"),
        ]
        indexes = [
            models.Index(fields=["-requested_at", "-id"], name="audit_approval_newest"),
            models.Index(fields=["-is_pending", "-requested_at", "-id"], name="audit_approval_waiting_first"),
            models.Index(fields=["expires_at"], condition=Q(status="pending"), name="audit_approval_waiting"),
            models.Index(fields=["target_id", "-requested_at"], name="audit_approval_target"),
        ]

    def __str__(self) -> str:
        return self.public_id

    @property
    def public_id(self) -> str:
        return to_public(self.id_prefix, self.id)

    @property
    def requester(self) -> Actor:
        return Actor(ActorKind(self.requester_kind), self.requester_id, self.requester_label)

    @property
    def target(self) -> Target:
        return Target(self.target_kind, self.target_id, self.target_label)

    def has_expired(self, *, at: datetime) -> bool:
        """Whether it is too late to decide."""
        return at >= self.expires_at
