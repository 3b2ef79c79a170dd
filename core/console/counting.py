"""How many rows, without counting millions: exact up to a limit, "10,000+" above it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.db.models import QuerySet
from django.utils.formats import number_format

LIMIT = 10_000


@dataclass(frozen=True, slots=True)
class Count:
    """A number of rows that stops at LIMIT."""

    value: int
    is_capped: bool = False

    def __str__(self) -> str:
        text = number_format(self.value, use_l10n=True, force_grouping=True)
        return f"{text}+" if self.is_capped else text


def capped_count(queryset: QuerySet[Any], *, limit: int = LIMIT) -> Count:
    """Count at most ``limit`` + 1 rows, in a subquery that stops there."""
    found = queryset.order_by().values("pk")[: limit + 1].count()
    return Count(min(found, limit), is_capped=found > limit)
