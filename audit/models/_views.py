"""Searches that somebody keeps, and files made of them."""

from __future__ import annotations

from typing import ClassVar

from django.db import models

from audit.states import ExportFormat, ExportStatus
from core.ids import new_id, to_public


class SavedView(models.Model):
    """A search of the trail that one staff member keeps under a name."""

    id_prefix: ClassVar[str] = "svw"

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    owner_id = models.CharField(max_length=100)
    name = models.CharField(max_length=100)
    query = models.CharField(max_length=200)
    created_at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["owner_id", "name"], name="audit_savedview_once")]
        indexes = [models.Index(fields=["-created_at", "-id"], name="audit_savedview_newest")]

    def __str__(self) -> str:
        return self.name

    @property
    def public_id(self) -> str:
        return to_public(self.id_prefix, self.id)


class Export(models.Model):
    """A file of rows of one source (``core.registries.ExportSource``), chosen by ``selection``. It expires.

    ``is_revealed`` says that personal data stands in it in full.
    """

    id_prefix: ClassVar[str] = "exp"

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    status = models.CharField(max_length=16, choices=ExportStatus.choices, default=ExportStatus.WAITING)
    status_changed_at = models.DateTimeField()
    format = models.CharField(max_length=8, choices=ExportFormat.choices)
    source = models.CharField(max_length=60)
    selection = models.JSONField(default=dict)
    is_revealed = models.BooleanField(default=False)
    requester_id = models.CharField(max_length=100)
    requester_label = models.TextField(blank=True)
    reason = models.TextField()
    row_count = models.BigIntegerField(default=0)
    is_cut = models.BooleanField(default=False)
    path = models.TextField(blank=True)
    created_at = models.DateTimeField()
    expires_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.CheckConstraint(condition=models.Q(status__in=ExportStatus.values), name="audit_export_status_known")
        ]
        indexes = [
            models.Index(fields=["-created_at", "-id"], name="audit_export_newest"),
            models.Index(fields=["expires_at"], condition=models.Q(status="ready"), name="audit_export_ready"),
        ]

    def __str__(self) -> str:
        return self.public_id

    @property
    def public_id(self) -> str:
        return to_public(self.id_prefix, self.id)
