"""The trail that customers left: signing up, logging in, building teams, making keys."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from random import Random

from accounts.actions import AuditAction
from accounts.devices import account_digest
from accounts.networks import network_of
from accounts.states import InvitationStatus
from core.actors import ANONYMOUS, Target, system
from core.ids import to_public
from core.trail import Outcome
from operations.demo.chance import dice, request_id_at
from operations.demo.company import Company
from operations.demo.people import Customer, Habit
from operations.demo.teams import Invitation, Team
from operations.demo.trail import Note, Where

FIRST_STAFF = system("operations.demo")
_LOGINS = {Habit.GONE: 1, Habit.TRIER: 3, Habit.BUYER: 6, Habit.SUBSCRIBER: 10}
VERIFIED_AFTER = timedelta(seconds=95)


def tell(company: Company) -> None:
    """Add what people did for themselves to the company's notes."""
    for person in company.people():
        stream = dice(company.seed, "history", person.id)
        _arrive(company, person, stream)
        _log_in(company, person, stream)
    stream = dice(company.seed, "history", "teams")
    for team in company.teams:
        _build(company, team, stream)
    _make_keys(company, dice(company.seed, "history", "keys"))


def where(person: Customer, at: datetime, stream: Random) -> Where:
    """A request from the person's own browser."""
    return Where(request_id=request_id_at(stream, at), ip=person.address, agent=person.agent)


def _arrive(company: Company, person: Customer, stream: Random) -> None:
    at = person.joined_at
    company.notes.append(
        Note(
            at,
            AuditAction.USER_SIGNED_UP,
            person.actor,
            person.target,
            details={"workspace": to_public("wsp", person.workspace_id)},
            where=where(person, at, stream),
        )
    )
    if person.is_verified:
        seen = at + VERIFIED_AFTER
        company.notes.append(
            Note(seen, AuditAction.EMAIL_VERIFIED, person.actor, person.target, where=where(person, seen, stream))
        )
    for role in person.roles:
        company.notes.append(
            Note(
                at + timedelta(hours=1),
                AuditAction.ROLE_GRANTED,
                FIRST_STAFF,
                person.target,
                "Hired into the first team",
                changes={"role": (None, role)},
            )
        )


def _log_in(company: Company, person: Customer, stream: Random) -> None:
    if not person.is_verified:
        return
    end = min(company.now - timedelta(minutes=20), person.left_at or company.now)
    latest = end if person.is_staff or person.habit in (Habit.SUBSCRIBER, Habit.BUYER) else None
    room = max(0.0, ((latest or min(end, person.joined_at + timedelta(days=40))) - person.joined_at).total_seconds())
    count = 24 if person.is_staff else stream.randint(1, _LOGINS[person.habit])
    for share in sorted(stream.random() for _ in range(count)):
        at = person.joined_at + timedelta(seconds=120 + share * room)
        if at >= end:
            break
        if stream.random() < 0.04:
            _fail(company, person, at - timedelta(seconds=31), stream)
        company.notes.append(
            Note(
                at,
                AuditAction.LOGGED_IN,
                person.actor,
                person.target,
                details={"new_network": person.last_login is None},
                where=where(person, at, stream),
            )
        )
        person.last_login = at


def _fail(company: Company, person: Customer, at: datetime, stream: Random) -> None:
    company.notes.append(
        Note(
            at,
            AuditAction.LOGIN_REFUSED,
            ANONYMOUS,
            person.target,
            details={"locked": False},
            outcome=Outcome.REFUSED,
            where=where(person, at, stream),
        )
    )


def network_rows(company: Company) -> Iterator[dict[str, object]]:
    """Rows of accounts.LoginNetwork: from where people are known."""
    for person in company.people():
        if person.last_login is not None:
            yield {
                "user_id": person.id,
                "account_digest": account_digest(person.email),
                "network": network_of(person.address),
                "first_seen_at": person.joined_at + timedelta(minutes=2),
                "last_seen_at": max(person.last_login, person.joined_at + timedelta(minutes=2)),
            }


# ------------------------------------------------------------------ teams and keys


def _build(company: Company, team: Team, stream: Random) -> None:
    owner = team.owner
    company.notes.append(
        Note(
            team.created_at,
            AuditAction.WORKSPACE_CREATED,
            owner.actor,
            team.target,
            where=where(owner, team.created_at, stream),
        )
    )
    for invitation in team.invitations:
        _invite(company, team, invitation, stream)


def _invite(company: Company, team: Team, invitation: Invitation, stream: Random) -> None:
    public_id, owner = to_public("inv", invitation.id), invitation.invited_by
    company.notes.append(
        Note(
            invitation.sent_at,
            AuditAction.INVITATION_SENT,
            owner.actor,
            team.target,
            changes={"email": (None, invitation.email)},
            details={"invitation": public_id, "role": invitation.role.value},
            where=where(owner, invitation.sent_at, stream),
        )
    )
    at = invitation.settled_at
    if invitation.accepted_by is not None:
        guest = invitation.accepted_by
        company.notes.append(
            Note(
                at,
                AuditAction.INVITATION_ACCEPTED,
                guest.actor,
                team.target,
                details={"invitation": public_id, "member": guest.public_id, "role": invitation.role.value},
                where=where(guest, at, stream),
            )
        )
    elif invitation.status == InvitationStatus.REVOKED:
        company.notes.append(
            Note(
                at,
                AuditAction.INVITATION_REVOKED,
                owner.actor,
                Target("accounts.invitation", public_id),
                where=where(owner, at, stream),
            )
        )


def _make_keys(company: Company, stream: Random) -> None:
    for key in company.keys:
        maker = key.maker
        company.notes.append(
            Note(
                key.created_at,
                AuditAction.KEY_CREATED,
                maker.actor,
                key.target,
                details={
                    "key_prefix": key.prefix,
                    "scopes": key.scopes,
                    "allowed_networks": key.networks,
                    "expires_at": key.expires_at.isoformat() if key.expires_at else "",
                },
                where=where(maker, key.created_at, stream),
            )
        )
        if key.revoked_at:
            company.notes.append(
                Note(
                    key.revoked_at,
                    AuditAction.KEY_REVOKED,
                    maker.actor,
                    key.target,
                    details={"key_prefix": key.prefix},
                    where=where(maker, key.revoked_at, stream),
                )
            )
