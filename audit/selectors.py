"""Reads of the trail that feed a screen."""

from __future__ import annotations

from collections.abc import Collection
from datetime import timedelta
from functools import reduce
from operator import and_

from django.db.models import Q, QuerySet

from audit import tokens
from audit.ids import parse_entry_id
from audit.models import Approval, Entry, Payload
from audit.states import ApprovalStatus
from core.ids import from_public

AROUND = timedelta(minutes=5)
NEWEST_OF_ADDRESS = 500


def find_entry(public_id: str) -> Entry | None:
    """The entry with this id, with its payload, or None. One query, one partition."""
    place = parse_entry_id(public_id)
    if place is None:
        return None
    return Entry.objects.select_related("payload").filter(occurred_at=place[0], seq=place[1]).first()


def list_neighbors_for_console(entry: Entry, *, limit: int = 50) -> list[Entry]:
    """What happened within five minutes before and after, in order; the nearest where there is too much."""
    entries = Entry.objects.select_related("payload")
    before = entries.filter(occurred_at__gte=entry.occurred_at - AROUND, occurred_at__lt=entry.occurred_at)
    after = entries.filter(occurred_at__gte=entry.occurred_at, occurred_at__lte=entry.occurred_at + AROUND)
    earlier = list(before.order_by("-occurred_at", "-seq")[: limit // 2])
    return [*reversed(earlier), *after.order_by("occurred_at", "seq")[: limit // 2]]


def find_approval(public_id: str) -> Approval | None:
    """The approval with this id, or None."""
    pk = from_public(Approval.id_prefix, public_id)
    return Approval.objects.filter(pk=pk).first() if pk else None


def find_condition_for_console(text: str) -> Q | None:
    """What ``text`` asks for, as ``tokens.parse_tokens`` says, but of an address the newest NEWEST_OF_ADDRESS entries.

    The database cannot tell how many entries come from a network, and joins all of them before it sorts. So the newest
    are looked up first, in the payloads alone and within from: and to: (one query); the rest is asked of those.
    """
    parts = tokens.read_tokens(text)
    addresses = [value for name, value in (part.split(":", 1) for part in text.split() if ":" in part) if name == "ip"]
    if not parts or not addresses:
        return reduce(and_, [condition for _name, condition in parts]) if parts else None
    places = Payload.objects.filter(
        *[condition for name, condition in parts if name in {"from", "to"}],
        *[tokens.by_ip(address, column="ip") for address in addresses],
    ).order_by("-occurred_at", "-seq")
    found = places.values_list("occurred_at", "seq")[:NEWEST_OF_ADDRESS]
    moments, numbers = zip(*found, strict=True) if found else ((), ())
    others = [condition for name, condition in parts if name != "ip"]
    return reduce(and_, others, Q(occurred_at__in=moments, seq__in=numbers))


def list_entries_of_approval_for_console(approval: Approval) -> QuerySet[Entry]:
    """That it was asked for, and how it ended: who denied or withdrew it, or what was carried out."""
    moments = {approval.requested_at, approval.status_changed_at}
    entries = Entry.objects.select_related("payload").filter(target_id=approval.target_id, occurred_at__in=moments)
    return entries.filter(outcome="done").order_by("occurred_at", "seq")


def list_entries_of_request_for_console(request_id: str) -> QuerySet[Entry]:
    """What one request did, the first thing first."""
    return Entry.objects.select_related("payload").filter(request_id=request_id).order_by("occurred_at", "seq")


def knows_target(target_id: str) -> bool:
    """Whether anything was ever done to this id. One query."""
    return Entry.objects.filter(target_id=target_id).exists()


def list_waiting_approvals_for_console(*, kinds: Collection[str], besides: str) -> QuerySet[Approval]:
    """Requests of these kinds that wait and that ``besides`` (an actor's id) did not make; those that expire first."""
    waiting = Approval.objects.filter(status=ApprovalStatus.PENDING, kind__in=kinds)
    return waiting.exclude(requester_id=besides).order_by("expires_at", "id")


def list_timeline_for_console(target_id: str) -> QuerySet[Entry]:
    """Everything done to one target, newest first."""
    return Entry.objects.select_related("payload").filter(target_id=target_id).order_by("-occurred_at", "-seq")
