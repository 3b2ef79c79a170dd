"""What ends by the clock: holds that nobody settled, lots past their time."""

from __future__ import annotations

from datetime import datetime

from django.db import connection

from core.actors import system
from core.events import publish_done
from credits.events import CreditsExpired, HoldExpired

EXPIRY = system("credits.expiry")
BATCH_SIZE = 200

_HOLDS = "SELECT account_id, hold_id, amount FROM credits_expire_holds(%s, %s, %s)"
_LOTS = "SELECT account_id, entry_id, lot_id, amount, balance_after FROM credits_expire_lots(%s, %s, %s)"


def expire_due_holds(*, at: datetime, limit: int = BATCH_SIZE) -> int:
    """Return the credits of holds past their time, oldest first; the number of holds ended.

    Accounts in use at this moment are left to the next call, so zero does not say that none is due.
    """
    with connection.cursor() as cursor:
        cursor.execute(_HOLDS, (at, limit, EXPIRY.id))
        rows = cursor.fetchall()
    for account_id, hold_id, amount in rows:
        publish_done(HoldExpired(account_id, hold_id, amount, at))
    return len(rows)


def expire_due_lots(*, at: datetime, limit: int = BATCH_SIZE) -> int:
    """End lots past their time with an entry each, oldest first; the number of entries written.

    Credits that back a hold stay until it has settled.
    """
    with connection.cursor() as cursor:
        cursor.execute(_LOTS, (at, limit, EXPIRY.id))
        rows = cursor.fetchall()
    for account_id, entry_id, lot_id, amount, balance in rows:
        publish_done(CreditsExpired(account_id, entry_id, lot_id, -amount, balance, at))
    return len(rows)


def expire_due(*, at: datetime, limit: int = BATCH_SIZE) -> int:
    """Both of the above, holds first: what they return may be due itself."""
    return expire_due_holds(at=at, limit=limit) + expire_due_lots(at=at, limit=limit)
