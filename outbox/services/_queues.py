"""Pausing and resuming queues."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction

from audit import services as audit_services
from core.actors import Actor, Target
from core.errors import NotFound
from outbox.actions import AuditAction
from outbox.errors import QueueAlready
from outbox.models import Queue


def pause_queue(*, name: str, actor: Actor, reason: str, at: datetime, ticket: str = "") -> Queue:
    """No job of the queue starts until it is resumed; what runs, runs on. Refuses NotFound and QueueAlready."""
    with transaction.atomic():
        queue = _locked(name)
        if queue.paused_at is not None:
            raise QueueAlready(queue=name, state="paused")
        queue.paused_at, queue.paused_by, queue.pause_reason = at, actor.label or actor.id, reason
        queue.save(update_fields=["paused_at", "paused_by", "pause_reason"])
        _record(AuditAction.QUEUE_PAUSED, name, ("running", "paused"), actor=actor, reason=reason, ticket=ticket, at=at)
    return queue


def resume_queue(*, name: str, actor: Actor, reason: str, at: datetime, ticket: str = "") -> Queue:
    """Jobs of the queue start again within a second. Refuses NotFound and QueueAlready."""
    with transaction.atomic():
        queue = _locked(name)
        if queue.paused_at is None:
            raise QueueAlready(queue=name, state="running")
        queue.paused_at, queue.paused_by, queue.pause_reason, queue.resumed_at = None, "", "", at
        queue.save(update_fields=["paused_at", "paused_by", "pause_reason", "resumed_at"])
        _record(
            AuditAction.QUEUE_RESUMED, name, ("paused", "running"), actor=actor, reason=reason, ticket=ticket, at=at
        )
    return queue


def _locked(name: str) -> Queue:
    queue = Queue.objects.select_for_update().filter(pk=name).first()
    if queue is None:
        raise NotFound
    return queue


def _record(
    action: AuditAction,
    name: str,
    states: tuple[str, str],
    *,
    actor: Actor,
    reason: str,
    ticket: str,
    at: datetime,
) -> None:
    audit_services.record(
        action=action,
        at=at,
        actor=actor,
        target=Target("outbox.queue", name, name),
        reason=reason,
        ticket=ticket,
        changes={"state": states},
    )
