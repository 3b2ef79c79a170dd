"""What the tests of the ledger share."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest

from audit.models import Entry as TrailEntry
from core import events


@dataclass(frozen=True)
class Footprint:
    """An entry of the trail, as a test wants to read it."""

    action: str
    actor_id: str
    target_id: str
    ticket: str
    reason: str
    changes: dict[str, Any]
    details: dict[str, Any]
    outcome: str


@pytest.fixture
def trail(db: None) -> Callable[..., list[Footprint]]:
    """``trail()`` is what staff did about credits, in order; ``trail("audit.")`` what has that prefix."""

    def read(prefix: str = "credits.") -> list[Footprint]:
        found = TrailEntry.objects.filter(action__startswith=prefix).select_related("payload").order_by("seq")
        return [
            Footprint(
                e.action,
                e.actor_id,
                e.target_id,
                e.ticket,
                e.payload.reason,
                {name: tuple(pair) for name, pair in e.payload.change_pairs.items()},
                e.payload.detail_values,
                e.outcome,
            )
            for e in found
        ]

    return read


@pytest.fixture
def heard(monkeypatch: pytest.MonkeyPatch, django_capture_on_commit_callbacks: Any) -> Callable[..., list[Any]]:
    """``heard(HoldPlaced, step)`` runs the step and returns the events of that type it published."""

    def listen(event_type: type, step: Callable[[], Any]) -> list[Any]:
        found: list[Any] = []
        monkeypatch.setattr(events, "_receivers", {**events._receivers, event_type: [found.append]})
        with django_capture_on_commit_callbacks(execute=True):
            step()
        return found

    return listen
