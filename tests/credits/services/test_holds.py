"""Placing, capturing and releasing holds."""

from __future__ import annotations

from datetime import timedelta

import pytest

from core.errors import InvalidInput
from credits import errors
from credits import services as credits_services
from credits.models import Account, Entry, Hold, Lot, Operation, Slice
from credits.states import HoldStatus
from tests.factories import credits as ledger
from tests.factories.credits import NOON

pytestmark = pytest.mark.django_db


def state(workspace_id):
    """Posted, held, debt."""
    account = Account.objects.get(pk=workspace_id)
    return account.posted, account.held, account.debt


def everything():
    """Every row of the ledger, to show that nothing moved."""
    return [list(model.objects.order_by("pk").values()) for model in (Account, Lot, Hold, Entry, Slice, Operation)]


class TestPlaceHold:
    def test_sets_credits_aside(self):
        workspace_id = ledger.funded(100)

        ledger.hold(workspace_id, 30)

        assert state(workspace_id) == (100, 30, 0)

    def test_counts_holds_against_what_is_available(self):
        workspace_id = ledger.funded(100)
        ledger.hold(workspace_id, 30)

        with pytest.raises(errors.InsufficientCredits) as refusal:
            ledger.hold(workspace_id, 80)

        assert refusal.value.facts == {"available": 70, "requested": 80}

    def test_refused_leaves_every_row_as_it_was(self):
        workspace_id = ledger.funded(100)
        before = everything()

        with pytest.raises(errors.InsufficientCredits):
            ledger.hold(workspace_id, 101)

        assert everything() == before

    def test_takes_the_last_credit(self):
        workspace_id = ledger.funded(100)

        ledger.hold(workspace_id, 100)

        assert state(workspace_id) == (100, 100, 0)

    def test_of_a_workspace_that_never_had_credits_is_refused(self):
        with pytest.raises(errors.InsufficientCredits):
            ledger.hold(ledger.workspace().pk, 1)

    def test_repeated_returns_the_first_answer(self):
        workspace_id = ledger.funded(100)
        first = ledger.hold(workspace_id, 30, idempotency_key="once")

        again = credits_services.place_hold(
            workspace_id=workspace_id,
            amount=30,
            purpose="image",
            actor=ledger.KEY_OWNER,
            at=NOON + timedelta(hours=1),
            idempotency_key="once",
            expires_in=timedelta(minutes=10),
        )

        assert (again.replayed, again.hold_id, again.expires_at) == (True, first.pk, first.expires_at)
        assert state(workspace_id) == (100, 30, 0)

    def test_another_request_under_the_same_key_is_refused(self):
        workspace_id = ledger.funded(100)
        ledger.hold(workspace_id, 30, idempotency_key="once")

        with pytest.raises(errors.IdempotencyKeyReused):
            ledger.hold(workspace_id, 31, idempotency_key="once")

    def test_the_same_key_in_another_workspace_is_another_key(self):
        one, other = ledger.funded(100), ledger.funded(100)
        ledger.hold(one, 30, idempotency_key="once")

        ledger.hold(other, 30, idempotency_key="once")

        assert state(other) == (100, 30, 0)

    @pytest.mark.parametrize("amount", [0, -1, 10**12 + 1, True, 1.5, "5"])
    def test_refuses_what_is_no_number_of_credits(self, amount):
        with pytest.raises(InvalidInput):
            ledger.hold(ledger.funded(100), amount)

    @pytest.mark.parametrize("seconds", [0, -5, 7 * 86_400 + 1])
    def test_refuses_a_life_of_no_time_or_more_than_a_week(self, seconds):
        with pytest.raises(InvalidInput):
            ledger.hold(ledger.funded(100), expires_in=timedelta(seconds=seconds))

    @pytest.mark.parametrize("purpose", ["", "x" * 201, "a\0b", "\ud800"])
    def test_refuses_a_purpose_that_cannot_be_kept(self, purpose):
        with pytest.raises(InvalidInput):
            ledger.hold(ledger.funded(100), purpose=purpose)


class TestCaptureHold:
    def test_takes_the_whole_of_it(self):
        workspace_id = ledger.funded(100)

        ledger.capture(ledger.hold(workspace_id, 30))

        assert state(workspace_id) == (70, 0, 0)

    def test_of_a_part_returns_the_rest(self):
        workspace_id = ledger.funded(100)

        ledger.capture(ledger.hold(workspace_id, 30), 22)

        assert state(workspace_id) == (78, 0, 0)

    def test_settles_the_hold_once(self):
        placed = ledger.hold(ledger.funded(100), 30)
        ledger.capture(placed, 22)

        with pytest.raises(errors.HoldSettled) as refusal:
            ledger.capture(placed, 8)

        assert refusal.value.facts == {"status": HoldStatus.CAPTURED}

    def test_of_more_than_was_held_is_refused(self):
        placed = ledger.hold(ledger.funded(100), 30)

        with pytest.raises(errors.CaptureExceedsHold) as refusal:
            ledger.capture(placed, 31)

        assert refusal.value.facts == {"held": 30, "requested": 31}

    def test_of_another_workspaces_hold_finds_nothing(self):
        placed = ledger.hold(ledger.funded(100), 30)

        with pytest.raises(errors.HoldNotFound):
            credits_services.capture_hold(
                workspace_id=ledger.funded(100),
                hold_id=placed.pk,
                actor=ledger.KEY_OWNER,
                at=NOON,
                idempotency_key="theirs",
            )

    def test_repeated_returns_the_first_answer(self):
        placed = ledger.hold(ledger.funded(100), 30)
        first = ledger.capture(placed, 22, idempotency_key="once")

        again = ledger.capture(placed, 22, idempotency_key="once", at=NOON + timedelta(days=1))

        assert (again.replayed, again.entry_id, again.posted) == (True, first.entry_id, 78)

    def test_a_key_that_placed_a_hold_cannot_capture_it(self):
        placed = ledger.hold(ledger.funded(100), 30, idempotency_key="once")

        with pytest.raises(errors.IdempotencyKeyReused):
            ledger.capture(placed, idempotency_key="once")
