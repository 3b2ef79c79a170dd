"""Place, capture and release holds: the hot path. One statement each, in autocommit where the caller lets it."""

from __future__ import annotations

import uuid
from datetime import datetime, timedelta

from core.actors import Actor
from core.context import current
from core.errors import FieldError, InvalidInput
from core.events import publish_done
from credits.events import HoldCaptured, HoldCapturedLate, HoldPlaced, HoldReleased
from credits.services._ledger import Patience, Receipt, call, check_amount, check_key

DEFAULT_HOLD = timedelta(minutes=15)
LONGEST_HOLD = timedelta(days=7)
MAX_HOLD_SECONDS = int(LONGEST_HOLD.total_seconds())
MAX_PURPOSE_LENGTH = 200

# Whether the customer may spend is asked of accounts' own function in the same statement (docs/adr/0042).
_PLACE = "credits_place_hold(%s, %s, %s, %s, accounts_restriction_on(%s, %s, 'spend', %s), %s, %s, %s, %s, %s)"
_CAPTURE = "credits_capture_hold(%s, %s, %s, %s, %s, %s, %s, %s, %s)"
_RELEASE = "credits_release_hold(%s, %s, %s, %s, %s, %s, %s)"


def hold_seconds(expires_in: timedelta) -> int:
    """The life of a hold in seconds. Refuses less than a second and more than a week."""
    if not timedelta(seconds=1) <= expires_in <= LONGEST_HOLD:
        raise InvalidInput(FieldError("expires_in_seconds", "out_of_range", "from 1 second to 7 days"))
    return int(expires_in.total_seconds())


def check_purpose(purpose: str) -> None:
    """Refuse a hold that does not say what it is for, or says it in control characters."""
    if not (1 <= len(purpose) <= MAX_PURPOSE_LENGTH and purpose.isprintable()):
        raise InvalidInput(FieldError("purpose", "out_of_range", f"1 to {MAX_PURPOSE_LENGTH} printable characters"))


def place_hold(
    *,
    workspace_id: uuid.UUID,
    amount: int,
    purpose: str,
    actor: Actor,
    at: datetime,
    idempotency_key: str,
    expires_in: timedelta = DEFAULT_HOLD,
    user_id: uuid.UUID | None = None,
    patience: Patience = None,
) -> Receipt:
    """Set ``amount`` credits aside until captured, released or expired. Returns the receipt with ``hold_id``.

    ``user_id`` is the person who spends, where there is one: a restriction may be theirs or the workspace's.

    With ``patience`` it waits no longer than that for others at work on the account, then refuses StillRunning.

    Refuses: InsufficientCredits, AccountRestricted, AccountFrozen, AccountInDebt, IdempotencyKeyReused, InvalidInput.
    """
    check_amount(amount)
    check_key(idempotency_key)
    check_purpose(purpose)
    receipt = call(
        _PLACE,
        (
            workspace_id,
            amount,
            purpose,
            hold_seconds(expires_in),
            workspace_id,
            user_id,
            at,
            at,
            idempotency_key,
            actor.kind.value,
            actor.id,
            current().request_id,
        ),
        asked=amount,
        patience=patience,
    )
    if not receipt.replayed and receipt.hold_id is not None:
        publish_done(HoldPlaced(workspace_id, receipt.hold_id, amount, purpose, at))
    return receipt


def capture_hold(
    *,
    workspace_id: uuid.UUID,
    hold_id: uuid.UUID,
    actor: Actor,
    at: datetime,
    idempotency_key: str,
    amount: int | None = None,
    allow_late: bool = False,
    patience: Patience = None,
) -> Receipt:
    """Spend a hold, whole or ``amount`` of it; the rest returns to the account in the same step.

    With ``allow_late`` (for work that did run) an expired hold is captured from what is available; what is not
    available any more is the receipt's ``lost``, and the hold says so.

    Refuses: HoldNotFound, HoldSettled, HoldExpired, CaptureExceedsHold, IdempotencyKeyReused, InvalidInput; and
    StillRunning as ``place_hold``.
    """
    if amount is not None:
        check_amount(amount)
    check_key(idempotency_key)
    receipt = call(
        _CAPTURE,
        (
            workspace_id,
            hold_id,
            amount,
            allow_late,
            at,
            idempotency_key,
            actor.kind.value,
            actor.id,
            current().request_id,
        ),
        asked=amount or 0,
        patience=patience,
    )
    if not receipt.replayed and receipt.entry_id is not None:
        publish_captured(receipt, workspace_id=workspace_id, hold_id=hold_id, at=at)
    return receipt


def publish_captured(receipt: Receipt, *, workspace_id: uuid.UUID, hold_id: uuid.UUID, at: datetime) -> None:
    """Tell that a hold was captured, in time or late."""
    assert receipt.entry_id is not None
    if receipt.is_late:
        publish_done(HoldCapturedLate(workspace_id, hold_id, receipt.entry_id, receipt.amount, receipt.lost, at))
    else:
        publish_done(HoldCaptured(workspace_id, hold_id, receipt.entry_id, receipt.amount, receipt.posted, at))


def release_hold(
    *,
    workspace_id: uuid.UUID,
    hold_id: uuid.UUID,
    actor: Actor,
    at: datetime,
    idempotency_key: str,
    patience: Patience = None,
) -> Receipt:
    """Return all of a hold to the account.

    Refuses: HoldNotFound, HoldSettled, IdempotencyKeyReused; and StillRunning as ``place_hold``.
    """
    check_key(idempotency_key)
    receipt = call(
        _RELEASE,
        (workspace_id, hold_id, at, idempotency_key, actor.kind.value, actor.id, current().request_id),
        patience=patience,
    )
    if not receipt.replayed:
        publish_done(HoldReleased(workspace_id, hold_id, receipt.amount, at))
    return receipt
