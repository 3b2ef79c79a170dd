"""What providers tell us about messages: stored first, then applied by a job."""

from __future__ import annotations

from datetime import datetime, timedelta

import structlog
from django.db import transaction

from core import events, jobs, states
from core.ids import from_public
from outbox.addresses import hash_of, hint_of
from outbox.events import MessageBounced, MessageComplained
from outbox.models import MailEvent, Message
from outbox.services._suppressions import suppress_by_event
from outbox.states import MESSAGE_MOVES, MessageStatus, SuppressionCause

log = structlog.get_logger(__name__)

APPLY_JOB = "outbox.apply_mail_event"
PATIENCE = timedelta(minutes=10)
ASK_AGAIN = timedelta(seconds=30)

# anymail's normalized names (anymail.dev/en/stable/sending/tracking). Opens and clicks are not kept.
TARGETS = {
    "delivered": MessageStatus.DELIVERED,
    "bounced": MessageStatus.BOUNCED,
    "complained": MessageStatus.COMPLAINED,
    "rejected": MessageStatus.FAILED,
    "failed": MessageStatus.FAILED,
}
KEPT = frozenset(TARGETS) | {"deferred", "unsubscribed"}
_HARD = frozenset({"bounced", "invalid"})


def store_mail_event(
    *,
    provider: str,
    event_key: str,
    kind: str,
    provider_id: str,
    recipient: str,
    reject_reason: str,
    description: str,
    message_key: str,
    happened_at: datetime | None,
    at: datetime,
) -> MailEvent | None:
    """Keep what a provider reported and enqueue its application; None where it was kept before or is no news."""
    if kind not in KEPT:
        return None
    message_id = from_public(Message.id_prefix, message_key)
    known = Message.objects.filter(pk=message_id).exists() if message_id else False
    if recipient:
        description = description.replace(recipient, hint_of(recipient))
    with transaction.atomic():
        event, created = MailEvent.objects.get_or_create(
            provider=provider[:40],
            event_key=event_key[:255],
            defaults={
                "kind": kind,
                "provider_id": provider_id[:255],
                "recipient_hash": hash_of(recipient) if recipient else "",
                "recipient_hint": hint_of(recipient) if recipient else "",
                "reject_reason": reject_reason[:40],
                "description": description[:500],
                "happened_at": happened_at,
                "received_at": at,
                "message_id": message_id if known else None,
            },
        )
        if not created:
            return None
        jobs.enqueue(APPLY_JOB, arguments={"event_id": event.pk})
    return event


def apply_mail_event(*, event_id: int, at: datetime) -> None:
    """Move the message an event speaks of, and suppress its address where that is called for.

    A provider may be quicker than our own note that the message is out: then it is asked again later.
    """
    with transaction.atomic():
        event = MailEvent.objects.select_for_update().get(pk=event_id)
        if event.applied_at is not None:
            return
        _suppress(event, at)
        message = _message_of(event)
        is_early = message is None or message.status == MessageStatus.QUEUED
        if is_early and at - event.received_at < PATIENCE:
            jobs.enqueue(APPLY_JOB, arguments={"event_id": event.pk}, run_at=at + ASK_AGAIN)
            return
        if message is not None:
            event.message = message
            _move(message, event, at)
        event.applied_at = at
        event.save(update_fields=["message", "applied_at"])


def _message_of(event: MailEvent) -> Message | None:
    rows = Message.objects.select_for_update()
    if event.message_id:
        return rows.filter(pk=event.message_id).first()
    if not event.provider_id:
        return None
    sent = rows.filter(provider_id=event.provider_id)
    return next((row for row in sent if hash_of(row.recipient) == event.recipient_hash), None)


def _suppress(event: MailEvent, at: datetime) -> None:
    cause = None
    if event.kind == "complained":
        cause = SuppressionCause.COMPLAINED
    elif event.kind == "unsubscribed":
        cause = SuppressionCause.UNSUBSCRIBED
    elif event.kind == "bounced" and event.reject_reason in _HARD:
        cause = SuppressionCause.BOUNCED
    if cause and event.recipient_hash:
        suppress_by_event(
            address_hash=event.recipient_hash,
            address_hint=event.recipient_hint,
            cause=cause,
            note=f"{event.provider}: {event.description}",
            at=at,
        )


def _move(message: Message, event: MailEvent, at: datetime) -> None:
    target = TARGETS.get(event.kind)
    if target is None or target not in MESSAGE_MOVES[MessageStatus(message.status)]:
        log.info("mail_event_changes_nothing", message=message.public_id, kind=event.kind, status=message.status)
        return
    states.move(message, moves=MESSAGE_MOVES, target=target, at=at)
    if target is not MessageStatus.DELIVERED:
        message.problem = f"{event.reject_reason}: {event.description}"[:500]
    message.save(update_fields=["status", "status_changed_at", "problem"])
    if target is MessageStatus.BOUNCED:
        events.publish(MessageBounced(message_id=message.public_id, recipient_key=message.recipient_key))
    elif target is MessageStatus.COMPLAINED:
        events.publish(MessageComplained(message_id=message.public_id, recipient_key=message.recipient_key))
