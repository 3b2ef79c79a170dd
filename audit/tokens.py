"""Typed tokens of the trail's search: ``actor:usr_… action:credits.* from:2026-01-01``.

Each becomes a condition on a column with an index of its own.
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Callable
from datetime import date, datetime, time, timedelta
from functools import reduce
from operator import and_

from django.db.models import Q
from django.utils import timezone

from audit.ids import parse_entry_id
from core.trail import Outcome

_TOKEN = re.compile(r"(\w+):(\S+)")
_ACTION = re.compile(r"[a-z0-9_.]+\*?")


def parse_tokens(text: str) -> Q | None:
    """The condition that all tokens in ``text`` make together; None where one is not understood."""
    tokens = read_tokens(text)
    return reduce(and_, [condition for _name, condition in tokens]) if tokens else None


def read_tokens(text: str) -> list[tuple[str, Q]]:
    """Each token's name (empty for a bare id) with its condition; nothing where one is not understood."""
    tokens = []
    for part in text.split():
        match = _TOKEN.fullmatch(part)
        name, value = (match[1], match[2]) if match else ("", part)
        parse = _PARSERS.get(name)
        condition = parse(value) if parse else None
        if condition is None:
            return []
        tokens.append((name, condition))
    return tokens


def by_id(text: str) -> Q | None:
    """A bare id: an entry's own, a request's, or whoever acted or was acted on."""
    if place := parse_entry_id(text):
        return Q(occurred_at=place[0], seq=place[1])
    if text.startswith("req_"):
        return Q(request_id=text)
    return Q(actor_id=text) | Q(target_id=text) if re.fullmatch(r"[a-z]{3}_[0-9a-z]{26}", text) else None


def by_action(text: str) -> Q | None:
    """An action, or all that begin alike: ``credits.*``. The upper bound lets a plain index serve it."""
    if not _ACTION.fullmatch(text):
        return None
    if not text.endswith("*"):
        return Q(action=text)
    stem = text.removesuffix("*")
    return Q(action__gte=stem, action__lt=stem[:-1] + chr(ord(stem[-1]) + 1)) if stem else Q()


def by_ip(text: str, *, column: str = "payload__ip") -> Q | None:
    """An address, or every address of a network."""
    try:
        network = ipaddress.ip_network(text, strict=False)
    except ValueError:
        return None
    if network.num_addresses == 1:
        return Q(**{column: str(network.network_address)})
    return Q(**{f"{column}__gte": str(network[0]), f"{column}__lte": str(network[-1])})


def by_outcome(text: str) -> Q | None:
    """done, refused or failed."""
    return Q(outcome=text) if text in set(Outcome) else None


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None


def _midnight(day: date) -> datetime:
    return timezone.make_aware(datetime.combine(day, time.min))


def _since(text: str) -> Q | None:
    day = _day(text)
    return Q(occurred_at__gte=_midnight(day)) if day else None


def _until(text: str) -> Q | None:
    day = _day(text)
    if day is None or day == date.max:
        return None
    return Q(occurred_at__lt=_midnight(day + timedelta(days=1)))


_PARSERS: dict[str, Callable[[str], Q | None]] = {
    "": by_id,
    "actor": lambda text: Q(actor_id=text),
    "as": lambda text: Q(impersonator_id=text),
    "target": lambda text: Q(target_id=text),
    "action": by_action,
    "request": lambda text: Q(request_id=text),
    "key": lambda text: Q(api_key_id=text),
    "ticket": lambda text: Q(ticket=text),
    "ip": by_ip,
    "outcome": by_outcome,
    "from": _since,
    "to": _until,
}
