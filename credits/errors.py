"""What the ledger says no to. Nothing was changed when one of these is raised.

Being out of credits is 409, not 402: RFC 9110 reserves 402 without saying what it means, clients and proxies
treat it each in their own way, and the condition is what 409 describes, a conflict with the present state of the
account that the caller can resolve and then repeat the request.
"""

from __future__ import annotations

from dataclasses import dataclass

from core.errors import NotFound, Refusal

# Exceptions get attributes set by the interpreter and by contextlib, so these cannot be frozen.


@dataclass(eq=False)
class InsufficientCredits(Refusal):
    """Fewer credits are available than asked for."""

    code = "insufficient_credits"
    title = "Not enough credits"
    detail = "{available} credits are available, {requested} were asked for."

    available: int
    requested: int


@dataclass(eq=False)
class AccountFrozen(Refusal):
    """Spending was stopped for this account."""

    code = "account_frozen"
    title = "The account is frozen"
    detail = "Spending is stopped. Holds placed before can still be captured or released."


class AccountNotFrozen(Refusal):
    """There is nothing to unfreeze."""

    code = "account_not_frozen"
    title = "The account is not frozen"


@dataclass(eq=False)
class AccountInDebt(Refusal):
    """Credits were taken back that had been spent; new credits pay that debt first."""

    code = "account_in_debt"
    title = "The account owes credits"
    detail = "{debt} credits were taken back after they had been spent. Credits added pay this debt first."

    debt: int


class HoldNotFound(NotFound):
    """No such hold in this workspace."""

    code = "hold_not_found"
    title = "No such hold"


@dataclass(eq=False)
class HoldSettled(Refusal):
    """A hold settles once, and this one has."""

    code = "hold_settled"
    title = "The hold has been settled"
    detail = "It is {status}."

    status: str


class HoldExpired(Refusal):
    """Its time was over before the capture. Nothing was captured; a caller that did the work may say so."""

    code = "hold_expired"
    title = "The hold has expired"
    detail = "Its credits have returned to the account. Place a new hold."


@dataclass(eq=False)
class CaptureExceedsHold(Refusal):
    """More was asked for than the hold holds."""

    code = "capture_exceeds_hold"
    title = "The capture exceeds the hold"
    detail = "The hold is over {held} credits, {requested} were to be captured."

    held: int
    requested: int


class IdempotencyKeyReused(Refusal):
    """The key stands for another request already."""

    code = "idempotency_key_reused"
    http_status = 422
    title = "The idempotency key was used for another request"
    detail = "Send a new key with a new request, and the same request with the same key."


@dataclass(eq=False)
class StillRunning(Refusal):
    """Something else is at work on the account, perhaps the first request with this key. Nothing was done."""

    code = "still_running"
    title = "Another operation on this account is still running"
    detail = "Nothing was done. Send the same request with the same key again."

    retry_after_seconds: int


class ExpiresInThePast(Refusal):
    """Credits cannot be granted that have expired already."""

    code = "expires_in_the_past"
    http_status = 422
    title = "The expiry is in the past"


class EntryNotFound(NotFound):
    """No such entry in this workspace's ledger."""

    code = "entry_not_found"
    title = "No such entry"


@dataclass(eq=False)
class EntryNotReversible(Refusal):
    """Entries of this kind are undone by other means, or moved nothing."""

    code = "entry_not_reversible"
    title = "This entry cannot be reversed"
    detail = "Entries of the kind {kind} have no reversal."

    kind: str


class EntryAlreadyReversed(Refusal):
    """An entry is reversed once."""

    code = "entry_already_reversed"
    title = "The entry has been reversed already"


@dataclass(eq=False)
class ReversalWouldOverdraw(Refusal):
    """The credits of this grant are spent or held in part."""

    code = "reversal_would_overdraw"
    title = "These credits are spent or held in part"
    detail = "{left} of them can still be taken back by an adjustment."

    left: int


class LotNotFound(NotFound):
    """No such lot in this workspace's account."""

    code = "lot_not_found"
    title = "No such lot"


@dataclass(eq=False)
class ClawBackExceedsGrant(Refusal):
    """A lot can give back no more than was granted with it."""

    code = "claw_back_exceeds_grant"
    http_status = 422
    title = "More was to be taken back than was granted"
    detail = "{granted} credits were granted."

    granted: int


@dataclass(eq=False)
class ApprovalBeyondLimit(Refusal):
    """The approver may not approve that much."""

    code = "approval_beyond_limit"
    http_status = 403
    title = "This is beyond what you may approve"
    detail = "You may approve up to {limit} credits; this is about {requested}."

    requested: int
    limit: int
