"""The one way from Python into the ledger: a single call of a SQL function, and its code as a typed refusal."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from django.db import connection

from accounts.errors import AccountRestricted
from accounts.states import Capability
from core.errors import FieldError, InvalidInput, Refusal
from credits import errors
from credits.states import OperationKind

MAX_AMOUNT = 10**12
MAX_KEY_LENGTH = 255


class Receipt(NamedTuple):
    """What a ledger operation did, and the account after it. ``replayed``: it was done before, not now."""

    code: str
    replayed: bool
    hold_id: uuid.UUID | None
    entry_id: uuid.UUID | None
    lot_id: uuid.UUID | None
    amount: int
    lost: int
    posted: int
    held: int
    debt: int
    available: int
    expires_at: datetime | None
    detail: str | None

    @property
    def is_late(self) -> bool:
        """Captured after the hold had expired."""
        return self.detail == OperationKind.LATE_CAPTURE


def _restricted(receipt: Receipt, _asked: int) -> Refusal:
    ends_at = "" if receipt.detail == "open" else receipt.detail or ""
    return AccountRestricted(capability=Capability.SPEND.value, ends_at=ends_at)


_REFUSALS: dict[str, Callable[[Receipt, int], Refusal]] = {
    "insufficient_credits": lambda r, asked: errors.InsufficientCredits(available=r.available, requested=asked),
    "spending_restricted": _restricted,
    "account_frozen": lambda _r, _asked: errors.AccountFrozen(),
    "account_not_frozen": lambda _r, _asked: errors.AccountNotFrozen(),
    "account_in_debt": lambda r, _asked: errors.AccountInDebt(debt=r.debt),
    "hold_not_found": lambda _r, _asked: errors.HoldNotFound(),
    "hold_settled": lambda r, _asked: errors.HoldSettled(status=r.detail or ""),
    "hold_expired": lambda _r, _asked: errors.HoldExpired(),
    "capture_exceeds_hold": lambda r, asked: errors.CaptureExceedsHold(held=int(r.detail or 0), requested=asked),
    "idempotency_key_reused": lambda _r, _asked: errors.IdempotencyKeyReused(),
    "expires_in_the_past": lambda _r, _asked: errors.ExpiresInThePast(),
    "entry_not_found": lambda _r, _asked: errors.EntryNotFound(),
    "entry_not_reversible": lambda r, _asked: errors.EntryNotReversible(kind=r.detail or ""),
    "entry_already_reversed": lambda _r, _asked: errors.EntryAlreadyReversed(),
    "reversal_would_overdraw": lambda r, _asked: errors.ReversalWouldOverdraw(left=max(0, int(r.detail or 0))),
    "lot_not_found": lambda _r, _asked: errors.LotNotFound(),
    "claw_back_exceeds_grant": lambda r, _asked: errors.ClawBackExceedsGrant(granted=int(r.detail or 0)),
}


def refusal_of(receipt: Receipt, *, asked: int = 0) -> Refusal:
    """The refusal a code stands for."""
    return _REFUSALS[receipt.code](receipt, asked)


def call(statement: str, parameters: Sequence[Any], *, asked: int = 0) -> Receipt:
    """Run one ledger function and return its receipt; raise its refusal where it has one."""
    with connection.cursor() as cursor:
        cursor.execute(statement, parameters)
        receipt = Receipt._make(cursor.fetchone())
    if receipt.code not in ("ok", "unchanged"):
        raise refusal_of(receipt, asked=asked)
    return receipt


def check_amount(amount: int, *, field: str = "amount_credits") -> None:
    """Refuse what is not a whole number of credits from 1 to 10**12."""
    if type(amount) is not int or not 1 <= amount <= MAX_AMOUNT:
        raise InvalidInput(FieldError(field, "out_of_range", f"a whole number from 1 to {MAX_AMOUNT}"))


def check_key(key: str) -> None:
    """Refuse a missing or overlong idempotency key."""
    if not (1 <= len(key) <= MAX_KEY_LENGTH and key.isascii() and key.isprintable()):
        raise InvalidInput(
            FieldError("idempotency_key", "out_of_range", f"1 to {MAX_KEY_LENGTH} printable ASCII characters")
        )
