"""Bulk runs: one console action over many objects, each in a transaction of its own."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import structlog
from django.db import transaction

from audit import services as audit_services
from core import context, events, jobs, states
from core.actors import Actor, Target
from core.console.running import run_action
from core.errors import NotFound, Refusal
from outbox.actions import AuditAction
from outbox.errors import BulkSizeRefused, ForeignBulkRun
from outbox.events import BulkRunFinished
from outbox.models import BulkItem, BulkRun
from outbox.services._dependents import CHUNK_JOB, end_run
from outbox.states import BULK_MOVES, BulkStatus, ItemStatus

log = structlog.get_logger(__name__)

BULK_LIMIT = 10_000
CHUNK_SIZE = 50
TARGET = "outbox.bulk_run"
_MESSAGE_LIMIT = 500


def start_bulk_run(
    *, action: str, object_ids: Sequence[str], data: Mapping[str, Any], reason: str, ticket: str, at: datetime
) -> BulkRun:
    """Write a run over ``object_ids`` and enqueue its first chunk. Refuses BulkSizeRefused.

    Every item will act as the context's actor, who must then still hold the action's permission.
    """
    chosen = list(dict.fromkeys(str(object_id) for object_id in object_ids))
    if not 0 < len(chosen) <= BULK_LIMIT:
        raise BulkSizeRefused(limit=BULK_LIMIT)
    actor = context.current().actor
    with transaction.atomic():
        run = BulkRun.objects.create(
            action=action,
            data=dict(data),
            reason=reason,
            ticket=ticket,
            actor_id=actor.id,
            actor_label=actor.label,
            total=len(chosen),
            created_at=at,
            status_changed_at=at,
        )
        BulkItem.objects.bulk_create(
            [BulkItem(run=run, position=place, object_id=object_id) for place, object_id in enumerate(chosen)]
        )
        audit_services.record(
            action=AuditAction.BULK_STARTED,
            at=at,
            target=Target(TARGET, run.public_id),
            reason=reason,
            ticket=ticket,
            details={"action": action, "objects": len(chosen)},
        )
        jobs.enqueue(CHUNK_JOB, arguments={"run_id": str(run.id)}, dedupe_key=str(run.id))
    return run


def run_bulk_chunk(*, run_id: UUID, at: datetime) -> int:
    """Act on the next items of a run, each with its outcome; returns how many. More follow in another job.

    An item and its outcome commit together, so a chunk that dies goes on where it was. Refuses
    ForeignBulkRun where the context's actor is not who started the run.
    """
    _refuse_foreign(run_id)
    done = 0
    while done < CHUNK_SIZE and not jobs.should_stop() and _run_next(run_id, at):
        done += 1
    with transaction.atomic():
        run = BulkRun.objects.select_for_update().get(pk=run_id)
        if run.status != BulkStatus.RUNNING:
            return done
        if run.items.filter(status=ItemStatus.WAITING).exists():
            jobs.enqueue(CHUNK_JOB, arguments={"run_id": str(run.id)}, dedupe_key=str(run.id))
            return done
        states.move(run, moves=BULK_MOVES, target=BulkStatus.FINISHED, at=at)
        run.finished_at = at
        run.save(update_fields=["status", "status_changed_at", "finished_at"])
        events.publish(BulkRunFinished(run_id=run.public_id, actor_id=run.actor_id))
    return done


def _refuse_foreign(run_id: UUID) -> None:
    run = BulkRun.objects.get(pk=run_id)
    if context.current().actor.id != run.actor_id:
        raise ForeignBulkRun(run=run.public_id)


def _run_next(run_id: UUID, at: datetime) -> bool:
    with transaction.atomic():
        run = BulkRun.objects.select_for_update(no_key=True).get(pk=run_id)
        waiting = run.items.select_for_update(skip_locked=True).filter(status=ItemStatus.WAITING)
        item = waiting.order_by("position").first() if run.status == BulkStatus.RUNNING else None
        if item is None:
            return False
        item.status, message = _outcome(run, item, at)
        item.message, item.finished_at = message[:_MESSAGE_LIMIT], at
        item.save(update_fields=["status", "message", "finished_at"])
    return True


def _outcome(run: BulkRun, item: BulkItem, at: datetime) -> tuple[ItemStatus, str]:
    """The action's own savepoint undoes what it began; its refused or failed entry stays with the outcome."""
    try:
        message = run_action(
            action=run.action,
            object_id=item.object_id,
            data=run.data,
            reason=run.reason,
            ticket=run.ticket,
            at=at,
            idempotency_key=f"{run.public_id}:{item.object_id}",
        )
    except Refusal as refusal:
        return ItemStatus.REFUSED, str(refusal)
    except Exception as error:
        log.exception("bulk_item_failed", run=run.public_id, object=item.object_id)
        return ItemStatus.FAILED, type(error).__name__
    return ItemStatus.DONE, message


def cancel_bulk_run(*, run_id: UUID, actor: Actor, reason: str, at: datetime, ticket: str = "") -> BulkRun:
    """Stop a run after the item in progress; the rest is skipped. Refuses NotFound and InvalidTransition."""
    with transaction.atomic():
        run = BulkRun.objects.select_for_update().filter(pk=run_id).first()
        if run is None:
            raise NotFound
        skipped = end_run(run, at=at)
        audit_services.record(
            action=AuditAction.BULK_CANCELED,
            at=at,
            actor=actor,
            target=Target(TARGET, run.public_id),
            reason=reason,
            ticket=ticket,
            details={"skipped": skipped},
        )
    return run
