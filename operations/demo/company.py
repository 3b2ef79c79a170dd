"""Everybody and everything of the demo company, before a row is written."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime

from accounts.roles import StaffRole
from accounts.states import MemberRole
from operations.demo import cast
from operations.demo.chance import dice
from operations.demo.keys import Key, make_keys
from operations.demo.people import Customer, make_customers
from operations.demo.rhythm import Span
from operations.demo.teams import LEFT_OVER, Team, invite, invite_stranger, make_teams, start_team
from operations.demo.trail import Note, Where


@dataclass(slots=True)
class Company:
    """What the parts of the demo add to and read from."""

    seed: int
    span: Span
    staff: dict[StaffRole, Customer]
    friends: list[Customer]
    customers: list[Customer]
    teams: list[Team]
    keys: list[Key] = field(default_factory=list)
    notes: list[Note] = field(default_factory=list)

    def people(self) -> Iterator[Customer]:
        """Everybody with an account."""
        yield from self.staff.values()
        yield from self.friends
        yield from self.customers

    @property
    def now(self) -> datetime:
        return self.span.end

    @property
    def sam(self) -> Customer:
        return self.staff[StaffRole.SUPPORT]

    @property
    def noor(self) -> Customer:
        return self.staff[StaffRole.SUPPORT_LEAD]

    @property
    def fay(self) -> Customer:
        return self.staff[StaffRole.FINANCE]

    @property
    def iris(self) -> Customer:
        return self.staff[StaffRole.TRUST_LEAD]

    @property
    def ada(self) -> Customer:
        return self.friends[0]


def found_company(*, seed: int, at: datetime, users: int) -> Company:
    """The company as it stands at ``at``, with ``users`` customers besides its staff."""
    span = Span.until(at)
    friends = list(cast.make_friends(seed=seed, span=span))
    customers = make_customers(seed=seed, span=span, count=max(0, users - len(friends)))
    teams = make_teams(seed=seed, span=span, people=customers)
    teams.append(_engines(friends, seed=seed, span=span))
    company = Company(seed, span, cast.make_staff(seed=seed, span=span), friends, customers, teams)
    company.keys = make_keys(seed=seed, span=span, people=[*friends, *customers], teams=teams)
    return company


def _engines(friends: list[Customer], *, seed: int, span: Span) -> Team:
    """Ada's team: Bo is in it, others were asked."""
    ada, bo, _cleo = friends
    stream = dice(seed, "engines")
    created = max(ada.joined_at, span.end.replace(microsecond=0) - (span.end - ada.joined_at) * 0.97)
    team = start_team(ada, name=cast.TEAM_NAME, at=created, stream=stream)
    invite(team, bo, role=MemberRole.MEMBER, span=span, stream=stream)
    for status in LEFT_OVER:
        invite_stranger(team, status=status, span=span, stream=stream)
    return team


def office(person: Customer, *, request_id: str) -> Where:
    """The request of somebody of the staff, from their desk."""
    return Where(request_id=request_id, ip=person.address, agent=person.agent)
