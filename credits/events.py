"""Facts of the ledger, delivered after they are committed. Ids are primary keys."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class HoldPlaced:
    workspace_id: uuid.UUID
    hold_id: uuid.UUID
    amount: int
    purpose: str
    at: datetime


@dataclass(frozen=True, slots=True)
class HoldCaptured:
    """``amount`` was spent; what the hold had beyond it has returned."""

    workspace_id: uuid.UUID
    hold_id: uuid.UUID
    entry_id: uuid.UUID
    amount: int
    balance: int
    at: datetime


@dataclass(frozen=True, slots=True)
class HoldCapturedLate:
    """Work ran on after its hold had expired: ``amount`` was still there, ``lost`` was not."""

    workspace_id: uuid.UUID
    hold_id: uuid.UUID
    entry_id: uuid.UUID
    amount: int
    lost: int
    at: datetime


@dataclass(frozen=True, slots=True)
class HoldReleased:
    workspace_id: uuid.UUID
    hold_id: uuid.UUID
    amount: int
    at: datetime


@dataclass(frozen=True, slots=True)
class HoldExpired:
    workspace_id: uuid.UUID
    hold_id: uuid.UUID
    amount: int
    at: datetime


@dataclass(frozen=True, slots=True)
class CreditsGranted:
    workspace_id: uuid.UUID
    entry_id: uuid.UUID
    lot_id: uuid.UUID
    amount: int
    source: str
    balance: int
    at: datetime


@dataclass(frozen=True, slots=True)
class CreditsAdjusted:
    """A correction; ``amount`` is signed."""

    workspace_id: uuid.UUID
    entry_id: uuid.UUID
    amount: int
    reason_code: str
    balance: int
    at: datetime


@dataclass(frozen=True, slots=True)
class EntryReversed:
    workspace_id: uuid.UUID
    entry_id: uuid.UUID
    reversed_entry_id: uuid.UUID
    amount: int
    balance: int
    at: datetime


@dataclass(frozen=True, slots=True)
class CreditsClawedBack:
    """Credits of a lot were taken back (negative) or reinstated (positive); ``debt`` is what is owed now."""

    workspace_id: uuid.UUID
    entry_id: uuid.UUID
    lot_id: uuid.UUID
    amount: int
    balance: int
    debt: int
    at: datetime


@dataclass(frozen=True, slots=True)
class CreditsExpired:
    workspace_id: uuid.UUID
    entry_id: uuid.UUID
    lot_id: uuid.UUID
    amount: int
    balance: int
    at: datetime


@dataclass(frozen=True, slots=True)
class CreditsExpiring:
    """``amount`` credits of a lot will expire; told once each at 14, 3 and 1 days before."""

    workspace_id: uuid.UUID
    lot_id: uuid.UUID
    amount: int
    days_before: int
    expires_at: datetime
    at: datetime


@dataclass(frozen=True, slots=True)
class AccountFrozen:
    workspace_id: uuid.UUID
    reason: str
    at: datetime


@dataclass(frozen=True, slots=True)
class AccountUnfrozen:
    workspace_id: uuid.UUID
    at: datetime
