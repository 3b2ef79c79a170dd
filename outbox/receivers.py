"""Receives what libraries send: anymail's reports about messages."""

from __future__ import annotations

import hashlib
from typing import Any

from anymail.signals import AnymailTrackingEvent, tracking

from core.clock import now
from outbox import services


def on_tracking(event: AnymailTrackingEvent, esp_name: str, **_: Any) -> None:
    """Keep one report. Providers send reports again; ``event_key`` tells which are the same."""
    parts = (event.event_id, event.message_id, event.event_type, event.recipient, event.timestamp)
    key = str(event.event_id or hashlib.sha256(repr(parts).encode()).hexdigest())
    services.store_mail_event(
        provider=esp_name,
        event_key=f"{event.event_type}:{key}",
        kind=str(event.event_type),
        provider_id=str(event.message_id or ""),
        recipient=str(event.recipient or ""),
        reject_reason=str(event.reject_reason or ""),
        description=str(event.description or event.mta_response or ""),
        message_key=str((event.metadata or {}).get("message", "")),
        happened_at=event.timestamp,
        at=now(),
    )


def connect() -> None:
    """Called once by ``ready()``."""
    tracking.connect(on_tracking, dispatch_uid="outbox.on_tracking")
