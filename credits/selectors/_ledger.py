"""Entries and holds."""

from __future__ import annotations

import uuid
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Count, F, Prefetch, Q, QuerySet, Sum

from credits.errors import EntryNotFound, HoldNotFound
from credits.ids import first_id_at
from credits.models import Entry, Hold, Slice
from credits.states import HoldStatus

STUCK_AFTER = timedelta(hours=1)
AGES = (
    ("under 15 minutes", timedelta(0)),
    ("15 minutes to 1 hour", timedelta(minutes=15)),
    ("1 to 6 hours", timedelta(hours=1)),
    ("6 to 24 hours", timedelta(hours=6)),
    ("over a day", timedelta(days=1)),
)


def list_entries(
    *,
    workspace_id: uuid.UUID,
    kinds: Collection[str] = (),
    since: datetime | None = None,
    until: datetime | None = None,
) -> QuerySet[Entry]:
    """A workspace's ledger with notes and slices, newest first, ``since <= created_at < until``. Two queries a page."""
    entries = Entry.objects.filter(account_id=workspace_id).select_related("note").order_by("-id")
    if kinds:
        entries = entries.filter(kind__in=kinds)
    if since:
        entries = entries.filter(pk__gte=first_id_at(since))
    if until:
        entries = entries.filter(pk__lt=first_id_at(until))
    return entries.prefetch_related(Prefetch("slices", queryset=Slice.objects.select_related("lot")))


def get_entry(*, workspace_id: uuid.UUID, entry_id: uuid.UUID) -> Entry:
    """One entry of a workspace's ledger; EntryNotFound where it is another's or nobody's."""
    entry = Entry.objects.filter(account_id=workspace_id, pk=entry_id).first()
    if entry is None:
        raise EntryNotFound
    return entry


def find_entry(*, entry_id: uuid.UUID | None) -> Entry | None:
    """The entry with this id, if any."""
    return Entry.objects.filter(pk=entry_id).first() if entry_id else None


def list_slices(*, entry_id: uuid.UUID) -> QuerySet[Slice]:
    """The lots behind an entry, in the order they burn."""
    order = ("lot__priority", F("lot__expires_at").asc(nulls_last=True), "lot__created_at")
    return Slice.objects.filter(entry_id=entry_id).select_related("lot").order_by(*order)


def sum_returning_to_expired_lots(*, entry_id: uuid.UUID, at: datetime) -> int:
    """How many credits a reversal of this spend would return to lots that are past their expiry."""
    slices = Slice.objects.filter(entry_id=entry_id, amount__lt=0, lot__expires_at__lte=at)
    taken: int = slices.aggregate(total=Sum("amount", default=0))["total"]
    return -taken


def list_holds(*, workspace_id: uuid.UUID, statuses: Collection[str] = ()) -> QuerySet[Hold]:
    """A workspace's holds, newest first."""
    holds = Hold.objects.filter(account_id=workspace_id).order_by("-id")
    return holds.filter(status__in=statuses) if statuses else holds


def get_hold(*, workspace_id: uuid.UUID, hold_id: uuid.UUID) -> Hold:
    """One hold of a workspace; HoldNotFound where it is another's or nobody's. By id alone, tested afterwards."""
    hold = Hold.objects.filter(pk=hold_id).first()
    if hold is None or hold.account_id != workspace_id:
        raise HoldNotFound
    return hold


def list_stuck_holds_for_console(*, at: datetime, older_than: timedelta = STUCK_AFTER) -> QuerySet[Hold]:
    """Open holds older than that, or past their time although a sweep should have come by; the oldest first."""
    is_stuck = Q(created_at__lte=at - older_than) | Q(expires_at__lte=at - timedelta(minutes=5))
    return Hold.objects.filter(is_stuck, status=HoldStatus.OPEN).order_by("created_at", "id")


def count_stuck_holds_for_console(*, at: datetime) -> int:
    """How many there are of those, up to 100. One query on the index of open holds."""
    return list_stuck_holds_for_console(at=at).order_by()[:100].count()


@dataclass(frozen=True, slots=True)
class AgeGroup:
    """Open holds of about the same age."""

    label: str
    count: int
    credits: int


def summarize_open_holds_for_console(*, at: datetime) -> list[AgeGroup]:
    """How many open holds there are of each age, and over how many credits. One query."""
    bounds = [(label, at - floor) for label, floor in AGES]
    wanted: dict[str, Count | Sum] = {}
    for number, (_label, newest) in enumerate(bounds):
        oldest = bounds[number + 1][1] if number + 1 < len(bounds) else None
        group = Q(created_at__lte=newest) if number else Q()
        if oldest is not None:
            group &= Q(created_at__gt=oldest)
        wanted[f"count_{number}"] = Count("pk", filter=group)
        wanted[f"credits_{number}"] = Sum("amount", filter=group, default=0)
    found = Hold.objects.filter(status=HoldStatus.OPEN).aggregate(**wanted)
    return [
        AgeGroup(label, found[f"count_{number}"], found[f"credits_{number}"])
        for number, (label, _newest) in enumerate(bounds)
    ]
