"""Paging by the last row seen instead of by number: page 10,000 costs what page 1 costs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.core import signing
from django.core.exceptions import ValidationError
from django.db.models import Model, Q, QuerySet

_SALT = "core.console.cursor"


@dataclass(frozen=True, slots=True)
class Cursor:
    """A place between two rows: the ordering's values beside it, and which way to go from there."""

    values: tuple[Any, ...]
    is_backward: bool


@dataclass(frozen=True, slots=True)
class Page:
    """Rows, and the cursors of the neighbouring pages where there are any."""

    rows: list[Any]
    next: str | None
    previous: str | None


def encode(row: Model, *, ordering: Sequence[str], is_backward: bool) -> str:
    """The opaque cursor beside ``row``."""
    values = [_plain(_value(row, name)) for name in ordering]
    return signing.dumps([",".join(ordering), int(is_backward), values], salt=_SALT)


def decode(text: str, *, model: type[Model], ordering: Sequence[str]) -> Cursor | None:
    """The cursor in ``text``; None where it is not ours or belongs to another ordering."""
    try:
        owner, is_backward, values = signing.loads(text, salt=_SALT)
        if owner != ",".join(ordering):
            return None
        fields = [_field(model, name) for name in ordering]
        return Cursor(tuple(f.to_python(v) for f, v in zip(fields, values, strict=True)), bool(is_backward))
    except (signing.BadSignature, ValidationError, ValueError):
        return None


def paginate(queryset: QuerySet[Any], *, ordering: Sequence[str], cursor: Cursor | None, size: int) -> Page:
    """One page in one query: ``size`` rows and one more, which tells whether another page follows."""
    if cursor is None:
        rows = list(queryset.order_by(*ordering)[: size + 1])
        return _page(rows[:size], ordering=ordering, has_next=len(rows) > size, has_previous=False)
    if not cursor.is_backward:
        rows = list(queryset.filter(following(ordering, cursor.values)).order_by(*ordering)[: size + 1])
        return _page(rows[:size], ordering=ordering, has_next=len(rows) > size, has_previous=True)
    backward = reversed_ordering(ordering)
    rows = list(queryset.filter(following(backward, cursor.values)).order_by(*backward)[: size + 1])
    if len(rows) <= size:  # the beginning: show a whole first page rather than a stump
        return paginate(queryset, ordering=ordering, cursor=None, size=size)
    return _page(rows[:size][::-1], ordering=ordering, has_next=True, has_previous=True)


def following(ordering: Sequence[str], values: Sequence[Any]) -> Q:
    """Rows after ``values``: ``a <= x AND (a < x OR (a = x AND b < y))``, which an index can serve."""
    name, value, rest = ordering[0].lstrip("-"), values[0], ordering[1:]
    comparison = "lt" if ordering[0].startswith("-") else "gt"
    beyond = Q(**{f"{name}__{comparison}": value})
    if not rest:
        return beyond
    return Q(**{f"{name}__{comparison}e": value}) & (beyond | (Q(**{name: value}) & following(rest, values[1:])))


def reversed_ordering(ordering: Sequence[str]) -> tuple[str, ...]:
    """The same ordering, read from its end."""
    return tuple(name[1:] if name.startswith("-") else f"-{name}" for name in ordering)


def _page(rows: list[Any], *, ordering: Sequence[str], has_next: bool, has_previous: bool) -> Page:
    if not rows:
        return Page([], None, None)
    following_page = encode(rows[-1], ordering=ordering, is_backward=False) if has_next else None
    preceding_page = encode(rows[0], ordering=ordering, is_backward=True) if has_previous else None
    return Page(rows, following_page, preceding_page)


def _value(row: Any, name: str) -> Any:
    for part in name.lstrip("-").split("__"):
        row = getattr(row, part)
    return row


def _field(model: Any, name: str) -> Any:
    field = None
    for part in name.lstrip("-").split("__"):
        field = model._meta.pk if part == "pk" else model._meta.get_field(part)
        model = field.related_model
    return field


def _plain(value: Any) -> Any:
    if isinstance(value, datetime | date):
        return value.isoformat()  # all six digits of the microseconds, which JSON encoders drop
    return value if isinstance(value, int | str) else str(value)
