"""What the checks of the trail found."""

from __future__ import annotations

from typing import ClassVar

from django.db import models

from core.ids import new_id, to_public


class Stray(models.Model):
    """A change of a watched table whose transaction left no entry: it was made outside the application."""

    id = models.BigIntegerField(primary_key=True)
    changed_at = models.DateTimeField()
    table_name = models.CharField(max_length=63)
    operation = models.CharField(max_length=16)
    row_id = models.TextField()
    txid = models.BigIntegerField()
    found_at = models.DateTimeField()
    acknowledged_at = models.DateTimeField(null=True)
    acknowledged_by = models.CharField(max_length=100, blank=True)
    acknowledgement = models.TextField(blank=True)

    class Meta:
        indexes = [
            models.Index(fields=["-changed_at", "-id"], name="audit_stray_newest"),
            models.Index(
                fields=["id"], condition=models.Q(acknowledged_at__isnull=True), name="audit_stray_unexplained"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.operation} of {self.table_name} {self.row_id}"


class Verification(models.Model):
    """One run over the trail, and the first thing it found wrong. A run may end before the trail does."""

    id_prefix: ClassVar[str] = "ver"

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    started_at = models.DateTimeField()
    finished_at = models.DateTimeField()
    is_complete = models.BooleanField()
    verified_from = models.BigIntegerField()
    verified_to = models.BigIntegerField()
    entries_checked = models.BigIntegerField()
    payloads_withdrawn = models.BigIntegerField()
    finding_count = models.BigIntegerField()
    first_bad_seq = models.BigIntegerField(null=True)
    first_bad_kind = models.CharField(max_length=32, blank=True)
    findings = models.JSONField(default=list)

    class Meta:
        indexes = [models.Index(fields=["-finished_at", "-id"], name="audit_verification_newest")]

    def __str__(self) -> str:
        return self.public_id

    @property
    def public_id(self) -> str:
        return to_public(self.id_prefix, self.id)

    @property
    def is_clean(self) -> bool:
        return self.finding_count == 0
