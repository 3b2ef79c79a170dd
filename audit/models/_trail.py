"""Entries and their payloads. Their SQL is in migrations/sql; only audit_record writes them."""

from __future__ import annotations

import json
from typing import Any, ClassVar

from django.db import models
from django.utils.translation import gettext_lazy as _

from audit.ids import entry_public_id
from core.trail import Outcome


class Entry(models.Model):
    """One thing that somebody did, tried or failed to do. It holds no personal data and never changes."""

    seq = models.BigIntegerField(primary_key=True)
    occurred_at = models.DateTimeField()
    recorded_at = models.DateTimeField()
    txid = models.BigIntegerField()
    action = models.TextField()
    outcome = models.TextField(
        choices=[(Outcome.DONE, _("Done")), (Outcome.REFUSED, _("Refused")), (Outcome.FAILED, _("Failed"))]
    )
    actor_kind = models.TextField()
    actor_id = models.TextField()
    impersonator_id = models.TextField()
    target_kind = models.TextField()
    target_id = models.TextField()
    ticket = models.TextField()
    request_id = models.TextField()
    session_id = models.TextField()
    api_key_id = models.TextField()
    commitment = models.BinaryField()
    content_hash = models.BinaryField()
    # The payload has the same key; it is absent where it was withdrawn.
    payload = models.ForeignObject(
        "audit.Payload",
        from_fields=("occurred_at", "seq"),
        to_fields=("occurred_at", "seq"),
        on_delete=models.DO_NOTHING,
        null=True,
        related_name="+",
    )

    class Meta:
        managed = False
        db_table = "audit_entry"
        verbose_name_plural = "entries"

    def __str__(self) -> str:
        return self.public_id

    @property
    def public_id(self) -> str:
        return entry_public_id(occurred_at=self.occurred_at, seq=self.seq)


class Payload(models.Model):
    """What in an entry can identify a person. Erasure deletes the row, salt and all."""

    seq = models.BigIntegerField(primary_key=True)
    occurred_at = models.DateTimeField()
    salt = models.BinaryField()
    ip = models.GenericIPAddressField(null=True)
    user_agent = models.TextField()
    actor_label = models.TextField()
    impersonator_label = models.TextField()
    target_label = models.TextField()
    reason = models.TextField()
    changes = models.TextField()
    details = models.TextField()

    class Meta:
        managed = False
        db_table = "audit_payload"
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["occurred_at", "seq"], name="audit_payload_pkey")
        ]

    def __str__(self) -> str:
        return f"payload {self.seq}"

    @property
    def change_pairs(self) -> dict[str, tuple[Any, Any]]:
        """What changed: old and new value by field."""
        return {name: (old, new) for name, (old, new) in json.loads(self.changes or "{}").items()}

    @property
    def detail_values(self) -> dict[str, Any]:
        """Further facts of the entry, by name."""
        return dict(json.loads(self.details or "{}"))
