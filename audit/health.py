"""What the health page says of the trail."""

from __future__ import annotations

from audit.guards import find_missing_guards, find_unsorted_rows, is_month_ready
from audit.models import Stray
from core import clock


def trail_is_healthy() -> str | None:
    """None, or what is wrong with the trail in words for an engineer."""
    if guards := find_missing_guards():
        return f"{len(guards)} triggers of the trail are gone or off, first {guards[0]}"
    if strays := Stray.objects.filter(acknowledged_at__isnull=True).count():
        return f"{strays} changes were made outside the application and are not explained"
    if unsorted := find_unsorted_rows():
        return f"{unsorted[0][1]} rows of {unsorted[0][0]} are in no month"
    if not is_month_ready(at=clock.now()):
        return "this month has no partition"
    return None
