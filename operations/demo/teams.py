"""Workspaces that several people share, and who was asked to join."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from random import Random
from uuid import UUID

from accounts.states import InvitationStatus, MemberRole, UserStatus
from core.actors import Target
from core.ids import to_public
from operations.demo import names, rhythm
from operations.demo.chance import dice, digest_like, id_at
from operations.demo.people import Customer, Habit
from operations.demo.rhythm import Span

CUSTOMERS_A_TEAM = 22
LEFT_OVER = (InvitationStatus.PENDING, InvitationStatus.REVOKED, InvitationStatus.EXPIRED)
INVITATION_LIFE = timedelta(days=7)
_SIZES = (2, 2, 3, 3, 3, 4, 4, 5, 6, 8, 12)


@dataclass(slots=True)
class Member:
    """Somebody's place in a team. The invitation is how they came; the owner has none."""

    id: UUID
    person: Customer
    role: MemberRole
    joined_at: datetime


@dataclass(slots=True)
class Invitation:
    """Somebody was asked to join."""

    id: UUID
    email: str
    role: MemberRole
    invited_by: Customer
    sent_at: datetime
    token_digest: str
    status: InvitationStatus
    settled_at: datetime
    accepted_by: Customer | None = None


@dataclass(slots=True)
class Team:
    """A workspace that is nobody's own."""

    id: UUID
    name: str
    created_at: datetime
    members: list[Member] = field(default_factory=list)
    invitations: list[Invitation] = field(default_factory=list)

    @property
    def owner(self) -> Customer:
        return self.members[0].person

    @property
    def target(self) -> Target:
        return Target("accounts.workspace", to_public("wsp", self.id), self.name)


def make_teams(*, seed: int, span: Span, people: Sequence[Customer]) -> list[Team]:
    """Teams around subscribers, with the members who found to them and the invitations still on their way."""
    stream = dice(seed, "teams")
    owners = [p for p in people if p.habit is Habit.SUBSCRIBER and p.joined_at < span.end - timedelta(days=10)]
    chosen = owners[: max(1, len(people) // CUSTOMERS_A_TEAM)] if len(people) < 100 else None
    if chosen is None:
        chosen = sorted(stream.sample(owners, k=len(people) // CUSTOMERS_A_TEAM), key=lambda p: p.joined_at)
    free = [p for p in people if p.is_verified and p.habit in (Habit.TRIER, Habit.GONE)]
    stream.shuffle(free)
    return [_make_team(owner, span=span, free=free, stream=stream) for owner in chosen]


def start_team(owner: Customer, *, name: str, at: datetime, stream: Random) -> Team:
    """A team with its owner."""
    team = Team(id_at(stream, at), name, at)
    team.members.append(Member(id_at(stream, at), owner, MemberRole.OWNER, at))
    return team


def _make_team(owner: Customer, *, span: Span, free: list[Customer], stream: Random) -> Team:
    day = owner.joined_at + timedelta(days=stream.randrange(0, 9))
    at = max(owner.joined_at + timedelta(minutes=30), rhythm.moment(day, owner.zone, dice=stream))
    team = start_team(owner, name=names.company_name(stream), at=at, stream=stream)
    for _ in range(min(stream.choice(_SIZES) - 1, len(free))):
        invite(team, free.pop(), role=_role(stream), span=span, stream=stream)
    for status in stream.choices((None, *LEFT_OVER), weights=(50, 20, 15, 15), k=2):
        if status is not None:
            invite_stranger(team, status=status, span=span, stream=stream)
    return team


def _role(stream: Random) -> MemberRole:
    return stream.choices((MemberRole.MEMBER, MemberRole.ADMIN), weights=(4, 1))[0]


def invite(team: Team, person: Customer, *, role: MemberRole, span: Span, stream: Random) -> None:
    """``person`` is asked and joins, some time after both the team and the account exist."""
    ready = max(team.created_at, person.joined_at) + timedelta(minutes=10)
    latest = span.end - timedelta(minutes=10)
    sent = min(ready + timedelta(hours=stream.uniform(0, 30 * 24)), latest - timedelta(minutes=5))
    joined = min(sent + timedelta(hours=stream.expovariate(1 / 9)), sent + INVITATION_LIFE, latest)
    team.members.append(Member(id_at(stream, joined), person, role, joined))
    team.invitations.append(
        Invitation(
            id=id_at(stream, sent),
            email=person.email,
            role=role,
            invited_by=team.owner,
            sent_at=sent,
            token_digest=digest_like(stream),
            status=InvitationStatus.ACCEPTED,
            settled_at=joined,
            accepted_by=person,
        )
    )


def invite_stranger(team: Team, *, status: InvitationStatus, span: Span, stream: Random) -> None:
    """Somebody without an account is asked, and has not come."""
    age = timedelta(hours=stream.uniform(2, 100)) if status == InvitationStatus.PENDING else timedelta(days=30)
    sent = max(team.created_at + timedelta(minutes=20), span.end - age)
    settled = {
        InvitationStatus.PENDING: sent,
        InvitationStatus.REVOKED: sent + timedelta(hours=5),
        InvitationStatus.EXPIRED: sent + INVITATION_LIFE,
    }[status]
    _name, latin = names.person_name(names.pick_culture(stream), dice=stream)
    team.invitations.append(
        Invitation(
            id=id_at(stream, sent),
            email=f"{latin}{stream.randrange(100)}@{stream.choice(names.MAIL_HOSTS)}",
            role=_role(stream),
            invited_by=team.owner,
            sent_at=sent,
            token_digest=digest_like(stream),
            status=status if settled <= span.end else InvitationStatus.PENDING,
            settled_at=min(settled, span.end),
        )
    )


def workspace_rows(people: Iterable[Customer], teams: Iterable[Team]) -> Iterator[dict[str, object]]:
    """Rows of accounts.Workspace."""
    for person in people:
        yield {
            "id": person.workspace_id,
            "name": person.workspace_name,
            "personal_owner_id": person.id,
            "created_at": person.joined_at,
        }
    for team in teams:
        yield {"id": team.id, "name": team.name, "personal_owner_id": None, "created_at": team.created_at}


def membership_rows(people: Iterable[Customer], teams: Iterable[Team]) -> Iterator[dict[str, object]]:
    """Rows of accounts.Membership."""
    for person in people:
        yield {
            "id": person.membership_id,
            "workspace_id": person.workspace_id,
            "user_id": person.id,
            "role": MemberRole.OWNER,
            "created_at": person.joined_at,
        }
    for team in teams:
        for member in team.members:
            yield {
                "id": member.id,
                "workspace_id": team.id,
                "user_id": member.person.id,
                "role": member.role,
                "created_at": member.joined_at,
            }


def invitation_rows(teams: Iterable[Team]) -> Iterator[dict[str, object]]:
    """Rows of accounts.Invitation."""
    for team in teams:
        for invitation in team.invitations:
            yield {
                "id": invitation.id,
                "workspace_id": team.id,
                "email": invitation.email,
                "role": invitation.role,
                "token_digest": invitation.token_digest,
                "status": invitation.status,
                "status_changed_at": invitation.settled_at,
                "invited_by_id": invitation.invited_by.id,
                "accepted_by_id": invitation.accepted_by.id if invitation.accepted_by else None,
                "expires_at": invitation.sent_at + INVITATION_LIFE,
                "created_at": invitation.sent_at,
            }


def is_stopped(person: Customer) -> bool:
    """Whether the account works no more."""
    return person.status != UserStatus.ACTIVE
