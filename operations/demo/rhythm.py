"""When things happen: a company that grows, weeks with weekends, days with nights."""

from __future__ import annotations

from bisect import bisect
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from itertools import accumulate
from random import Random
from zoneinfo import ZoneInfo

LIFE = timedelta(days=548)  # eighteen months
GROWTH_A_DAY = 1.0031  # sign-ups double in about seven months
_WEEKDAYS = (1.15, 1.2, 1.18, 1.12, 0.95, 0.6, 0.65)  # Monday first
# Share of the company's life, and how many times a usual day's sign-ups came then.
_LAUNCHES = ((0.0, 6.0), (0.31, 9.0), (0.62, 5.0), (0.88, 7.0))
_ECHO_DAYS = 4
# Weight of each hour on the customer's own clock.
_HOURS = (2, 1, 1, 1, 1, 1, 2, 4, 7, 10, 12, 12, 10, 11, 12, 12, 11, 10, 9, 10, 11, 10, 7, 4)
_HOUR_SUMS = tuple(accumulate(_HOURS))


@dataclass(frozen=True, slots=True)
class Span:
    """The time the demo company has existed for."""

    start: datetime
    end: datetime

    @classmethod
    def until(cls, at: datetime) -> Span:
        """Eighteen months that end at ``at``, from a midnight on."""
        first_day = (at - LIFE).astimezone(UTC).date()
        return cls(datetime.combine(first_day, time(), UTC), at)

    @property
    def days(self) -> int:
        return (self.end - self.start).days


def join_days(*, span: Span, count: int, dice: Random) -> list[int]:
    """The days on which ``count`` customers sign up, in order: growth, weekends, launches and what follows them."""
    weights = [_weight(span, day) * dice.uniform(0.75, 1.25) for day in range(span.days)]
    return sorted(dice.choices(range(span.days), weights=weights, k=count))


def _weight(span: Span, day: int) -> float:
    weight = GROWTH_A_DAY**day * _WEEKDAYS[(span.start + timedelta(days=day)).weekday()]
    for share, times in _LAUNCHES:
        since = day - int(share * span.days)
        if 0 <= since < _ECHO_DAYS:
            weight *= 1 + (times - 1) / 2**since
    return weight


def moment(day: datetime, zone: str, *, dice: Random) -> datetime:
    """A time of that day as its customer lives it: rarely at night."""
    hour = bisect(_HOUR_SUMS, dice.random() * _HOUR_SUMS[-1])
    local = datetime.combine(day.date(), time(hour, dice.randrange(60), dice.randrange(60)), ZoneInfo(zone))
    return (local + timedelta(microseconds=dice.randrange(1_000_000))).astimezone(UTC)


def office_moment(day: datetime, *, dice: Random) -> datetime:
    """A time of that day (the next Monday for a weekend) at which staff work."""
    day += timedelta(days=max(0, 7 - day.weekday()) if day.weekday() > 4 else 0)
    seconds = dice.randrange(8 * 3600, 18 * 3600)
    return datetime.combine(day.date(), time(), UTC) + timedelta(
        seconds=seconds, microseconds=dice.randrange(1_000_000)
    )


def active_days(*, first: datetime, last: datetime, chance: float, fade: float, dice: Random) -> Sequence[datetime]:
    """The days between on which somebody uses the product: less at weekends, less as interest fades.

    ``chance`` is that of a usual day; ``fade`` the share of it that is left after thirty days.
    """
    found = []
    for number in range((last - first).days + 1):
        day = first + timedelta(days=number)
        if dice.random() < chance * fade ** (number / 30) * _WEEKDAYS[day.weekday()]:
            found.append(day)
    return found
