"""Teams: workspaces, who belongs to them, who is invited."""

from __future__ import annotations

from datetime import datetime
from typing import ClassVar

from django.contrib.postgres.indexes import GinIndex, OpClass
from django.db import models
from django.db.models.functions import Upper
from django.utils import timezone

from accounts.models._users import EmailField
from accounts.states import InvitationStatus, MemberRole
from core.ids import new_id, to_public


class Workspace(models.Model):
    """Who owns credits, subscriptions and members. Every user has a personal one."""

    id_prefix: ClassVar[str] = "wsp"

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    name = models.CharField(max_length=200)
    personal_owner = models.OneToOneField(
        "accounts.User", null=True, blank=True, on_delete=models.PROTECT, related_name="personal_workspace"
    )
    members = models.ManyToManyField("accounts.User", through="accounts.Membership", related_name="workspaces")
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        indexes = [
            models.Index(fields=["-created_at", "-id"], name="accounts_workspace_newest"),
            GinIndex(OpClass(Upper("name"), name="gin_trgm_ops"), name="accounts_workspace_name_trgm"),
        ]

    def __str__(self) -> str:
        return self.public_id

    @property
    def public_id(self) -> str:
        return to_public(self.id_prefix, self.id)

    @property
    def is_personal(self) -> bool:
        return self.personal_owner_id is not None


class Membership(models.Model):
    """A user's place in a workspace."""

    id_prefix: ClassVar[str] = "mem"

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    workspace = models.ForeignKey("accounts.Workspace", on_delete=models.PROTECT, related_name="memberships")
    user = models.ForeignKey("accounts.User", on_delete=models.PROTECT, related_name="memberships")
    role = models.CharField(max_length=16, choices=MemberRole.choices, default=MemberRole.MEMBER)
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["workspace", "user"], name="accounts_membership_once"),
            models.CheckConstraint(
                condition=models.Q(role__in=MemberRole.values), name="accounts_membership_role_known"
            ),
        ]
        indexes = [
            models.Index(fields=["workspace", "-created_at", "-id"], name="accounts_membership_newest"),
            models.Index(fields=["user", "created_at"], name="accounts_membership_of_user"),
        ]

    def __str__(self) -> str:
        return f"{self.user_id} in {self.workspace_id}"

    @property
    def public_id(self) -> str:
        return to_public(self.id_prefix, self.id)


class Invitation(models.Model):
    """An offer of membership to an address. Only a digest of its token is kept."""

    id_prefix: ClassVar[str] = "inv"

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    workspace = models.ForeignKey(
        "accounts.Workspace", on_delete=models.PROTECT, related_name="invitations", db_index=False
    )
    email = EmailField()
    role = models.CharField(max_length=16, choices=MemberRole.choices, default=MemberRole.MEMBER)
    token_digest = models.CharField(max_length=64, unique=True)
    status = models.CharField(max_length=16, choices=InvitationStatus.choices, default=InvitationStatus.PENDING)
    status_changed_at = models.DateTimeField(default=timezone.now)
    invited_by = models.ForeignKey("accounts.User", on_delete=models.PROTECT, related_name="invitations_sent")
    accepted_by = models.ForeignKey(
        "accounts.User", null=True, blank=True, on_delete=models.PROTECT, related_name="invitations_accepted"
    )
    expires_at = models.DateTimeField()
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["workspace", "email"],
                condition=models.Q(status="pending"),
                name="accounts_invitation_one_pending",
            ),
            models.CheckConstraint(
                condition=models.Q(status__in=InvitationStatus.values), name="accounts_invitation_status_known"
            ),
            models.CheckConstraint(
                condition=models.Q(role__in=MemberRole.values), name="accounts_invitation_role_known"
            ),
            models.CheckConstraint(
                condition=models.Q(status="accepted", accepted_by__isnull=False)
                | (~models.Q(status="accepted") & models.Q(accepted_by__isnull=True)),
                name="accounts_invitation_accepted_by_someone",
            ),
        ]
        indexes = [
            models.Index(fields=["-created_at", "-id"], name="accounts_invitation_newest"),
            models.Index(fields=["workspace", "-created_at", "-id"], name="accounts_invitation_of"),
            models.Index(fields=["email"], name="accounts_invitation_email"),
        ]

    def __str__(self) -> str:
        return self.public_id

    @property
    def public_id(self) -> str:
        return to_public(self.id_prefix, self.id)

    def is_open(self, at: datetime) -> bool:
        """Whether it can still be accepted at ``at``."""
        return self.status == InvitationStatus.PENDING and self.expires_at > at
