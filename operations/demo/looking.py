"""Whom staff looked at and what they searched, what they were refused, and what strangers tried."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from random import Random

from accounts.actions import AuditAction
from accounts.devices import account_digest
from accounts.permissions import Permission
from accounts.roles import StaffRole
from core.actors import ANONYMOUS, Target
from core.console.footprints import ConsoleAction, commitment
from core.errors import PermissionMissing
from core.ids import to_public
from core.trail import Outcome
from operations.demo import rhythm
from operations.demo.chance import dice, request_id_at
from operations.demo.company import Company, office
from operations.demo.people import Customer, address
from operations.demo.trail import Note, Where

# How many pages a role opened in the last four months, for a company of two thousand customers.
_PAGES = {
    StaffRole.SUPPORT: 520,
    StaffRole.SUPPORT_LEAD: 190,
    StaffRole.TRUST_LEAD: 120,
    StaffRole.MODERATOR: 160,
    StaffRole.COMPLIANCE: 50,
    StaffRole.FINANCE: 90,
    StaffRole.ENGINEER: 40,
    StaffRole.FOUNDER: 30,
}
_WINDOW_DAYS = 120
_USUAL_CUSTOMERS = 2000
_REVEALED = ("Customer writes from another address", "Comparing with the payment", "Caller wants it read back")
# Who tried what, without the permission.
_TRIED = (
    (StaffRole.SUPPORT, "accounts.user.ban", Permission.BAN_USER),
    (StaffRole.SUPPORT, "accounts.user.suspend", Permission.SUSPEND_USER),
    (StaffRole.MODERATOR, "credits.account.grant", "credits.grant_credits"),
    (StaffRole.ENGINEER, "accounts.user.reveal_email", Permission.REVEAL_USER),
    (StaffRole.FINANCE, "accounts.user.end_sessions", Permission.END_SESSIONS),
    (StaffRole.MODERATOR, "accounts.user.ban", Permission.BAN_USER),
)
LOCKED_OUT_FAILURES = 12


def look(company: Company) -> None:
    """Add the entries of staff who looked, searched, revealed and were refused."""
    stream = dice(company.seed, "looking")
    share = max(0.02, len(company.customers) / _USUAL_CUSTOMERS)
    for role, pages in _PAGES.items():
        for _ in range(max(1, int(pages * share))):
            _open(company, company.staff[role], stream)
    for role, action, permission in _TRIED * max(1, int(3 * share)):
        _refuse(company, company.staff[role], action, permission, stream)
    _fail(company, stream)
    _strangers(company, stream)


def _when(company: Company, stream: Random) -> datetime:
    day = company.now - timedelta(days=1 + stream.random() ** 1.4 * _WINDOW_DAYS)
    return min(rhythm.office_moment(day, dice=stream), company.now - timedelta(minutes=stream.uniform(2, 90)))


def _present(people: Sequence[Customer], at: datetime, stream: Random) -> Customer | None:
    """Somebody who had signed up by then; the newest people are asked about most."""
    for _ in range(20):
        person = people[int(len(people) * stream.random() ** 0.6)]
        if person.joined_at < at:
            return person
    return None


def _open(company: Company, viewer: Customer, stream: Random) -> None:
    at = _when(company, stream)
    person = _present(company.customers, at, stream)
    if person is None:
        return
    if stream.random() < 0.45:
        company.notes.append(_searched(viewer, person, at - timedelta(seconds=9), stream))
    company.notes.append(
        Note(at, ConsoleAction.PAGE_READ, viewer.actor, _subject(person, stream), where=_desk(viewer, at, stream))
    )
    if stream.random() < 0.15:
        seen = at + timedelta(seconds=14)
        company.notes.append(
            Note(
                seen,
                ConsoleAction.FIELD_REVEALED,
                viewer.actor,
                person.target,
                stream.choice(_REVEALED),
                details={"field": "email"},
                where=_desk(viewer, seen, stream),
            )
        )


def _subject(person: Customer, stream: Random) -> Target:
    roll = stream.random()
    if roll < 0.7:
        return person.target
    if roll < 0.85:
        return person.workspace_target
    return Target("credits.account", to_public("acc", person.workspace_id))


def _searched(viewer: Customer, person: Customer, at: datetime, stream: Random) -> Note:
    by_name = bool(person.name) and stream.random() < 0.3
    term, rule = (person.name, "trigram") if by_name else (person.email, "email")
    return Note(
        at,
        ConsoleAction.LIST_SEARCHED,
        viewer.actor,
        Target("accounts.user", "*"),
        details={"rules": [rule], "term_commitment": commitment(term)},
        where=_desk(viewer, at, stream),
    )


def _desk(viewer: Customer, at: datetime, stream: Random) -> Where:
    return office(viewer, request_id=request_id_at(stream, at))


def _refuse(company: Company, who: Customer, action: str, permission: str, stream: Random) -> None:
    at = _when(company, stream)
    person = _present(company.customers, at, stream)
    if person is None:
        return
    missing = PermissionMissing(str(permission))
    target = Target("credits.account", to_public("acc", person.workspace_id))
    company.notes.append(
        Note(
            at,
            action,
            who.actor,
            target if action.startswith("credits.") else person.target,
            details={"code": missing.code, "why": str(missing)},
            outcome=Outcome.REFUSED,
            where=_desk(who, at, stream),
        )
    )


def _fail(company: Company, stream: Random) -> None:
    at = company.now - timedelta(days=6, hours=3)
    person = _present(company.customers, at, stream)
    if person is not None:
        company.notes.append(
            Note(
                at,
                "accounts.user.send_password_reset",
                company.sam.actor,
                person.target,
                "Cannot log in",
                details={"error": "OperationalError"},
                outcome=Outcome.FAILED,
                where=_desk(company.sam, at, stream),
            )
        )


# ------------------------------------------------------------------ strangers


def locked_out(company: Company) -> Customer:
    """The customer who has just locked themselves out."""
    return next((p for p in reversed(company.customers) if p.last_login and p.left_at is None), company.ada)


def _strangers(company: Company, stream: Random) -> None:
    victim = locked_out(company)
    for number in range(LOCKED_OUT_FAILURES):
        at = company.now - timedelta(minutes=9) + timedelta(seconds=21 * number)
        company.notes.append(
            Note(
                at,
                AuditAction.LOGIN_REFUSED,
                ANONYMOUS,
                victim.target,
                details={"locked": number >= 10},
                outcome=Outcome.REFUSED,
                where=Where(request_id_at(stream, at), ip=victim.address, agent=victim.agent),
            )
        )
    for number in range(25):
        at = company.now - timedelta(days=2) + timedelta(seconds=7 * number)
        company.notes.append(
            Note(
                at,
                AuditAction.KEY_REFUSED,
                ANONYMOUS,
                Target("accounts.api_key", "unknown"),
                details={"key_prefix": f"bk_live_{stream.getrandbits(24):06x}"},
                outcome=Outcome.REFUSED,
                where=Where(request_id_at(stream, at), ip="203.0.113.66", agent="python-requests/2.32.5"),
            )
        )
    for _ in range(max(3, len(company.customers) // 25)):
        at = company.now - timedelta(days=stream.uniform(0.1, _WINDOW_DAYS))
        company.notes.append(
            Note(
                at,
                AuditAction.LOGIN_REFUSED,
                ANONYMOUS,
                Target("accounts.login", "unknown"),
                details={"locked": False},
                outcome=Outcome.REFUSED,
                where=Where(request_id_at(stream, at), ip=address(stream), agent="Mozilla/5.0"),
            )
        )


def attempt_rows(company: Company) -> list[dict[str, object]]:
    """Rows of axes.AccessAttempt: the counter that keeps the locked-out customer waiting."""
    victim = locked_out(company)
    return [
        {
            "username": account_digest(victim.email),
            "ip_address": victim.address,
            "user_agent": "",
            "path_info": "/_allauth/app/v1/auth/login",
            "attempt_time": company.now - timedelta(minutes=9) + timedelta(seconds=21 * (LOCKED_OUT_FAILURES - 1)),
            "failures_since_start": LOCKED_OUT_FAILURES,
            "http_accept": "",
            "get_data": "",
            "post_data": "",
        }
    ]
