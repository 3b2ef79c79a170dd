"""Forgetting a person: what identifies them goes, the fact that a mail went out stays."""

from __future__ import annotations

from outbox.models import Attempt, Job, MailEvent, Message
from outbox.states import LIVE, MessageStatus


def erase_messages_of(key: str) -> int:
    """Blank address, subject and values of every message to the user ``key``; returns how many.

    A message still queued is not sent any more.
    """
    if not key:
        return 0
    rows = Message.objects.filter(recipient_key=key)
    rows.filter(status=MessageStatus.QUEUED).update(status=MessageStatus.FAILED, problem="The recipient was erased.")
    MailEvent.objects.filter(message__in=rows.values("pk")).update(recipient_hint="", description="")
    return rows.update(recipient="erased@invalid.invalid", subject="", values={}, recipient_key="")


def erase_jobs_of(key: str) -> int:
    """Blank what the finished jobs of the user ``key`` knew and said, each attempt's words too; returns how many."""
    if not key:
        return 0
    rows = Job.objects.filter(actor_id=key).exclude(status__in=LIVE)
    Attempt.objects.filter(job__in=rows.values("pk")).update(error="", traceback="")
    return rows.update(context={}, arguments={}, error="", traceback="", actor_id="", cancel_reason="")
