"""Personal data this app holds, for export and erasure. The key is a user's public id."""

from __future__ import annotations

from typing import Any

from core.registries import PrivacySource
from outbox import services
from outbox.models import Message


def export_messages(key: str) -> list[dict[str, Any]]:
    """The mail we sent to the user: what kind, when, to which address, what became of it."""
    columns = ("template", "subject", "recipient", "language", "status", "created_at", "sent_at")
    mine = Message.objects.filter(recipient_key=key).exclude(recipient_key="")
    return list(mine.order_by("created_at").values(*columns))


SOURCES = (
    PrivacySource(
        name="outbox.messages", models=("outbox.Message",), export=export_messages, erase=services.erase_messages_of
    ),
    PrivacySource(
        name="outbox.jobs",
        models=("outbox.Job", "outbox.Attempt"),
        export=lambda _key: [],
        erase=services.erase_jobs_of,
        keep_reason="Contexts of finished jobs (address, browser) are deleted with the job after 14 days at most.",
    ),
)
