"""Credits that come in, and credits that are taken back because they were not paid for after all."""

from __future__ import annotations

import uuid
from datetime import datetime

from core.actors import Actor
from core.context import current
from core.errors import FieldError, InvalidInput
from core.events import publish_done
from credits.events import CreditsClawedBack, CreditsGranted
from credits.services._ledger import Receipt, call, check_amount, check_key
from credits.states import BURN_PRIORITY, LotSource

_GRANT = "credits_grant(%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s)"
_CLAW_BACK = "credits_claw_back(%s, %s, %s, %s, %s, %s, %s, %s, %s, %s)"


def grant(
    *,
    workspace_id: uuid.UUID,
    amount: int,
    source: LotSource,
    actor: Actor,
    at: datetime,
    idempotency_key: str,
    source_ref: str = "",
    priority: int | None = None,
    expires_at: datetime | None = None,
    paid_amount_minor: int = 0,
    currency: str = "",
    reason_code: str = "",
) -> Receipt:
    """Add a lot of ``amount`` credits, for which ``paid_amount_minor`` was paid. Debt is paid first.

    Key it by what was paid (a payment, an invoice line), never by the event that told of it. ``priority`` (0 to
    100, lower burns first) is the source's own unless given. Returns the receipt with ``lot_id``.

    Refuses: ExpiresInThePast, IdempotencyKeyReused, InvalidInput.
    """
    check_amount(amount)
    check_key(idempotency_key)
    _check_price(paid_amount_minor, currency)
    receipt = call(
        _GRANT,
        (
            workspace_id,
            amount,
            LotSource(source).value,
            source_ref,
            BURN_PRIORITY[LotSource(source)] if priority is None else priority,
            expires_at,
            paid_amount_minor,
            currency,
            reason_code,
            at,
            idempotency_key,
            actor.kind.value,
            actor.id,
            current().request_id,
        ),
    )
    if not receipt.replayed and receipt.entry_id is not None and receipt.lot_id is not None:
        publish_done(
            CreditsGranted(workspace_id, receipt.entry_id, receipt.lot_id, amount, str(source), receipt.posted, at)
        )
    return receipt


def _check_price(paid_amount_minor: int, currency: str) -> None:
    if paid_amount_minor < 0 or (paid_amount_minor and not currency):
        raise InvalidInput(FieldError("paid_amount_minor", "invalid", "minor units, with their currency"))


def claw_back(
    *,
    workspace_id: uuid.UUID,
    lot_id: uuid.UUID,
    target_amount: int,
    actor: Actor,
    at: datetime,
    idempotency_key: str,
    reinstate: bool = False,
    reason_code: str = "",
) -> Receipt:
    """Take back credits of a lot until ``target_amount`` of what it granted are gone in total.

    An absolute target makes doubled and swapped messages harmless: one that is reached, or lower than what was
    reached, changes nothing (``receipt.code`` is ``unchanged``). Only with ``reinstate`` does a lower target give
    credits back, as a new lot like the first one. What is held is left alone; what was spent becomes debt, which
    stops new holds until credits that come in have paid it.

    Refuses: LotNotFound, ClawBackExceedsGrant, IdempotencyKeyReused, InvalidInput.
    """
    check_key(idempotency_key)
    if target_amount < 0:
        raise InvalidInput(FieldError("target_amount", "out_of_range", "zero or more"))
    receipt = call(
        _CLAW_BACK,
        (
            workspace_id,
            lot_id,
            target_amount,
            reinstate,
            reason_code,
            at,
            idempotency_key,
            actor.kind.value,
            actor.id,
            current().request_id,
        ),
    )
    if not receipt.replayed and receipt.entry_id is not None:
        publish_done(
            CreditsClawedBack(workspace_id, receipt.entry_id, lot_id, receipt.amount, receipt.posted, receipt.debt, at)
        )
    return receipt
