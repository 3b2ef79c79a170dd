"""The arithmetic of the lockout: pure functions of counted failures and the time."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

MEMORY = timedelta(hours=1)  # a counter without a failure for so long starts anew
LOCK = timedelta(minutes=15)
PAIR_LIMIT = 10
NETWORK_LIMIT = 100
ACCOUNT_LIMIT = 20
FIRST_DELAY = timedelta(seconds=5)
LONGEST_DELAY = timedelta(minutes=5)


@dataclass(frozen=True, slots=True)
class Failures:
    """Failures of the last hour, and when the last of each kind was."""

    pair: int = 0
    pair_last: datetime | None = None
    device: int = 0
    device_last: datetime | None = None
    network: int = 0
    network_last: datetime | None = None
    account: int = 0
    account_last: datetime | None = None


def locked_for(failures: Failures, *, at: datetime, is_device: bool, is_known: bool) -> timedelta:
    """How long an attempt has to wait; zero where it may be made.

    A known device has only its own counter. A known network is spared what strangers did elsewhere,
    and what others in it did to other accounts.
    """
    if is_device:
        return _left(failures.device, PAIR_LIMIT, failures.device_last, LOCK, at)
    waits = [_left(failures.pair, PAIR_LIMIT, failures.pair_last, LOCK, at)]
    if not is_known:
        waits.append(_left(failures.network, NETWORK_LIMIT, failures.network_last, LOCK, at))
        waits.append(_left(failures.account, ACCOUNT_LIMIT, failures.account_last, delay_after(failures.account), at))
    return max(waits)


def delay_after(count: int) -> timedelta:
    """How long strangers wait after ``count`` failures of one account: doubled for every five, at most five minutes."""
    doublings = max(count - ACCOUNT_LIMIT, 0) // 5
    factor: int = 2 ** min(doublings, 10)
    return min(FIRST_DELAY * factor, LONGEST_DELAY)


def _left(count: int, limit: int, last: datetime | None, lock: timedelta, at: datetime) -> timedelta:
    if count < limit or last is None:
        return timedelta()
    return max(last + lock - at, timedelta())
