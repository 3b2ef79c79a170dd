"""What the adjustment desk needs to know: limits, what is used of them, what this customer got lately."""

from __future__ import annotations

import uuid
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Count, Exists, Max, OuterRef, Sum

from core.actors import ActorKind
from credits.ids import first_id_at
from credits.models import AdjustmentLimit, AllowanceUse, Entry, Lot
from credits.states import GIFT_SOURCES, EntryKind

GRANTS_WINDOW = timedelta(days=90)


@dataclass(frozen=True, slots=True)
class Allowance:
    """What a member of staff may move today without a second person, and what of it is used."""

    daily_credits: int
    used_credits: int
    approval_above_credits: int
    may_approve_credits: int

    @property
    def left_credits(self) -> int:
        return max(0, self.daily_credits - self.used_credits)

    def covers(self, amount: int) -> bool:
        """Whether ``amount`` can be moved without a second person."""
        return amount <= self.approval_above_credits and amount <= self.left_credits


def get_allowance(*, actor_id: str, roles: Collection[str], at: datetime) -> Allowance:
    """The allowance of ``actor_id`` (``usr_…``) with these staff roles, on the day (UTC) of ``at``. Two queries."""
    widest = AdjustmentLimit.objects.filter(role__in=roles).aggregate(
        daily=Max("daily_credits"), above=Max("approval_above_credits"), approve=Max("may_approve_credits")
    )
    used = AllowanceUse.objects.filter(actor_id=actor_id, on_date=at.date()).values_list("used_credits", flat=True)
    return Allowance(
        daily_credits=widest["daily"] or 0,
        used_credits=next(iter(used), 0),
        approval_above_credits=widest["above"] or 0,
        may_approve_credits=widest["approve"] or 0,
    )


@dataclass(frozen=True, slots=True)
class StaffGrants:
    """What staff gave a customer in a window: how often, how much."""

    count: int
    credits: int


def summarize_staff_grants(*, workspace_id: uuid.UUID, at: datetime) -> StaffGrants:
    """What staff gave this workspace in the last 90 days, by grant or adjustment, less what was reversed. One query."""
    undone = Entry.objects.filter(reverses_id=OuterRef("pk"))
    found = Entry.objects.filter(
        ~Exists(undone),
        account_id=workspace_id,
        pk__gt=first_id_at(at - GRANTS_WINDOW),
        actor_kind=ActorKind.STAFF,
        kind__in=[EntryKind.GRANT, EntryKind.ADJUST],
        amount__gt=0,
    ).aggregate(count=Count("pk"), credits=Sum("amount", default=0))
    return StaffGrants(found["count"], found["credits"])


def weigh_reversal(entry: Entry) -> int:
    """What reversing an entry counts against an allowance: nothing for a gift of staff, else all it moves.

    A pack or a plan was paid for: taking it weighs as much as giving. At most one query.
    """
    is_gift = (
        entry.amount > 0
        and entry.lot_id is not None
        and entry.actor_kind == ActorKind.STAFF
        and Lot.objects.filter(pk=entry.lot_id, source__in=GIFT_SOURCES).exists()
    )
    return 0 if is_gift else abs(entry.amount)
