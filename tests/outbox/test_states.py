"""Every pair of states: allowed or refused as the tables say."""

from __future__ import annotations

from datetime import UTC, datetime
from itertools import product
from types import SimpleNamespace
from typing import Any

import pytest

from core.errors import InvalidTransition
from core.states import move
from outbox import states

A_MOMENT = datetime(2026, 3, 2, tzinfo=UTC)
TABLES = [
    (states.JobStatus, states.JOB_MOVES),
    (states.MessageStatus, states.MESSAGE_MOVES),
    (states.BulkStatus, states.BULK_MOVES),
    (states.ItemStatus, states.ITEM_MOVES),
]
PAIRS = [(moves, *pair) for statuses, moves in TABLES for pair in product(statuses, statuses)]


@pytest.mark.parametrize(("moves", "current", "target"), PAIRS)
def test_a_status_moves_only_as_its_table_says(moves: Any, current: Any, target: Any) -> None:
    thing = SimpleNamespace(status=current, status_changed_at=None)
    if target in moves[current]:
        move(thing, moves=moves, target=target, at=A_MOMENT)
        assert (thing.status, thing.status_changed_at) == (target, A_MOMENT)
    else:
        with pytest.raises(InvalidTransition):
            move(thing, moves=moves, target=target, at=A_MOMENT)


@pytest.mark.parametrize(("statuses", "moves"), TABLES)
def test_every_status_has_its_line(statuses: Any, moves: Any) -> None:
    assert set(moves) == set(statuses)


def test_a_job_that_is_done_stays_done() -> None:
    assert states.JOB_MOVES[states.JobStatus.DONE] == frozenset()
