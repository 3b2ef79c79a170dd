"""Work in progress as the story ends: holds that wait, holds that are stuck, credits that will expire soon."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

from django.db import connection

from core.actors import Target
from core.ids import to_public
from credits.actions import AuditAction
from credits.states import HoldStatus, LotSource
from operations.demo.chance import dice, id_at, request_id_at
from operations.demo.company import Company, office
from operations.demo.desk import account_target
from operations.demo.ledger import Op, Step
from operations.demo.spending import BILLING
from operations.demo.trail import Note

_WARNED_DAYS_BEFORE = (14, 3, 1)  # as the ledger warns
_WEEK = 7 * 24 * 3600
_STUCK = ((54.0, 24, "Short clip, 4 s"), (21.0, 60, "Product shots, batch"), (2.6, 4, "Four variations"))
_RUNNING = (1.5, 3.0, 4.2, 7.0, 11.0)
_SOON = """
SELECT id, created_at, expires_at FROM credits_lot
 WHERE is_open AND expires_at > %(now)s AND expires_at <= %(now)s + make_interval(days => %(days)s) ORDER BY id
"""


def make_open_holds(company: Company) -> list[Step]:
    """Holds of teams that are open now: some stuck for hours or days, some of jobs that run this minute."""
    stream = dice(company.seed, "open holds")
    now = company.now
    able = [t for t in company.teams if t.created_at < now - timedelta(days=4)] or company.teams
    steps = [_top_up(company)]
    for hours, amount, purpose in _STUCK:
        team = company.teams[-1] if amount == 24 else stream.choice(able)
        at = max(now - timedelta(hours=hours), team.created_at + timedelta(minutes=10))
        steps.append(
            Step(
                at,
                Op.HOLD,
                team.id,
                team.owner.actor,
                amount,
                f"{stream.getrandbits(64):016x}",
                request_id_at(stream, at),
                purpose=purpose,
                seconds=_WEEK,
            )
        )
    for minutes in _RUNNING:
        team = stream.choice(able)
        at = now - timedelta(minutes=minutes)
        steps.append(
            Step(
                at,
                Op.HOLD,
                team.id,
                team.owner.actor,
                stream.choice((1, 2, 4)),
                f"{stream.getrandbits(64):016x}",
                request_id_at(stream, at),
                purpose="Image, 1024 × 1024",
            )
        )
    return steps


def _top_up(company: Company) -> Step:
    """Ada has credits to try the API with."""
    at = company.now - timedelta(days=3)
    return Step(
        at,
        Op.GRANT,
        company.ada.workspace_id,
        BILLING,
        100,
        "pack:ada",
        source=LotSource.PACK,
        source_ref="order ada",
        expires_at=at + timedelta(days=365),
        paid_minor=3490,
        currency="USD",
    )


def make_released(company: Company) -> list[Step]:
    """A hold that was stuck, and its release by Noor."""
    stream = dice(company.seed, "released")
    team = company.teams[0]
    at = max(company.now - timedelta(days=12), team.created_at + timedelta(hours=1))
    hold = Step(
        at,
        Op.HOLD,
        team.id,
        team.owner.actor,
        16,
        f"{stream.getrandbits(64):016x}",
        request_id_at(stream, at),
        purpose="Short clip, 4 s",
        seconds=_WEEK,
    )
    later = at + timedelta(hours=30)
    freed = Step(
        later,
        Op.RELEASE,
        team.id,
        company.noor.actor,
        None,
        f"desk:{stream.getrandbits(64):016x}",
        request_id_at(stream, later),
        of=hold,
    )
    return [hold, freed]


def released_note(company: Company, freed: Step) -> Iterator[Note]:
    """The entry of that release, where the account had the credits."""
    hold = freed.of
    if freed.is_done and hold is not None and hold.hold_id is not None:
        yield Note(
            freed.at,
            AuditAction.HOLD_RELEASED,
            company.noor.actor,
            Target("credits.hold", to_public("hld", hold.hold_id)),
            "The job's worker died; nothing will capture this",
            "T-4711",
            changes={"status": (HoldStatus.OPEN, HoldStatus.RELEASED)},
            details={"account": account_target(hold.account).id, "amount": hold.amount},
            where=office(company.noor, request_id=freed.request_id),
        )


def warning_rows(company: Company) -> list[dict[str, object]]:
    """Rows of credits.ExpiryWarning: owners of what expires soon have been told."""
    stream = dice(company.seed, "warnings")
    now = company.now
    with connection.cursor() as cursor:
        cursor.execute(_SOON, {"now": now, "days": max(_WARNED_DAYS_BEFORE)})
        lots = cursor.fetchall()
    found: list[dict[str, object]] = []
    for lot_id, created_at, expires_at in lots:
        marks = [expires_at - timedelta(days=days) for days in _WARNED_DAYS_BEFORE]
        for days, mark in zip(_WARNED_DAYS_BEFORE, marks, strict=True):
            if created_at <= mark <= now:
                found.append({"id": id_at(stream, mark), "lot_id": lot_id, "days_before": days, "created_at": mark})
    return found
