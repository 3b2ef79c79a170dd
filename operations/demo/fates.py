"""What became of accounts: suspended, reinstated, banned, closed, restricted, tagged."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from random import Random
from uuid import UUID

from accounts.actions import AuditAction
from accounts.states import Capability, UserStatus
from core.actors import Actor, Target, system
from core.ids import to_public
from operations.demo import rhythm
from operations.demo.chance import dice, id_at, request_id_at
from operations.demo.company import Company, office
from operations.demo.people import Customer
from operations.demo.trail import Note

RESTRICTION_CLOCK = system("accounts.restrictions")
_SUSPENDED = (
    "Card reported stolen; payment disputed",
    "Several accounts from one device to collect the welcome credits",
    "Password shared on a public forum, account used by strangers",
    "Unpaid invoice for 45 days",
)
_REINSTATED = ("Owner proved identity with the last invoice", "Bank confirmed the card was the owner's", "Paid in full")
_BANNED = (
    "Images of real people without consent, third time after two warnings",
    "Sold access to the account",
    "Charge-back fraud on four packs",
)
_CLOSED = (
    "Customer asked to close the account",
    "Moved to the company's account",
    "Customer no longer needs it",
)
_LIMITED = {
    Capability.SPEND: "Payment is being disputed; spending waits for the bank",
    Capability.GENERATE: "Repeated prompts against the content policy",
    Capability.LOGIN: "Account taken over; owner is being verified",
    Capability.WRITE: "Legal dispute about the workspace; nothing may change",
}
_LIFTED = ("Dispute was decided for the customer", "Customer read and accepted the policy", "Identity confirmed")


@dataclass(frozen=True, slots=True)
class Limit:
    """A restriction to be: of a person, or of a workspace."""

    id: UUID
    person: Customer | None
    workspace_id: UUID | None
    target: Target
    capability: Capability
    ticket: str
    author: Customer
    created_at: datetime
    starts_at: datetime
    ends_at: datetime | None
    lifted_at: datetime | None
    lifted_by: Actor | None
    lift_reason: str


def decide(company: Company) -> list[Limit]:
    """Give some customers another status, tags and restrictions, with the entries of whoever did it."""
    stream = dice(company.seed, "fates")
    owners = {team.owner.id for team in company.teams}
    settled = company.now - timedelta(days=3)
    able = [p for p in company.customers if p.id not in owners and p.joined_at < settled - timedelta(days=6)]
    stream.shuffle(able)
    count = len(company.customers)
    _stop(company, _take(able, count // 110), UserStatus.SUSPENDED, AuditAction.USER_SUSPENDED, _SUSPENDED, stream)
    _reinstate(company, _take(able, count // 160), stream)
    _stop(company, _take(able, count // 200), UserStatus.BANNED, AuditAction.USER_BANNED, _BANNED, stream)
    _stop(company, _take(able, count // 45), UserStatus.CLOSED, AuditAction.USER_CLOSED, _CLOSED, stream)
    _tag(company, stream)
    return _restrict(company, _take(able, max(5, count // 70)), stream)


def _take(people: list[Customer], count: int) -> list[Customer]:
    """``count`` of them, at least one where there are any; nobody twice."""
    return [people.pop() for _ in range(min(max(1, count), len(people)))]


def _day_after(person: Customer, company: Company, stream: Random) -> datetime:
    """A working moment some time after the sign-up, and before now."""
    room = company.now - timedelta(days=3) - person.joined_at
    day = person.joined_at + timedelta(days=stream.uniform(1, max(1.5, min(room.days, 200))))
    return rhythm.office_moment(day, dice=stream)


def _ticket(stream: Random) -> str:
    return f"T-{stream.randrange(1200, 9800)}"


def _stop(
    company: Company,
    people: Iterable[Customer],
    status: UserStatus,
    action: AuditAction,
    reasons: Sequence[str],
    stream: Random,
) -> None:
    for person in people:
        at = min(_day_after(person, company, stream), company.now - timedelta(hours=2))
        author = company.noor if status == UserStatus.CLOSED else company.iris
        company.notes.append(
            _moved(person, action, UserStatus.ACTIVE, status, author, at, stream.choice(reasons), stream)
        )
        person.status, person.status_changed_at = status, at


def _reinstate(company: Company, people: Iterable[Customer], stream: Random) -> None:
    for person in people:
        at = min(_day_after(person, company, stream), company.now - timedelta(days=2))
        back = min(at + timedelta(hours=stream.uniform(4, 40)), company.now - timedelta(hours=1))
        stopped, active = UserStatus.SUSPENDED, UserStatus.ACTIVE
        company.notes += [
            _moved(
                person, AuditAction.USER_SUSPENDED, active, stopped, company.iris, at, stream.choice(_SUSPENDED), stream
            ),
            _moved(
                person,
                AuditAction.USER_REINSTATED,
                stopped,
                active,
                company.noor,
                back,
                stream.choice(_REINSTATED),
                stream,
            ),
        ]
        person.status_changed_at = back


def _moved(
    person: Customer,
    action: AuditAction,
    before: UserStatus,
    after: UserStatus,
    author: Customer,
    at: datetime,
    reason: str,
    stream: Random,
) -> Note:
    return Note(
        at,
        action,
        author.actor,
        person.target,
        reason,
        _ticket(stream),
        changes={"status": (before.value, after.value)},
        where=office(author, request_id=request_id_at(stream, at)),
    )


def _tag(company: Company, stream: Random) -> None:
    for person in company.customers:
        for number in range(len(person.tags)):
            at = min(_day_after(person, company, stream), company.now - timedelta(hours=1)) + timedelta(minutes=number)
            company.notes.append(
                Note(
                    at,
                    AuditAction.USER_TAGGED,
                    company.sam.actor,
                    person.target,
                    changes={"tags": (person.tags[:number], person.tags[: number + 1])},
                    where=office(company.sam, request_id=request_id_at(stream, at)),
                )
            )


# ------------------------------------------------------------------ restrictions


def _restrict(company: Company, people: Sequence[Customer], stream: Random) -> list[Limit]:
    kinds = ("open", "ending", "lifted", "ended", "ahead")
    limits = []
    for number, person in enumerate(people):
        kind = kinds[number % len(kinds)]
        limit = _limit(company, person, kind, of_workspace=number % 7 == 5, stream=stream)
        person.paused = (limit.starts_at, limit.lifted_at or limit.ends_at or company.now)
        limits.append(limit)
    for limit in limits:
        _note(company, limit, stream)
    return limits


def _limit(company: Company, person: Customer, kind: str, *, of_workspace: bool, stream: Random) -> Limit:
    now = company.now
    at = (
        _day_after(person, company, stream)
        if kind in ("lifted", "ended")
        else now - timedelta(days=stream.uniform(1, 5))
    )
    at = min(max(at, person.joined_at + timedelta(hours=1)), now - timedelta(days=1))
    capability = stream.choice(list(_LIMITED))
    if of_workspace and capability == Capability.LOGIN:
        capability = Capability.SPEND
    ends = {
        "open": None,
        "ending": now + timedelta(days=stream.uniform(1, 30)),
        "lifted": at + timedelta(days=60) if stream.random() < 0.5 else None,
        "ended": at + timedelta(hours=stream.uniform(3, 20)),
        "ahead": now + timedelta(days=20),
    }[kind]
    lifted = {
        "lifted": min(at + timedelta(hours=stream.uniform(5, 48)), now - timedelta(hours=1)),
        "ended": ends + timedelta(seconds=41) if ends else None,
    }.get(kind)
    return Limit(
        id=id_at(stream, at),
        person=None if of_workspace else person,
        workspace_id=person.workspace_id if of_workspace else None,
        target=person.workspace_target if of_workspace else person.target,
        capability=capability,
        ticket=_ticket(stream),
        author=company.iris if capability == Capability.GENERATE else company.noor,
        created_at=at,
        starts_at=now + timedelta(days=2) if kind == "ahead" else at,
        ends_at=ends,
        lifted_at=lifted,
        lifted_by={"lifted": company.noor.actor, "ended": RESTRICTION_CLOCK}.get(kind),
        lift_reason=stream.choice(_LIFTED) if kind == "lifted" else "",
    )


def _note(company: Company, limit: Limit, stream: Random) -> None:
    facts = {"restriction": to_public("rst", limit.id), "capability": limit.capability.value}
    company.notes.append(
        Note(
            limit.created_at,
            AuditAction.RESTRICTION_ADDED,
            limit.author.actor,
            limit.target,
            _LIMITED[limit.capability],
            limit.ticket,
            details={
                **facts,
                "starts_at": limit.starts_at.isoformat(),
                "ends_at": limit.ends_at.isoformat() if limit.ends_at else "",
            },
            where=office(limit.author, request_id=request_id_at(stream, limit.created_at)),
        )
    )
    if limit.lifted_at and limit.lifted_by:
        by_person = limit.lifted_by.is_staff
        company.notes.append(
            Note(
                limit.lifted_at,
                AuditAction.RESTRICTION_LIFTED if by_person else AuditAction.RESTRICTION_ENDED,
                limit.lifted_by,
                limit.target,
                limit.lift_reason,
                limit.ticket if by_person else "",
                details=facts,
            )
        )


def restriction_rows(limits: Iterable[Limit]) -> Iterator[dict[str, object]]:
    """Rows of accounts.Restriction."""
    for limit in limits:
        yield {
            "id": limit.id,
            "user_id": limit.person.id if limit.person else None,
            "workspace_id": limit.workspace_id,
            "capability": limit.capability,
            "reason": _LIMITED[limit.capability],
            "ticket": limit.ticket,
            "author_key": limit.author.public_id,
            "author_label": limit.author.label,
            "starts_at": limit.starts_at,
            "ends_at": limit.ends_at,
            "lifted_at": limit.lifted_at,
            "lifted_by": limit.lifted_by.id if limit.lifted_by else "",
            "lift_reason": limit.lift_reason,
            "created_at": limit.created_at,
        }
