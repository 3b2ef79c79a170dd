"""Correcting the ledger: it is never rewritten, so a mistake is answered by another entry."""

from __future__ import annotations

import uuid
from datetime import datetime

from core.actors import Actor
from core.context import current
from core.events import publish_done
from credits.events import CreditsAdjusted, EntryReversed
from credits.services._ledger import Receipt, call, check_amount, check_key
from credits.states import BURN_PRIORITY, LotSource, ReasonCode

_ADJUST = "credits_adjust(%s, %s, %s, %s, %s, %s, %s, %s, %s, %s)"
_REVERSE = "credits_reverse_entry(%s, %s, %s, %s, %s, %s, %s, %s)"


def post_adjustment(
    *,
    workspace_id: uuid.UUID,
    amount: int,
    reason_code: ReasonCode,
    actor: Actor,
    at: datetime,
    idempotency_key: str,
    expires_at: datetime | None = None,
) -> Receipt:
    """Add credits as a lot of their own, or take them (negative) from what is available, in burn order.

    Refuses: InsufficientCredits, ExpiresInThePast, IdempotencyKeyReused, InvalidInput.
    """
    check_amount(abs(amount))
    check_key(idempotency_key)
    receipt = call(
        _ADJUST,
        (
            workspace_id,
            amount,
            BURN_PRIORITY[LotSource.ADJUSTMENT],
            expires_at,
            ReasonCode(reason_code).value,
            at,
            idempotency_key,
            actor.kind.value,
            actor.id,
            current().request_id,
        ),
        asked=abs(amount),
    )
    if not receipt.replayed and receipt.entry_id is not None:
        publish_done(
            CreditsAdjusted(workspace_id, receipt.entry_id, receipt.amount, str(reason_code), receipt.posted, at)
        )
    return receipt


def reverse_entry(
    *,
    workspace_id: uuid.UUID,
    entry_id: uuid.UUID,
    actor: Actor,
    at: datetime,
    idempotency_key: str,
    reason_code: ReasonCode = ReasonCode.CORRECTION,
) -> Receipt:
    """Undo a grant, a capture or an adjustment by its opposite, through the lots it touched. Once.

    For parts of the product (a job that failed after its capture); staff go through ``reverse_by_staff``. What a
    spend returns to a lot that is past its expiry expires again with the next sweep.

    Refuses: EntryNotFound, EntryNotReversible, EntryAlreadyReversed, ReversalWouldOverdraw, IdempotencyKeyReused.
    """
    check_key(idempotency_key)
    receipt = call(
        _REVERSE,
        (
            workspace_id,
            entry_id,
            ReasonCode(reason_code).value,
            at,
            idempotency_key,
            actor.kind.value,
            actor.id,
            current().request_id,
        ),
    )
    if not receipt.replayed and receipt.entry_id is not None:
        publish_done(EntryReversed(workspace_id, receipt.entry_id, entry_id, receipt.amount, receipt.posted, at))
    return receipt
