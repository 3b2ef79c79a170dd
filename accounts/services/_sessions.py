"""Ending sessions, and keeping count of their use."""

from __future__ import annotations

import uuid
from collections.abc import Collection
from datetime import datetime

from allauth.usersessions.models import UserSession
from django.conf import settings
from django.contrib.sessions.backends.base import SessionBase, UpdateError
from django.contrib.sessions.models import Session
from django.db import transaction

from accounts.actions import AuditAction
from accounts.models import User
from accounts.services._base import lock_user, refuse_unfit_staff, user_target
from accounts.sessions import session_public_id, should_touch, stamp_staff, touch
from audit import services as audit_services
from core.actors import Actor
from core.errors import NotFound

_AGENT_LIMIT = 200
UNKNOWN_ADDRESS = "0.0.0.0"  # noqa: S104  a request over a unix socket has no address


def drop_sessions(*, user: User, keep: str = "", only: Collection[str] | None = None) -> int:
    """Delete the sessions of ``user``: all, all but the key ``keep``, or those in ``only``; returns how many.

    A building block for commands: it writes no entry.
    """
    rows = UserSession.objects.filter(user_id=user.pk)
    if keep:
        rows = rows.exclude(session_key=keep)
    if only is not None:
        rows = rows.filter(session_key__in=only)
    keys = list(rows.values_list("session_key", flat=True))
    Session.objects.filter(session_key__in=keys).delete()
    rows.delete()
    return len(keys)


@transaction.atomic
def end_sessions(
    *, user_id: uuid.UUID, actor: Actor, at: datetime, keep: str = "", reason: str = "", ticket: str = ""
) -> int:
    """End the sessions of a user, all of them or all but the one with the key ``keep``. Returns how many."""
    user = lock_user(user_id)
    refuse_unfit_staff(actor=actor, user=user)
    ended = drop_sessions(user=user, keep=keep)
    audit_services.record(
        action=AuditAction.SESSION_ENDED,
        at=at,
        actor=actor,
        target=user_target(user),
        reason=reason,
        ticket=ticket,
        details={"sessions_ended": ended},
    )
    return ended


@transaction.atomic
def end_session(*, user_id: uuid.UUID, session_id: str, actor: Actor, at: datetime) -> str:
    """End one session by its public id (``ses_…``) and return its key; NotFound where the user has no such one."""
    user = lock_user(user_id)
    keys = UserSession.objects.filter(user_id=user.pk).values_list("session_key", flat=True)
    key: str | None = next((k for k in keys if session_public_id(k) == session_id), None)
    if key is None:
        raise NotFound
    drop_sessions(user=user, only=[key])
    audit_services.record(
        action=AuditAction.SESSION_ENDED,
        at=at,
        actor=actor,
        target=user_target(user),
        details={"sessions_ended": 1, "session": session_id},
    )
    return key


@transaction.atomic
def end_listed_sessions(*, user_id: uuid.UUID, session_keys: Collection[str], actor: Actor, at: datetime) -> int:
    """End those sessions of a user whose keys are listed. Returns how many there were."""
    user = lock_user(user_id)
    ended = drop_sessions(user=user, only=session_keys)
    audit_services.record(
        action=AuditAction.SESSION_ENDED,
        at=at,
        actor=actor,
        target=user_target(user),
        details={"sessions_ended": ended},
    )
    return ended


def note_session(*, user: User, session: SessionBase, address: str, user_agent: str, at: datetime) -> None:
    """List a session that just began among its user's, so that it can be seen and ended. A building block."""
    if session.session_key is None:
        session.save()
    seen = {
        "user": user,
        "ip": address or UNKNOWN_ADDRESS,
        "user_agent": user_agent[:_AGENT_LIMIT],
        "last_seen_at": at,
    }
    UserSession.objects.update_or_create(
        session_key=session.session_key, defaults=seen, create_defaults={**seen, "created_at": at}
    )


def begin_staff_session(*, session: SessionBase, second_factor: str) -> None:
    """Make a fresh login one that the console accepts.

    ``second_factor`` is the kind that was shown; empty only where the setting lets staff in without.
    """
    stamp_staff(session, second_factor=second_factor)
    session.set_expiry(int(settings.STAFF_SESSION_LIMIT.total_seconds()))


def touch_session(*, session: SessionBase, at: datetime, address: str) -> bool:
    """Note that a session is in use, at most once a minute. False where it was ended since it was read."""
    if not should_touch(session, at=at):
        return True
    touch(session, at=at)
    try:
        session.save()
    except UpdateError:
        return False
    session.modified = False
    seen: dict[str, object] = {"last_seen_at": at, **({"ip": address} if address else {})}
    UserSession.objects.filter(session_key=session.session_key).update(**seen)
    return True


def forget_ended_sessions(*, at: datetime) -> int:
    """Delete what is left of sessions that ran out; returns how many rows went. Run by a schedule."""
    gone, _ = Session.objects.filter(expire_date__lte=at).delete()
    live = Session.objects.values("session_key")
    stale, _ = UserSession.objects.exclude(session_key__in=live).delete()
    return int(gone + stale)
