"""API keys. The key itself is shown once and never stored."""

from __future__ import annotations

from datetime import datetime
from typing import ClassVar

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.utils import timezone

from accounts.states import KeyMode
from core.ids import new_id, to_public


class ApiKey(models.Model):
    """A secret that acts for its maker inside one workspace, within its scopes.

    It stops when it is revoked or expires, when its maker is disabled or leaves the workspace.
    ``key_prefix`` is the part people may see; ``secret_digest`` the peppered HMAC of the whole key.
    """

    id_prefix: ClassVar[str] = "key"

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    workspace = models.ForeignKey(
        "accounts.Workspace", on_delete=models.PROTECT, related_name="api_keys", db_index=False
    )
    created_by = models.ForeignKey("accounts.User", on_delete=models.PROTECT, related_name="api_keys")
    name = models.CharField(max_length=100)
    mode = models.CharField(max_length=8, choices=KeyMode.choices)
    key_prefix = models.CharField(max_length=20, db_index=True)
    secret_digest = models.CharField(max_length=64, unique=True)
    scopes = ArrayField(models.CharField(max_length=64))
    allowed_networks = ArrayField(models.CharField(max_length=43), default=list, blank=True)
    expires_at = models.DateTimeField(null=True, blank=True)
    revoked_at = models.DateTimeField(null=True, blank=True)
    revoked_by = models.CharField(max_length=200, blank=True)
    replaced_by = models.OneToOneField("self", null=True, blank=True, on_delete=models.PROTECT, related_name="replaces")
    last_used_at = models.DateTimeField(null=True, blank=True)
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        verbose_name = "API key"
        constraints = [
            models.CheckConstraint(condition=models.Q(mode__in=KeyMode.values), name="accounts_apikey_mode_known"),
            models.CheckConstraint(condition=models.Q(scopes__len__gt=0), name="accounts_apikey_has_scopes"),
        ]
        indexes = [
            models.Index(fields=["-created_at", "-id"], name="accounts_apikey_newest"),
            models.Index(fields=["workspace", "-created_at", "-id"], name="accounts_apikey_of_workspace"),
        ]

    def __str__(self) -> str:
        return self.public_id

    @property
    def public_id(self) -> str:
        return to_public(self.id_prefix, self.id)

    def is_live(self, at: datetime) -> bool:
        """Neither revoked nor expired at ``at``; its maker may still be disabled."""
        return self.revoked_at is None and (self.expires_at is None or self.expires_at > at)
