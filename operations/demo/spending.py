"""What customers bought and spent: plans, packs, promotions, and image after image."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from random import Random
from uuid import UUID

from core.actors import Actor, system
from credits.states import LotSource
from operations.demo import rhythm
from operations.demo.chance import dice, request_id_at
from operations.demo.keys import Key
from operations.demo.ledger import Op, Step
from operations.demo.people import Customer, Habit
from operations.demo.rhythm import Span
from operations.demo.teams import Team

BILLING = system("billing.grants")
WELCOME = system("accounts.welcome")
EXPIRY = system("credits.expiry")

WELCOME_CREDITS = 10
WELCOME_LIFE = timedelta(days=30)
PACK_LIFE = timedelta(days=365)
MONTH = timedelta(days=30)
HOLD_SECONDS = 900
# Credits in a pack: its price in minor units.
PACKS = {10: 490, 50: 1990, 100: 3490, 500: 14900}
_PACK_WEIGHTS = (30, 40, 22, 8)
_CURRENCIES = ("USD", "USD", "USD", "EUR", "GBP")
_WORK = (
    ("Image, 1024 × 1024", (1, 1, 1, 2)),
    ("Image, 2048 × 2048", (2, 2, 4)),
    ("Four variations", (4,)),
    ("Upscale to 4K", (2, 3)),
    ("Background removed", (1,)),
    ("Style transfer", (2, 3, 5)),
    ("Short clip, 4 s", (12, 16)),
)
_WORK_WEIGHTS = (40, 18, 14, 11, 9, 6, 2)
_BATCHES = (("Product shots, batch", (40, 60, 80)), ("Catalog backgrounds, batch", (25, 50)))


@dataclass(frozen=True, slots=True)
class Plan:
    """A subscription: credits a month for a price, and the share of customers that leave each month."""

    name: str
    credits: int
    price_minor: int
    churn: float
    chance: float
    fade: float


PRO = Plan("pro", 100, 2900, 0.07, 0.16, 0.97)
TEAM = Plan("team", 500, 9900, 0.03, 0.2, 1.0)
ENTERPRISE = Plan("enterprise", 3000, 49900, 0.0, 0.45, 1.0)


def _never(_at: datetime) -> bool:
    return False


@dataclass(slots=True)
class Spender:
    """An account and those who spend from it. ``balance`` is what the plan reckons with; the ledger decides."""

    account: UUID
    zone: str
    opens_at: datetime
    ends_at: datetime
    who: Callable[[datetime, Random], Actor]
    name: str
    plan: Plan | None = None
    buys: bool = False
    is_paused: Callable[[datetime], bool] = _never
    balance: int = 0
    steps: list[Step] = field(default_factory=list)


def make_steps(
    *, seed: int, span: Span, people: Iterable[Customer], teams: Iterable[Team], keys: Iterable[Key]
) -> list[Step]:
    """Everything that customers' use of the product does to the ledger."""
    by_workspace: dict[UUID, list[Key]] = {}
    for key in keys:
        by_workspace.setdefault(key.workspace_id, []).append(key)
    steps: list[Step] = []
    for person in people:
        if person.is_verified:
            steps += _personal(person, span=span, keys=by_workspace.get(person.workspace_id, []), seed=seed)
    for team in teams:
        steps += _shared(team, span=span, keys=by_workspace.get(team.id, []), seed=seed)
    return steps


def sweeps(steps: Sequence[Step], *, until: datetime) -> list[Step]:
    """The sweeps that end what is due: one a night, and on the last day one soon after each end.

    Production sweeps every minute. Within one transaction each sweep walks past all that earlier ones
    ended, so a year and a half of minutes would take an hour.
    """
    settled = {id(step.of) for step in steps if step.op in (Op.CAPTURE, Op.RELEASE)}
    left = [step for step in steps if step.op is Op.HOLD and id(step) not in settled]
    due = {step.at + timedelta(seconds=step.seconds) for step in left}
    due |= {step.expires_at for step in steps if step.expires_at is not None}
    moments = {_next_sweep(moment, until=until) for moment in due}
    return [Step(at, Op.SWEEP, actor=EXPIRY) for at in sorted(moments) if at < until]


def _next_sweep(moment: datetime, *, until: datetime) -> datetime:
    if moment > until - timedelta(days=1):
        return moment.replace(second=0, microsecond=0) + timedelta(minutes=1, seconds=7)
    return moment.replace(hour=3, minute=7, second=7, microsecond=0) + timedelta(days=1)


# ------------------------------------------------------------------ who spends


def _personal(person: Customer, *, span: Span, keys: Sequence[Key], seed: int) -> list[Step]:
    stream = dice(seed, "spending", person.id)
    welcome = person.joined_at + timedelta(minutes=stream.uniform(2, 40))
    end = min(span.end, person.left_at or span.end)
    if welcome >= end:
        return []
    spender = Spender(
        person.workspace_id,
        person.zone,
        welcome,
        end,
        _either(person.actor, keys),
        person.public_id,
        plan=PRO if person.habit is Habit.SUBSCRIBER else None,
        buys=person.habit is Habit.BUYER,
        is_paused=person.is_paused,
    )
    _grant(
        spender,
        welcome,
        WELCOME_CREDITS,
        source=LotSource.PROMO,
        life=WELCOME_LIFE,
        actor=WELCOME,
        key=f"welcome:{person.public_id}",
        ref="welcome",
    )
    chance, fade = _APPETITE[person.habit]
    _live(spender, chance=chance, fade=fade, stream=stream)
    return spender.steps


_APPETITE = {Habit.GONE: (0.02, 0.3), Habit.TRIER: (0.2, 0.2), Habit.BUYER: (0.08, 0.9), Habit.SUBSCRIBER: (0.16, 0.97)}


def _either(actor: Actor, keys: Sequence[Key]) -> Callable[[datetime, Random], Actor]:
    """Acts by hand, or half the time through a key where one works."""

    def choose(at: datetime, stream: Random) -> Actor:
        usable = [key for key in keys if key.works(at)]
        if not usable or stream.random() < 0.5:
            return actor
        key = stream.choice(usable)
        key.last_used_at = max(at, key.last_used_at or at)
        return key.actor

    return choose


def _shared(team: Team, *, span: Span, keys: Sequence[Key], seed: int) -> list[Step]:
    stream = dice(seed, "spending", team.id)
    start = team.created_at + timedelta(minutes=stream.uniform(5, 90))
    if start >= span.end:
        return []

    def anybody(at: datetime, stream: Random) -> Actor:
        present = [m.person for m in team.members if m.joined_at <= at and not (m.person.left_at or at) < at]
        return _either(stream.choice(present or [team.owner]).actor, keys)(at, stream)

    plan = ENTERPRISE if len(team.members) >= 8 else TEAM
    spender = Spender(team.id, team.owner.zone, start, span.end, anybody, team.target.id, plan=plan, buys=True)
    _live(spender, chance=plan.chance, fade=plan.fade, stream=stream)
    return spender.steps


# ------------------------------------------------------------------ a life as a customer


def _live(spender: Spender, *, chance: float, fade: float, stream: Random) -> None:
    renewals = _renewals(spender, stream)
    for day in rhythm.active_days(first=spender.opens_at, last=spender.ends_at, chance=chance, fade=fade, dice=stream):
        while renewals and renewals[0] <= day:
            _renew(spender, renewals.pop(0))
        _spend_a_day(spender, day, stream)
    for at in renewals:
        _renew(spender, at)


def _renewals(spender: Spender, stream: Random) -> list[datetime]:
    """The days a month is paid for, until the customer leaves the plan."""
    if spender.plan is None:
        return []
    at = spender.opens_at + timedelta(days=stream.uniform(0, 12))
    found = []
    while at < spender.ends_at:
        found.append(at)
        if stream.random() < spender.plan.churn:
            break
        at += MONTH
    return found


def _renew(spender: Spender, at: datetime) -> None:
    plan = spender.plan
    assert plan is not None
    _grant(
        spender,
        at,
        plan.credits,
        source=LotSource.PLAN,
        life=MONTH + timedelta(hours=1),
        actor=BILLING,
        key=f"plan:{plan.name}:{spender.name}:{at:%Y%m%d}",
        ref=f"plan {plan.name} {at:%Y-%m}",
        paid=plan.price_minor,
        currency="USD",
    )
    spender.balance = min(spender.balance, 2 * plan.credits)  # most of what was left has expired


def _grant(
    spender: Spender,
    at: datetime,
    amount: int,
    *,
    source: LotSource,
    life: timedelta,
    actor: Actor,
    key: str,
    ref: str,
    paid: int = 0,
    currency: str = "",
) -> None:
    spender.balance += amount
    spender.steps.append(
        Step(
            at,
            Op.GRANT,
            spender.account,
            actor,
            amount,
            key,
            source=source,
            source_ref=ref,
            expires_at=at + life,
            paid_minor=paid,
            currency=currency,
        )
    )


def _spend_a_day(spender: Spender, day: datetime, stream: Random) -> None:
    at = rhythm.moment(day, spender.zone, dice=stream)
    for _ in range(min(1 + int(stream.expovariate(0.8)), 8)):
        if not spender.opens_at < at < spender.ends_at or spender.is_paused(at):
            return
        purpose, amount = _work(spender, stream)
        if spender.balance < amount and not _buy(spender, at, stream):
            return
        at += timedelta(seconds=3)
        _use(spender, at, purpose, amount, stream)
        at += timedelta(seconds=stream.expovariate(1 / 240) + 5)


def _work(spender: Spender, stream: Random) -> tuple[str, int]:
    is_big = spender.plan in (TEAM, ENTERPRISE) and stream.random() < 0.5
    purpose, prices = stream.choice(_BATCHES) if is_big else stream.choices(_WORK, weights=_WORK_WEIGHTS)[0]
    return purpose, stream.choice(prices)


def _buy(spender: Spender, at: datetime, stream: Random) -> bool:
    if not spender.buys or stream.random() > 0.45:
        return False
    size = stream.choices(list(PACKS), weights=_PACK_WEIGHTS)[0]
    order = f"{stream.getrandbits(40):010x}"
    _grant(
        spender,
        at,
        size,
        source=LotSource.PACK,
        life=PACK_LIFE,
        actor=BILLING,
        key=f"pack:{order}",
        ref=f"order {order}",
        paid=PACKS[size],
        currency=stream.choice(_CURRENCIES),
    )
    return True


def _use(spender: Spender, at: datetime, purpose: str, amount: int, stream: Random) -> None:
    """One piece of work: credits are held, then taken, given back, or forgotten."""
    actor = spender.who(at, stream)
    hold = Step(
        at,
        Op.HOLD,
        spender.account,
        actor,
        amount,
        f"{stream.getrandbits(64):016x}",
        request_id_at(stream, at),
        purpose=purpose,
        seconds=HOLD_SECONDS,
    )
    spender.steps.append(hold)
    op, taken, after = _fate(amount, stream)
    settled = at + timedelta(seconds=after)
    if op is None or settled >= spender.ends_at:
        return
    spender.balance -= taken
    spender.steps.append(
        Step(
            settled,
            op,
            spender.account,
            actor,
            taken or None,
            f"{hold.key}:{op}",
            request_id_at(stream, settled),
            of=hold,
        )
    )


def _fate(amount: int, stream: Random) -> tuple[Op | None, int, float]:
    """How a hold ends: the operation, what it takes, and after how many seconds."""
    roll, seconds = stream.random(), 2 + stream.expovariate(1 / 14)
    if roll < 0.85:
        return Op.CAPTURE, amount, seconds
    if roll < 0.92:
        return Op.CAPTURE, stream.randint(1, amount), seconds
    if roll < 0.965:
        return Op.RELEASE, 0, seconds
    if roll < 0.975:
        return Op.LATE_CAPTURE, amount, HOLD_SECONDS + stream.uniform(90, 4000)
    return None, 0, 0.0
