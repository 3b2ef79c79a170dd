"""What is remembered of logins: networks, failures, and an entry in the trail for each."""

from __future__ import annotations

import uuid
from datetime import datetime, timedelta

from axes.models import AccessAttempt
from django.contrib.sessions.backends.base import SessionBase
from django.db import connection, transaction
from django.db.models import Q
from django.utils.translation import gettext, override

from accounts import selectors
from accounts.actions import AuditAction
from accounts.devices import account_digest
from accounts.lockout_rules import MEMORY
from accounts.models import LoginNetwork, User
from accounts.networks import network_of
from accounts.selectors import KEY_GUESSES, KNOWN_FOR
from accounts.services._base import lock_user, refuse_unfit_staff, user_target
from accounts.services._mail import send_security_notice
from accounts.services._sessions import note_session
from accounts.sessions import stamp_login
from audit import services as audit_services
from core.actors import ANONYMOUS, Actor, Target
from core.trail import Outcome

_PATH_LIMIT = 255
_COUNT_FAILURE = """
INSERT INTO axes_accessattempt AS counter (username, ip_address, user_agent, path_info, attempt_time,
    failures_since_start, http_accept, get_data, post_data)
VALUES (%(account)s, %(network)s, %(device)s, %(path)s, %(at)s, 1, '', '', '')
ON CONFLICT (username, ip_address, user_agent) DO UPDATE SET
    failures_since_start = CASE WHEN counter.attempt_time > %(oldest)s THEN counter.failures_since_start + 1 ELSE 1 END,
    attempt_time = greatest(counter.attempt_time, EXCLUDED.attempt_time)
"""


def count_login_failure(*, account: str, network: str | None, device: str, path: str, at: datetime) -> None:
    """Count a wrong password, code or key. ``account`` is a digest; no name, agent or posted data is kept.

    One statement, so that failures at the same moment are all counted. Failures without an address
    have a row each; what is asked is their sum.
    """
    values = {"account": account, "network": network, "device": device, "path": path[:_PATH_LIMIT], "at": at}
    with connection.cursor() as cursor:
        cursor.execute(_COUNT_FAILURE, {**values, "oldest": at - MEMORY})


def forget_login_failures(*, account: str, network: str | None, device: str = "") -> None:
    """Start the counters of this pair and this browser anew; what strangers did elsewhere still counts."""
    own = Q(ip_address=network, user_agent="") | Q(user_agent=device or "-")
    AccessAttempt.objects.filter(own, username=account).delete()


@transaction.atomic
def record_login(*, user: User, session: SessionBase, address: str, user_agent: str, at: datetime) -> bool:
    """Begin a session: stamp and list it, remember the network, write the entry, tell of a new network.

    Returns whether the network was new.
    """
    stamp_login(session, at=at)
    note_session(user=user, session=session, address=address, user_agent=user_agent, at=at)
    is_new = _remember_network(user, network_of(address), at=at)
    audit_services.record(
        action=AuditAction.LOGGED_IN,
        at=at,
        actor=selectors.actor_of(user),
        target=user_target(user),
        details={"new_network": is_new},
    )
    return is_new


@transaction.atomic
def record_logout(*, user: User, at: datetime) -> None:
    """Write the entry of a logout."""
    audit_services.record(
        action=AuditAction.LOGGED_OUT, at=at, actor=selectors.actor_of(user), target=user_target(user)
    )


@transaction.atomic
def record_refused_login(*, email: str, at: datetime, is_locked: bool) -> None:
    """Write the entry of a refused login. The same work whether the account exists or not (ASVS 5.0 6.3.8)."""
    user = selectors.find_user_by_email(email)
    audit_services.record(
        action=AuditAction.LOGIN_REFUSED,
        at=at,
        actor=ANONYMOUS,
        target=user_target(user) if user else Target("accounts.login", "unknown"),
        details={"locked": is_locked},
        outcome=Outcome.REFUSED,
    )


@transaction.atomic
def record_refused_key(*, key_prefix: str, network: str | None, path: str, at: datetime) -> int:
    """Count and record a well-formed API key that nobody made; returns how many came from the network lately."""
    count_login_failure(account=KEY_GUESSES, network=network, device="", path=path, at=at)
    audit_services.record(
        action=AuditAction.KEY_REFUSED,
        at=at,
        actor=ANONYMOUS,
        target=Target("accounts.api_key", "unknown"),
        details={"key_prefix": key_prefix},
        outcome=Outcome.REFUSED,
    )
    return selectors.count_key_guesses(network=network, at=at)


@transaction.atomic
def unlock_login(*, user_id: uuid.UUID, actor: Actor, reason: str, at: datetime, ticket: str = "") -> int:
    """Forget every failed login of an account, from wherever; returns how many counters there were."""
    user = lock_user(user_id)
    refuse_unfit_staff(actor=actor, user=user)
    gone, _ = AccessAttempt.objects.filter(username=account_digest(user.email)).delete()
    audit_services.record(
        action=AuditAction.LOGIN_UNLOCKED,
        at=at,
        actor=actor,
        target=user_target(user),
        reason=reason,
        ticket=ticket,
        details={"counters_cleared": gone},
    )
    return int(gone)


@transaction.atomic
def trust_network(*, user: User, network: str | None, at: datetime) -> None:
    """A reset by mail proved the mailbox: let this network in as a known one, with clean counters."""
    account = account_digest(user.email)
    AccessAttempt.objects.filter(username=account, ip_address=network).delete()
    _upsert_network(user, network, at=at)


def forget_old_logins(*, at: datetime) -> int:
    """Delete counters and networks that no rule looks at any more; returns how many. Run by a schedule."""
    counters, _ = AccessAttempt.objects.filter(attempt_time__lte=at - max(MEMORY, timedelta(days=1))).delete()
    networks, _ = LoginNetwork.objects.filter(last_seen_at__lte=at - KNOWN_FOR).delete()
    return int(counters + networks)


def _remember_network(user: User, network: str | None, *, at: datetime) -> bool:
    has_others = LoginNetwork.objects.filter(user=user).exists()
    is_new = _upsert_network(user, network, at=at)
    if is_new and has_others:
        with override(user.locale):
            event = gettext("Somebody logged in to your account from a network we have not seen before.")
        send_security_notice(user=user, event=event, detail=network or "", at=at)
    return is_new


def _upsert_network(user: User, network: str | None, *, at: datetime) -> bool:
    if network is None:
        return False
    _row, is_new = LoginNetwork.objects.update_or_create(
        user=user,
        network=network,
        defaults={"last_seen_at": at, "account_digest": account_digest(user.email)},
        create_defaults={"first_seen_at": at, "last_seen_at": at, "account_digest": account_digest(user.email)},
    )
    return is_new
