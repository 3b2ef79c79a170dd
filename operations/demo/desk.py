"""What staff did to balances: goodwill, corrections, reversals, freezes; and what banks took back."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from random import Random
from uuid import UUID

from core.actors import Target
from core.ids import to_public
from credits.actions import AuditAction
from credits.states import LotSource, ReasonCode
from operations.demo import rhythm
from operations.demo.chance import dice, id_at, request_id_at
from operations.demo.company import Company, office
from operations.demo.ledger import Op, Step
from operations.demo.people import Customer
from operations.demo.spending import BILLING
from operations.demo.trail import Note

_GOODWILL_LIFE = timedelta(days=90)
_WHY: tuple[tuple[ReasonCode, str, str], ...] = (
    (ReasonCode.SERVICE_FAILURE, "Three renders failed during the outage", "Sorry for the failed renders on Tuesday."),
    (ReasonCode.QUALITY, "Hands came out wrong in every variation, customer sent examples", ""),
    (ReasonCode.GOODWILL, "Long-standing customer, first complaint", "Thank you for your patience."),
    (
        ReasonCode.DUPLICATE_CHARGE,
        "Pack was charged twice, credits arrived once",
        "The missing pack is in your account now.",
    ),
    (ReasonCode.BILLING_ERROR, "Plan credits came a day late", ""),
    (ReasonCode.PROMOTION, "Won the October challenge", "Congratulations!"),
)
_FIX = "Corrects a balance that an import had counted twice"
_BACK = ("Image was unusable, credits returned", "Job was started by mistake and could not be stopped", "Queue delay")


@dataclass(slots=True)
class Deed:
    """Something staff did to a balance: the step, and what the trail and the customer are told."""

    step: Step
    action: AuditAction
    author: Customer
    reason: str
    ticket: str = ""
    customer_note: str = ""
    approver: Customer | None = None
    approval_id: str = ""
    consent: str = ""  # what the approver said

    @property
    def weight(self) -> int:
        """What it counts against the author's allowance."""
        return 0 if self.approver or self.step.op is Op.FREEZE else abs(self.step.amount or self.step.moved)


def make_deeds(company: Company, steps: Sequence[Step]) -> list[Deed]:
    """What staff did about accounts that have a history; the steps are still to be run."""
    stream = dice(company.seed, "desk")
    last = company.now - timedelta(hours=3)
    grants = [s for s in steps if s.op is Op.GRANT and s.at < last - timedelta(days=4)]
    captures = [s for s in steps if s.op is Op.CAPTURE and s.at < last - timedelta(days=4)]
    many = max(2, len(company.customers) // 14)
    found = [_goodwill(company, stream.choice(grants), stream) for _ in range(many)]
    found += [_adjustment(company, stream.choice(grants), stream) for _ in range(max(1, many // 6))]
    found += [
        _reversal(company, step, stream) for step in stream.sample(captures, k=min(max(3, many // 8), len(captures)))
    ]
    found += [_freeze(company, stream.choice(grants), stream) for _ in range(max(1, many // 50))]
    found += _today(company, grants, stream)
    return _within_limits(found)


def make_claw_backs(company: Company, steps: Sequence[Step]) -> list[Step]:
    """Packs whose payment a bank took back: what was spent of them is debt now."""
    stream = dice(company.seed, "claw-backs")
    packs = [s for s in steps if s.source is LotSource.PACK and s.at < company.now - timedelta(days=30)]
    return [
        Step(
            pack.at + timedelta(days=stream.uniform(12, 28)),
            Op.CLAW_BACK,
            pack.account,
            BILLING,
            pack.amount,
            f"dispute:{stream.getrandbits(40):010x}",
            of=pack,
            reason_code=ReasonCode.FRAUD,
        )
        for pack in stream.sample(packs, k=min(len(packs), max(1, len(company.customers) // 400)))
    ]


# ------------------------------------------------------------------ one kind each


def _moment(company: Company, after: datetime, stream: Random) -> datetime:
    at = rhythm.office_moment(after + timedelta(days=stream.uniform(0.2, 20)), dice=stream)
    return at if after < at < company.now - timedelta(hours=2) else after + timedelta(hours=stream.uniform(1, 40))


def _step(op: Op, account: UUID | None, author: Customer, at: datetime, stream: Random) -> Step:
    return Step(
        at, op, account, author.actor, key=f"desk:{stream.getrandbits(64):016x}", request_id=request_id_at(stream, at)
    )


def _ticket(stream: Random) -> str:
    return f"T-{stream.randrange(1200, 9800)}" if stream.random() < 0.8 else ""


def _goodwill(company: Company, near: Step, stream: Random, at: datetime | None = None, amount: int = 0) -> Deed:
    code, reason, said = stream.choice(_WHY)
    step = _step(Op.GRANT, near.account, company.sam, at or _moment(company, near.at, stream), stream)
    step.amount = amount or stream.choice((5, 10, 10, 20, 25, 50, 100, 150))
    step.source, step.reason_code = LotSource.GOODWILL, code
    step.expires_at = step.at + _GOODWILL_LIFE
    return Deed(step, AuditAction.CREDITS_GRANTED, company.sam, reason, _ticket(stream), said)


def _adjustment(company: Company, near: Step, stream: Random) -> Deed:
    step = _step(Op.ADJUST, near.account, company.noor, _moment(company, near.at, stream), stream)
    step.amount, step.reason_code = stream.choice((-20, -10, -5, 12, 30)), ReasonCode.CORRECTION
    return Deed(step, AuditAction.ACCOUNT_ADJUSTED, company.noor, _FIX, _ticket(stream))


def _reversal(company: Company, capture: Step, stream: Random) -> Deed:
    step = _step(Op.REVERSE, capture.account, company.sam, _moment(company, capture.at, stream), stream)
    step.of, step.reason_code = capture, ReasonCode.QUALITY
    return Deed(step, AuditAction.ENTRY_REVERSED, company.sam, stream.choice(_BACK), _ticket(stream))


def _freeze(company: Company, near: Step, stream: Random) -> Deed:
    step = _step(Op.FREEZE, near.account, company.fay, company.now - timedelta(hours=stream.uniform(30, 90)), stream)
    step.purpose = "Unusual purchases with many cards; finance is looking at the payments"
    return Deed(step, AuditAction.ACCOUNT_FROZEN, company.fay, step.purpose, _ticket(stream))


def _today(company: Company, grants: Sequence[Step], stream: Random) -> list[Deed]:
    """What Sam gave today: of the daily 500 credits, 300 are left."""
    midnight = company.now.replace(hour=0, minute=0, second=0, microsecond=0)
    moments = (midnight + (company.now - midnight) * share for share in (0.4, 0.7))
    return [
        _goodwill(company, stream.choice(grants), stream, at, amount)
        for at, amount in zip(moments, (150, 50), strict=True)
    ]


def _within_limits(deeds: list[Deed]) -> list[Deed]:
    """Without those that the author's daily allowance would not have covered."""
    used: dict[tuple[str, date], int] = {}
    kept = []
    for deed in sorted(deeds, key=lambda deed: (-(deed.step.amount or 0), deed.step.at)):
        day = (deed.author.public_id, deed.step.at.date())
        if used.get(day, 0) + deed.weight <= 200:
            used[day] = used.get(day, 0) + deed.weight
            kept.append(deed)
    return kept


# ------------------------------------------------------------------ what is written about them


def account_target(account: UUID | None) -> Target:
    """An account as the trail names it."""
    assert account is not None
    return Target("credits.account", to_public("acc", account))


def deed_notes(deeds: Sequence[Deed], stream: Random) -> Iterator[Note]:
    """The entry of each deed that was done."""
    for deed in deeds:
        if deed.step.is_done:
            step = deed.step
            changes: dict[str, tuple[object, object]] = {"posted": (step.posted - step.moved, step.posted)}
            if step.op is Op.FREEZE:
                changes = {"frozen": (False, True)}
            doer = deed.approver or deed.author
            yield Note(
                step.at,
                deed.action,
                doer.actor,
                account_target(step.account),
                deed.consent or deed.reason,
                deed.ticket,
                changes=changes,
                details=_details(deed) or None,
                where=office(doer, request_id=step.request_id or request_id_at(stream, step.at)),
            )


def _details(deed: Deed) -> dict[str, object]:
    step = deed.step
    if step.entry_id is None:
        return {}
    details: dict[str, object] = {
        "entry": to_public("led", step.entry_id),
        "amount": step.moved,
        "reason_code": str(step.reason_code),
    }
    if step.op is Op.REVERSE and step.of is not None and step.of.entry_id is not None:
        details["reverses"] = to_public("led", step.of.entry_id)
    if deed.customer_note:
        details["customer_note"] = deed.customer_note
    if deed.approver:
        details |= {
            "approval": deed.approval_id,
            "requested_by": deed.author.public_id,
            "requested_because": deed.reason,
        }
    return details


def note_rows(deeds: Sequence[Deed]) -> Iterator[dict[str, object]]:
    """Rows of credits.EntryNote."""
    for deed in deeds:
        if deed.customer_note and deed.step.is_done:
            yield {"entry_id": deed.step.entry_id, "text": deed.customer_note, "created_at": deed.step.at}


def allowance_rows(deeds: Sequence[Deed], make_id: Callable[[datetime], UUID]) -> Iterator[dict[str, object]]:
    """Rows of credits.AllowanceUse: what each author moved on each day."""
    used: dict[tuple[str, date], int] = {}
    for deed in deeds:
        if deed.weight and deed.step.is_done:
            day = (deed.author.public_id, deed.step.at.date())
            used[day] = used.get(day, 0) + deed.weight
    for (actor_id, on_date), amount in sorted(used.items()):
        at = datetime.combine(on_date, datetime.min.time(), tzinfo=deeds[0].step.at.tzinfo)
        yield {"id": make_id(at), "actor_id": actor_id, "on_date": on_date, "used_credits": amount}


def id_maker(seed: int) -> Callable[[datetime], UUID]:
    """Ids for rows that nothing else names."""
    stream = dice(seed, "desk", "ids")
    return lambda at: id_at(stream, at)
