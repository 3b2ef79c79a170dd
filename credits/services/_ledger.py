"""The one way from Python into the ledger: a single call of a SQL function, and its code as a typed refusal."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Any, NamedTuple

from django.db import OperationalError, connection
from psycopg.errors import LockNotAvailable

from accounts.errors import AccountRestricted
from accounts.states import Capability
from core.errors import FieldError, InvalidInput, Refusal
from credits import errors
from credits.states import OperationKind

MAX_AMOUNT = 10**12
RETRY_AFTER_SECONDS = 1
MAX_KEY_LENGTH = 255
# How long a caller is ready to wait for others at work on the account; None: as long as it takes.
Patience = timedelta | None

# The function's last argument needs the row that sets the limit, so that it cannot be called before that is set.
_PATIENT = "SELECT r.* FROM (SELECT set_config('lock_timeout', %s, true) AS limit_set) AS w CROSS JOIN LATERAL {} AS r"
_LAST, _LAST_AFTER_LIMIT = "%s)", "%s || left(w.limit_set, 0))"


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


def fetch(function: str, parameters: Sequence[Any], *, patience: Patience = None) -> list[Receipt]:
    """The receipts of one ledger function, in one statement. StillRunning where ``patience`` ends before its locks."""
    statement = f"SELECT * FROM {function}"  # noqa: S608  the functions' calls are constants of this package
    if patience is not None:
        statement = _PATIENT.format(function.removesuffix(_LAST) + _LAST_AFTER_LIMIT)
        parameters = (str(round(patience.total_seconds() * 1000)), *parameters)
    try:
        with connection.cursor() as cursor:
            cursor.execute(statement, parameters)
            return [Receipt._make(row) for row in cursor.fetchall()]
    except OperationalError as error:
        if isinstance(error.__cause__, LockNotAvailable):
            raise errors.StillRunning(retry_after_seconds=RETRY_AFTER_SECONDS) from error
        raise


def call(function: str, parameters: Sequence[Any], *, asked: int = 0, patience: Patience = None) -> Receipt:
    """Run one ledger function and return its receipt; raise its refusal where it has one."""
    (receipt,) = fetch(function, parameters, patience=patience)
    if receipt.code not in ("ok", "unchanged"):
        raise refusal_of(receipt, asked=asked)
    return receipt


def prefixed_key(prefix: str, key: str) -> str:
    """``key`` in a space of its own that no other prefix reaches into. Long ones are shortened without colliding."""
    whole = f"{prefix}:{key}"
    return whole if len(whole) <= MAX_KEY_LENGTH else f"{prefix}-sha256:{sha256(key.encode()).hexdigest()}"


def client_key(key: str) -> str:
    """What the ledger remembers for a key that came over HTTP: clients share no names with staff and the product."""
    return prefixed_key("api", key)


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
