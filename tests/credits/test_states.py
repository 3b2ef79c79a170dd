"""The words of the ledger and the moves of a hold."""

from __future__ import annotations

import itertools

import pytest

from core.errors import InvalidTransition
from core.states import refuse_unless_allowed
from credits.states import BURN_PRIORITY, HOLD_MOVES, REVERSIBLE_KINDS, EntryKind, HoldStatus, LotSource

ALLOWED = {
    ("open", "captured"),
    ("open", "released"),
    ("open", "expired"),
    ("open", "captured_late"),
    ("expired", "captured_late"),
}


@pytest.mark.parametrize(("current", "target"), list(itertools.product(HoldStatus, HoldStatus)))
def test_a_hold_moves_only_as_listed(current, target):
    if (current.value, target.value) in ALLOWED:
        refuse_unless_allowed(HOLD_MOVES, current, target)
    else:
        with pytest.raises(InvalidTransition):
            refuse_unless_allowed(HOLD_MOVES, current, target)


def test_what_was_given_burns_before_what_was_paid_for():
    assert max(BURN_PRIORITY[s] for s in (LotSource.PROMO, LotSource.GOODWILL)) < BURN_PRIORITY[LotSource.PACK]
    assert set(BURN_PRIORITY) == set(LotSource)


def test_reversals_cannot_be_reversed():
    assert EntryKind.REVERSE not in REVERSIBLE_KINDS
