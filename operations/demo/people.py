"""The customers: who signed up when, and what became of them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from random import Random
from uuid import UUID

from django.conf import settings

from accounts.states import UserStatus
from core.actors import Actor, ActorKind, Target
from core.ids import to_public
from operations.demo import names, rhythm
from operations.demo.chance import dice, id_at
from operations.demo.rhythm import Span

CUSTOMER_DOMAIN = "example.test"  # ada, bo and cleo: the customers whose logins work

_AGENTS = (
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 Safari/537.36",
    "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/26.0 "
    "Safari/605.1.15",
    "Mozilla/5.0 (iPhone; CPU iPhone OS 19_1 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/26.1 "
    "Mobile/15E148 Safari/604.1",
    "Mozilla/5.0 (X11; Linux x86_64; rv:145.0) Gecko/20100101 Firefox/145.0",
    "Mozilla/5.0 (Linux; Android 16; Pixel 10) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 "
    "Mobile Safari/537.36",
)
# Networks for documentation (RFC 5737, RFC 3849): nobody's addresses.
_NETWORKS = ("192.0.2.", "198.51.100.", "203.0.113.")


class Habit(StrEnum):
    """How somebody uses the product."""

    GONE = "gone"  # signed up, never came back
    TRIER = "trier"  # spends what is free
    BUYER = "buyer"  # packs now and then
    SUBSCRIBER = "subscriber"  # a monthly plan


_HABITS = (Habit.GONE, Habit.TRIER, Habit.BUYER, Habit.SUBSCRIBER)
_HABIT_WEIGHTS = (24, 46, 18, 12)
_TAGS = ("vip", "beta", "press", "student", "nonprofit", "reseller", "early-adopter", "slow-payer", "design-partner")


@dataclass(slots=True)
class Customer:
    """One person with a personal workspace."""

    id: UUID
    workspace_id: UUID
    membership_id: UUID
    name: str
    email: str
    locale: str
    zone: str
    joined_at: datetime
    habit: Habit
    address: str
    agent: str
    is_verified: bool = True
    status: UserStatus = UserStatus.ACTIVE
    status_changed_at: datetime | None = None
    tags: list[str] = field(default_factory=list)
    password: str = ""
    is_staff: bool = False
    roles: tuple[str, ...] = ()
    paused: tuple[datetime, datetime] | None = None  # while a restriction holds
    last_login: datetime | None = None

    @property
    def public_id(self) -> str:
        return to_public("usr", self.id)

    @property
    def label(self) -> str:
        return self.name or self.public_id

    @property
    def actor(self) -> Actor:
        return Actor(ActorKind.STAFF if self.is_staff else ActorKind.CUSTOMER, self.public_id, self.label)

    @property
    def target(self) -> Target:
        return Target("accounts.user", self.public_id, self.label)

    @property
    def workspace_name(self) -> str:
        return f"{self.name}’s workspace"[-200:] if self.name else "Personal workspace"

    @property
    def workspace_target(self) -> Target:
        return Target("accounts.workspace", to_public("wsp", self.workspace_id), self.workspace_name)

    def is_paused(self, at: datetime) -> bool:
        """Whether a restriction keeps them from spending at ``at``."""
        return self.paused is not None and self.paused[0] <= at < self.paused[1]

    @property
    def left_at(self) -> datetime | None:
        """When the account stopped working, where it did."""
        return None if self.status == UserStatus.ACTIVE else self.status_changed_at


def make_customers(*, seed: int, span: Span, count: int) -> list[Customer]:
    """``count`` people, in the order in which they signed up."""
    days = rhythm.join_days(span=span, count=count, dice=dice(seed, "joins"))
    stream = dice(seed, "people")
    taken: set[str] = set()
    people = [_make(span.start + timedelta(days=day), span=span, stream=stream, taken=taken) for day in days]
    people.sort(key=lambda person: person.joined_at)
    return people


def _make(day: datetime, *, span: Span, stream: Random, taken: set[str]) -> Customer:
    culture = names.pick_culture(stream)
    zone = stream.choice(culture.zones)
    name, latin = names.person_name(culture, dice=stream)
    joined = rhythm.moment(day, zone, dice=stream)
    if not span.start <= joined < span.end - timedelta(minutes=5):
        joined = day + timedelta(hours=9, seconds=stream.randrange(6 * 3600))
    habit = stream.choices(_HABITS, weights=_HABIT_WEIGHTS)[0]
    return Customer(
        id=id_at(stream, joined),
        workspace_id=id_at(stream, joined),
        membership_id=id_at(stream, joined),
        name="" if stream.random() < 0.06 else name,
        email=_free(latin, stream=stream, taken=taken),
        locale=locale_or_default(culture.locale),
        zone=zone,
        joined_at=joined,
        habit=habit,
        address=address(stream),
        agent=stream.choice(_AGENTS),
        is_verified=habit is not Habit.GONE or stream.random() < 0.55,
        tags=sorted(stream.sample(_TAGS, k=stream.choice((1, 1, 2)))) if stream.random() < 0.06 else [],
    )


def locale_or_default(locale: str) -> str:
    """The locale where the product speaks it, else the product's own language."""
    return locale if locale in dict(settings.LANGUAGES) else settings.LANGUAGE_CODE


def address(stream: Random) -> str:
    """An address out of the networks kept for documentation."""
    if stream.random() < 0.2:
        return (
            f"2001:db8:{stream.randrange(1, 0xFFFF):x}:{stream.randrange(1, 0xFFFF):x}::{stream.randrange(1, 0xFF):x}"
        )
    return f"{stream.choice(_NETWORKS)}{stream.randrange(1, 255)}"


def _free(latin: str, *, stream: Random, taken: set[str]) -> str:
    host = stream.choices(names.MAIL_HOSTS, weights=names.MAIL_WEIGHTS)[0]
    found = f"{latin}@{host}"
    while found in taken:
        found = f"{latin}{stream.randrange(10, 9999)}@{host}"
    taken.add(found)
    return found


def user_rows(people: Iterable[Customer]) -> Iterator[dict[str, object]]:
    """Rows of accounts.User."""
    for person in people:
        yield {
            "id": person.id,
            "email": person.email,
            "password": person.password,
            "last_login": person.last_login,
            "name": person.name,
            "status": person.status,
            "status_changed_at": person.status_changed_at or person.joined_at,
            "is_staff": person.is_staff,
            "is_superuser": False,
            "locale": person.locale,
            "time_zone": person.zone,
            "tags": person.tags,
            "created_at": person.joined_at,
        }
