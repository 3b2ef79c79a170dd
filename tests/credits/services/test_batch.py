"""Many operations in one call."""

from __future__ import annotations

from datetime import timedelta

import pytest

from core.errors import InvalidInput
from credits import errors, invariants
from credits import services as credits_services
from credits.events import HoldCaptured, HoldPlaced, HoldReleased
from credits.models import Account, Hold, Operation
from credits.services import CaptureHold, PlaceHold, ReleaseHold
from tests.factories import credits as ledger
from tests.factories.credits import NOON

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def the_ledger_adds_up():
    yield
    assert invariants.check_all() == []


def run(operations, **fields):
    return credits_services.run_batch(operations=operations, **{"actor": ledger.KEY_OWNER, "at": NOON, **fields})


def place(workspace_id, amount, key=""):
    return PlaceHold(workspace_id, amount, "batch", key or ledger.fresh_key())


class TestRunBatch:
    def test_gives_each_operation_its_own_outcome(self):
        one, other = ledger.funded(50), ledger.funded(50)
        held = ledger.hold(other, 20)

        outcomes = run(
            [
                place(one, 40),
                place(one, 40),
                CaptureHold(other, held.pk, ledger.fresh_key(), 5),
                ReleaseHold(other, held.pk, ledger.fresh_key()),
                place(other, 45),
            ]
        )

        assert [type(outcome.refusal) for outcome in outcomes] == [
            type(None),
            errors.InsufficientCredits,
            type(None),
            errors.HoldSettled,
            type(None),
        ]

    def test_says_what_a_refused_one_asked_for(self):
        (outcome,) = run([place(ledger.funded(50), 51)])

        assert outcome.refusal.facts == {"available": 50, "requested": 51}

    def test_lets_an_operation_use_what_an_earlier_one_returned(self):
        workspace_id = ledger.funded(50)
        held = ledger.hold(workspace_id, 50)

        outcomes = run([ReleaseHold(workspace_id, held.pk, ledger.fresh_key()), place(workspace_id, 50)])

        assert [outcome.refusal for outcome in outcomes] == [None, None]

    def test_captures_late_where_an_operation_says_so(self):
        workspace_id = ledger.funded(50)
        held = ledger.hold(workspace_id, 50)

        (outcome,) = run(
            [CaptureHold(workspace_id, held.pk, ledger.fresh_key(), 8, allow_late=True)], at=NOON + timedelta(hours=1)
        )

        assert outcome.receipt.is_late

    def test_tells_of_each_that_was_done(self, heard):
        workspace_id = ledger.funded(50)
        first, second = ledger.hold(workspace_id, 10), ledger.hold(workspace_id, 10)
        operations = [
            place(workspace_id, 10),
            place(workspace_id, 99),
            CaptureHold(workspace_id, first.pk, ledger.fresh_key()),
            ReleaseHold(workspace_id, second.pk, ledger.fresh_key()),
        ]

        assert len(heard(HoldPlaced, lambda: run(operations))) == 1
        assert heard(HoldCaptured, lambda: run(operations)) == []
        assert heard(HoldReleased, lambda: run(operations)) == []

    def test_repeated_operation_by_operation_returns_the_first_outcomes(self):
        operations = [place(ledger.funded(50), 10)]
        (first,) = run(operations)

        (again,) = run(operations)

        assert (again.receipt.replayed, again.receipt.hold_id) == (True, first.receipt.hold_id)

    @pytest.mark.parametrize("count", [0, 51])
    def test_takes_one_to_fifty_operations(self, count):
        workspace_id = ledger.funded(50)

        with pytest.raises(InvalidInput):
            run([place(workspace_id, 1) for _ in range(count)])

    @pytest.mark.parametrize("amount", [0, -1, 10**13])
    def test_refuses_a_malformed_operation_before_it_does_any(self, amount):
        workspace_id = ledger.funded(50)

        with pytest.raises(InvalidInput):
            run([place(workspace_id, 1), place(workspace_id, amount)])

        assert not Hold.objects.exists()


class TestKeyOfTheWhole:
    def test_returns_the_first_outcomes_even_of_what_was_refused(self):
        workspace_id = ledger.funded(50)
        operations = [place(workspace_id, 40), place(workspace_id, 40)]
        first = run(operations, idempotency_key="once", workspace_id=workspace_id)
        ledger.grant(workspace_id, 100)

        again = run(operations, idempotency_key="once", workspace_id=workspace_id)

        assert all(outcome.receipt.replayed for outcome in again)
        assert [o.receipt.code for o in again] == [o.receipt.code for o in first]
        assert Account.objects.get(pk=workspace_id).held == 40

    def test_is_refused_for_other_operations(self):
        workspace_id = ledger.funded(50)
        run([place(workspace_id, 1)], idempotency_key="once", workspace_id=workspace_id)

        with pytest.raises(errors.IdempotencyKeyReused):
            run([place(workspace_id, 1)], idempotency_key="once", workspace_id=workspace_id)

    def test_that_did_something_else_before_is_refused(self):
        workspace_id = ledger.funded(50)
        ledger.hold(workspace_id, 1, idempotency_key="once")

        with pytest.raises(errors.IdempotencyKeyReused):
            run([place(workspace_id, 1)], idempotency_key="once", workspace_id=workspace_id)

    def test_is_not_remembered_where_nothing_was_done(self):
        workspace_id = ledger.funded(50)
        before = Operation.objects.count()

        run([place(workspace_id, 51)], idempotency_key="once", workspace_id=workspace_id)

        assert Operation.objects.count() == before


class TestOperationKey:
    def test_keeps_operations_apart(self):
        assert credits_services.operation_key("k", 1) != credits_services.operation_key("k", 2)

    def test_fits_where_the_key_is_as_long_as_it_may_be(self):
        keys = {credits_services.operation_key("k" * 255, number) for number in range(50)}

        assert len(keys) == 50
        assert max(map(len, keys)) <= 255
