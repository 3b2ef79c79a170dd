"""Failures and networks of logins, sessions in use."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import datetime, timedelta

from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from allauth.usersessions.models import UserSession
from axes.models import AccessAttempt
from django.contrib.postgres.expressions import ArraySubquery
from django.contrib.sessions.models import Session
from django.db.models import Exists, Max, OuterRef, Q, QuerySet, Sum

from accounts.devices import account_digest
from accounts.lockout_rules import LOCK, MEMORY, PAIR_LIMIT, Failures
from accounts.models import LoginNetwork, User
from accounts.roles import StaffRole
from accounts.sessions import session_public_id

KEY_GUESSES = "api-key"  # stands where a login name would, for keys nobody knows
KNOWN_FOR = timedelta(days=90)


def count_login_failures(*, account: str, network: str | None, device: str, at: datetime) -> Failures:
    """The failures of the last hour that concern an attempt. One query, whatever was typed."""
    same_account = Q(username=account)
    kinds = {
        "pair": same_account & Q(ip_address=network, user_agent=""),
        "device": same_account & Q(user_agent=device or "-"),
        "network": Q(ip_address=network, user_agent="") & ~Q(username=KEY_GUESSES),
        "account": same_account & Q(user_agent=""),
    }
    recent = AccessAttempt.objects.filter(same_account | Q(ip_address=network), attempt_time__gt=at - MEMORY)
    sums = recent.aggregate(
        **{kind: Sum("failures_since_start", filter=where, default=0) for kind, where in kinds.items()},
        **{f"{kind}_last": Max("attempt_time", filter=where) for kind, where in kinds.items()},
    )
    return Failures(**sums)


def count_key_guesses(*, network: str | None, at: datetime) -> int:
    """How many unknown API keys came from a network lately."""
    recent = AccessAttempt.objects.filter(username=KEY_GUESSES, ip_address=network, attempt_time__gt=at - LOCK)
    return int(recent.aggregate(n=Sum("failures_since_start", default=0))["n"])


def is_known_network(*, account: str, network: str | None, at: datetime) -> bool:
    """Whether the account with this digest has logged in from ``network`` in the last ninety days."""
    if network is None:
        return False
    return LoginNetwork.objects.filter(
        account_digest=account, network=network, last_seen_at__gt=at - KNOWN_FOR
    ).exists()


def list_factors(*, user_id: uuid.UUID) -> QuerySet[Authenticator]:
    """The second factors of an account: apps and passkeys, oldest first. Recovery codes only stand in for them."""
    found: QuerySet[Authenticator] = Authenticator.objects.filter(user_id=user_id)
    return found.exclude(type=Authenticator.Type.RECOVERY_CODES).order_by("created_at", "id")


@dataclass(frozen=True, slots=True)
class OwnFactors:
    """What guards an account beside the password, and how many recovery codes are left."""

    factors: tuple[Authenticator, ...]
    codes_left: int


def summarize_factors(*, user_id: uuid.UUID) -> OwnFactors:
    """The apps and passkeys of an account and the number of its unused recovery codes. One query."""
    rows = list(Authenticator.objects.filter(user_id=user_id).order_by("created_at", "id"))
    codes = [row for row in rows if row.type == Authenticator.Type.RECOVERY_CODES]
    return OwnFactors(
        factors=tuple(row for row in rows if row not in codes),
        codes_left=sum(len(row.wrap().get_unused_codes()) for row in codes),
    )


@dataclass(frozen=True, slots=True)
class LoginState:
    """What support needs to know when somebody cannot log in."""

    failures: tuple[AccessAttempt, ...]
    locked_networks: tuple[str, ...]
    is_email_verified: bool
    second_factors: tuple[str, ...]
    roles: frozenset[str]

    @property
    def is_locked(self) -> bool:
        return bool(self.locked_networks)


def summarize_login_state(*, user: User, at: datetime) -> LoginState:
    """Failures of the last hour by network, verification, second factors and staff roles. Two queries."""
    failures = tuple(
        AccessAttempt.objects.filter(username=account_digest(user.email), attempt_time__gt=at - MEMORY).order_by(
            "-attempt_time"
        )[:20]
    )
    locked = {
        f.ip_address or "" for f in failures if f.failures_since_start >= PAIR_LIMIT and f.attempt_time + LOCK > at
    }
    own = OuterRef("pk")
    verified = EmailAddress.objects.filter(user_id=own, email=user.email.lower(), verified=True)
    factors = Authenticator.objects.filter(user_id=own).order_by("type").values("type")
    groups = User.groups.through.objects.filter(user_id=own).values("group__name")
    is_verified, types, names = User.objects.values_list(
        Exists(verified), ArraySubquery(factors), ArraySubquery(groups)
    ).get(pk=user.pk)
    return LoginState(
        failures=failures,
        locked_networks=tuple(sorted(locked)),
        is_email_verified=is_verified,
        second_factors=tuple(types),
        roles=frozenset(names) & frozenset(StaffRole.values),
    )


@dataclass(frozen=True, slots=True)
class SessionInfo:
    """A session in use. ``id`` is public (``ses_…``); the key is nobody's to see."""

    id: str
    ip: str
    user_agent: str
    created_at: datetime
    last_seen_at: datetime
    is_current: bool


def list_sessions(*, user: User, at: datetime, current_key: str = "") -> list[SessionInfo]:
    """The live sessions of a user, last used first. One query."""
    live = Session.objects.filter(expire_date__gt=at).values("session_key")
    rows = UserSession.objects.filter(user_id=user.pk, session_key__in=live).order_by("-last_seen_at", "-id")
    return [
        SessionInfo(
            id=session_public_id(row.session_key),
            ip=row.ip,
            user_agent=row.user_agent,
            created_at=row.created_at,
            last_seen_at=row.last_seen_at,
            is_current=row.session_key == current_key,
        )
        for row in rows[:100]
    ]
