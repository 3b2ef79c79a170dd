"""What the ledger does by the clock."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

from core import clock
from core.jobs import job, should_stop
from credits import services as credits_services

_MOST_BATCHES = 50  # a sweep ends; what it leaves is the next one's


# Not one transaction: each batch commits by itself, so that accounts are locked for a moment only. Running a sweep
# again is harmless: what has ended is not found a second time.
@job("credits.expire_holds", every=timedelta(minutes=1), timeout_seconds=55, transactional=False)
def expire_holds() -> int:
    """Return the credits of holds past their time."""
    return _sweep(lambda: credits_services.expire_due_holds(at=clock.now()))


@job("credits.expire_lots", every=timedelta(minutes=1), timeout_seconds=55, transactional=False)
def expire_lots() -> int:
    """End lots past their time. They cannot be spent meanwhile: holds look at the clock themselves."""
    return _sweep(lambda: credits_services.expire_due_lots(at=clock.now()))


@job("credits.warn_of_expiry", every=timedelta(hours=1), timeout_seconds=300, transactional=False)
def warn_of_expiry() -> int:
    """Tell owners of credits that will expire."""
    return _sweep(lambda: credits_services.warn_of_expiry(at=clock.now()))


def _sweep(step: Callable[[], int]) -> int:
    total = 0
    for _ in range(_MOST_BATCHES):
        done = step()
        total += done
        if done == 0 or should_stop():
            break
    return total
