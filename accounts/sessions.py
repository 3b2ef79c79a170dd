"""How long a session lasts, and how it is called.

Two kinds share one table. A customer's session ends a fixed time after login. A staff session is
one that passed the console's login page; it also ends when nobody used it for a while (ASVS 5.0
7.3.1 and 7.3.2). Times live in the session itself, so the check costs no query.
"""

from __future__ import annotations

import hashlib
import re
from datetime import UTC, datetime, timedelta
from typing import Any

from django.conf import settings
from django.contrib.sessions.backends.base import SessionBase

LOGGED_IN = "ballast_logged_in_at"
SEEN = "ballast_seen_at"
STAFF = "ballast_staff"
TOUCH_EVERY = timedelta(minutes=1)
_KEY = re.compile(r"[0-9a-z]{32}")


def session_public_id(session_key: str) -> str:
    """What a session is called outside: the key itself is a secret, so this is a digest of it."""
    return f"ses_{hashlib.sha256(session_key.encode()).hexdigest()[:32]}"


def is_session_key(text: str) -> bool:
    """Whether ``text`` has the form of a session key, so that no query is made for anything else."""
    return _KEY.fullmatch(text) is not None


def stamp_login(session: SessionBase, *, at: datetime) -> None:
    """Begin the session's time. It is no staff session until the console says so."""
    session[LOGGED_IN] = session[SEEN] = at.timestamp()
    session.pop(STAFF, None)


def stamp_staff(session: SessionBase, *, second_factor: str) -> None:
    """Make it a staff session. ``second_factor`` is the kind that was shown, empty where none was asked for."""
    session[STAFF] = {"second_factor": second_factor}


def is_staff_session(session: SessionBase) -> bool:
    """Whether the console may be seen with this session, as far as the second factor goes."""
    mark: Any = session.get(STAFF)
    if not isinstance(mark, dict):
        return False
    return bool(mark.get("second_factor")) or not settings.STAFF_MFA_REQUIRED


def is_over(session: SessionBase, *, at: datetime) -> bool:
    """Whether its time has run out at ``at``. A session without a login time is over."""
    begun = session.get(LOGGED_IN)
    if not isinstance(begun, int | float):
        return True
    age = at.timestamp() - begun
    if STAFF not in session:
        return bool(age > settings.CUSTOMER_SESSION_LIMIT.total_seconds())
    idle = at.timestamp() - session.get(SEEN, begun)
    return bool(
        age > settings.STAFF_SESSION_LIMIT.total_seconds() or idle > settings.STAFF_SESSION_IDLE.total_seconds()
    )


def should_touch(session: SessionBase, *, at: datetime) -> bool:
    """Whether a minute has passed since the session was last marked as used."""
    return bool(at.timestamp() - session.get(SEEN, 0) >= TOUCH_EVERY.total_seconds())


def touch(session: SessionBase, *, at: datetime) -> None:
    """Mark the session as used."""
    session[SEEN] = at.timestamp()


def authenticated_at(session: SessionBase) -> datetime | None:
    """When its person last proved who they are: at login, or by reauthentication."""
    records: Any = session.get("account_authentication_methods")  # where allauth keeps them
    times = [r["at"] for r in records if isinstance(r, dict) and "at" in r] if isinstance(records, list) else []
    latest = max([*times, session.get(LOGGED_IN, 0)])
    return datetime.fromtimestamp(latest, UTC) if latest else None
