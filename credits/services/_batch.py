"""Many hold operations in one call: one transaction, one outcome each."""

from __future__ import annotations

import json
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from core.actors import Actor
from core.context import current
from core.errors import FieldError, InvalidInput, Refusal
from core.events import publish_done
from credits.events import HoldPlaced, HoldReleased
from credits.services._holds import DEFAULT_HOLD, check_purpose, hold_seconds, publish_captured
from credits.services._ledger import Patience, Receipt, check_amount, check_key, fetch, prefixed_key, refusal_of

MAX_OPERATIONS = 50

_BATCH = """credits_run_batch(
    %s::jsonb, %s,
    (SELECT coalesce(jsonb_object_agg(id, ends) FILTER (WHERE ends <> ''), '{}')
       FROM (SELECT id, accounts_restriction_on(id, %s, 'spend', %s) AS ends FROM unnest(%s::uuid[]) AS id) AS r),
    %s, %s, %s, %s, %s)"""


@dataclass(frozen=True, slots=True)
class PlaceHold:
    """One hold of a batch; see ``place_hold``."""

    workspace_id: uuid.UUID
    amount: int
    purpose: str
    idempotency_key: str
    expires_in: timedelta = DEFAULT_HOLD

    def as_json(self) -> dict[str, Any]:
        check_amount(self.amount)
        check_purpose(self.purpose)
        return {"op": "hold", "amount": self.amount, "purpose": self.purpose, "seconds": hold_seconds(self.expires_in)}


@dataclass(frozen=True, slots=True)
class CaptureHold:
    """One capture of a batch; see ``capture_hold``."""

    workspace_id: uuid.UUID
    hold_id: uuid.UUID
    idempotency_key: str
    amount: int | None = None
    allow_late: bool = False

    def as_json(self) -> dict[str, Any]:
        if self.amount is not None:
            check_amount(self.amount)
        return {"op": "capture", "hold": str(self.hold_id), "amount": self.amount, "allow_late": self.allow_late}


@dataclass(frozen=True, slots=True)
class ReleaseHold:
    """One release of a batch; see ``release_hold``."""

    workspace_id: uuid.UUID
    hold_id: uuid.UUID
    idempotency_key: str

    def as_json(self) -> dict[str, Any]:
        return {"op": "release", "hold": str(self.hold_id)}


HoldOperation = PlaceHold | CaptureHold | ReleaseHold


@dataclass(frozen=True, slots=True)
class BatchOutcome:
    """What became of one operation: its receipt, and the refusal where it was refused."""

    operation: HoldOperation
    receipt: Receipt
    refusal: Refusal | None


def operation_key(key: str, number: int) -> str:
    """The key of one operation of a batch that has a key of its own."""
    return prefixed_key(f"part:{number}", key)


def run_batch(
    *,
    operations: Sequence[HoldOperation],
    actor: Actor,
    at: datetime,
    idempotency_key: str = "",
    workspace_id: uuid.UUID | None = None,
    user_id: uuid.UUID | None = None,
    patience: Patience = None,
) -> list[BatchOutcome]:
    """Do up to 50 hold operations in one transaction; a refused one leaves the others alone. In the order given.

    Each has a key of its own. With ``idempotency_key`` (counted in ``workspace_id``'s account) the batch as a whole
    is remembered too: repeated, it returns the first outcomes; with other operations it is refused. ``user_id`` and
    ``patience`` are as in ``place_hold``.

    Refuses as a whole: IdempotencyKeyReused, StillRunning, InvalidInput (one operation is malformed, or there are none
    or too many).
    """
    if not 1 <= len(operations) <= MAX_OPERATIONS:
        raise InvalidInput(FieldError("operations", "out_of_range", f"1 to {MAX_OPERATIONS} operations"))
    asked = []
    for operation in operations:
        check_key(operation.idempotency_key)
        asked.append({"account": str(operation.workspace_id), "key": operation.idempotency_key, **operation.as_json()})
    receipts = fetch(
        _BATCH,
        (
            json.dumps(asked),
            workspace_id,
            user_id,
            at,
            list({operation.workspace_id for operation in operations if isinstance(operation, PlaceHold)}),
            at,
            idempotency_key,
            actor.kind.value,
            actor.id,
            current().request_id,
        ),
        patience=patience,
    )
    if receipts[0].detail == "batch":
        raise refusal_of(receipts[0])
    outcomes = [_outcome(operation, receipt) for operation, receipt in zip(operations, receipts, strict=True)]
    for outcome in outcomes:
        _publish(outcome, at=at)
    return outcomes


def _outcome(operation: HoldOperation, receipt: Receipt) -> BatchOutcome:
    amount = 0 if isinstance(operation, ReleaseHold) else operation.amount or 0
    return BatchOutcome(operation, receipt, None if receipt.code == "ok" else refusal_of(receipt, asked=amount))


def _publish(outcome: BatchOutcome, *, at: datetime) -> None:
    operation, receipt = outcome.operation, outcome.receipt
    if outcome.refusal or receipt.replayed or receipt.hold_id is None:
        return
    if isinstance(operation, PlaceHold):
        publish_done(HoldPlaced(operation.workspace_id, receipt.hold_id, receipt.amount, operation.purpose, at))
    elif isinstance(operation, CaptureHold):
        publish_captured(receipt, workspace_id=operation.workspace_id, hold_id=operation.hold_id, at=at)
    else:
        publish_done(HoldReleased(operation.workspace_id, operation.hold_id, receipt.amount, at))
