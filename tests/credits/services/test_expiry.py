"""Holds that end by the clock, and work that was done all the same."""

from __future__ import annotations

from datetime import timedelta

import pytest

from credits import errors, invariants
from credits import services as credits_services
from credits.events import HoldCapturedLate, HoldExpired
from credits.models import Account, Entry, Hold
from credits.states import EntryKind, HoldStatus
from tests.factories import credits as ledger
from tests.factories.credits import NOON

pytestmark = pytest.mark.django_db
LATER = NOON + timedelta(minutes=10)


@pytest.fixture(autouse=True)
def the_ledger_adds_up():
    yield
    assert invariants.check_all() == []


def account(workspace_id):
    found = Account.objects.get(pk=workspace_id)
    return found.posted, found.held


class TestExpireDueHolds:
    def test_returns_their_credits(self):
        workspace_id = ledger.funded(100)
        placed = ledger.hold(workspace_id, 78)

        credits_services.expire_due_holds(at=LATER)

        assert account(workspace_id) == (100, 0)
        assert Hold.objects.get(pk=placed.pk).status == HoldStatus.EXPIRED

    def test_leaves_those_with_time_left(self):
        workspace_id = ledger.funded(100)
        ledger.hold(workspace_id, 78)

        assert credits_services.expire_due_holds(at=LATER - timedelta(seconds=1)) == 0

    def test_tells_of_each(self, heard):
        placed = ledger.hold(ledger.funded(100), 78)

        told = heard(HoldExpired, lambda: credits_services.expire_due_holds(at=LATER))

        assert [(event.hold_id, event.amount) for event in told] == [(placed.pk, 78)]

    def test_takes_no_more_than_the_limit_of_accounts_found(self):
        for _ in range(3):
            ledger.hold(ledger.funded(100), 5)

        assert credits_services.expire_due_holds(at=LATER, limit=2) == 2


class TestLateCapture:
    def test_is_refused_unless_the_work_was_done(self):
        placed = ledger.hold(ledger.funded(100), 78)

        with pytest.raises(errors.HoldExpired):
            ledger.capture(placed, 10, at=LATER)

    def test_is_refused_after_the_sweep_too(self):
        placed = ledger.hold(ledger.funded(100), 78)
        credits_services.expire_due_holds(at=LATER)

        with pytest.raises(errors.HoldExpired):
            ledger.capture(placed, 10, at=LATER)

    @pytest.mark.parametrize("is_swept", [True, False])
    def test_of_work_done_is_an_outcome_of_its_own(self, is_swept):
        workspace_id = ledger.funded(78)
        placed = ledger.hold(workspace_id, 78)
        if is_swept:
            credits_services.expire_due_holds(at=LATER)

        receipt = ledger.capture(placed, 10, at=LATER, allow_late=True)

        assert (receipt.is_late, receipt.amount, receipt.lost, receipt.posted) == (True, 10, 0, 68)
        assert Entry.objects.get(pk=receipt.entry_id).kind == EntryKind.LATE_CAPTURE

    def test_records_as_lost_what_is_not_there_any_more(self):
        workspace_id = ledger.funded(78)
        placed = ledger.hold(workspace_id, 78)
        credits_services.expire_due_holds(at=LATER)
        ledger.capture(ledger.hold(workspace_id, 74, at=LATER), at=LATER)

        receipt = ledger.capture(placed, 10, at=LATER, allow_late=True)

        assert (receipt.amount, receipt.lost, receipt.posted) == (4, 6, 0)
        settled = Hold.objects.get(pk=placed.pk)
        assert (settled.status, settled.captured_amount, settled.lost_amount) == (HoldStatus.CAPTURED_LATE, 4, 6)

    def test_is_never_silent(self, heard):
        placed = ledger.hold(ledger.funded(78), 78)

        told = heard(HoldCapturedLate, lambda: ledger.capture(placed, 10, at=LATER, allow_late=True))

        assert [(event.amount, event.lost) for event in told] == [(10, 0)]

    def test_happens_once(self):
        placed = ledger.hold(ledger.funded(78), 78)
        ledger.capture(placed, 10, at=LATER, allow_late=True)

        with pytest.raises(errors.HoldSettled):
            ledger.capture(placed, 10, at=LATER, allow_late=True)

    def test_repeated_returns_the_first_answer(self):
        placed = ledger.hold(ledger.funded(78), 78)
        first = ledger.capture(placed, 10, at=LATER, allow_late=True, idempotency_key="once")

        again = ledger.capture(placed, 10, at=LATER, allow_late=True, idempotency_key="once")

        assert again == first._replace(replayed=True)

    def test_in_time_is_an_ordinary_capture(self):
        placed = ledger.hold(ledger.funded(78), 78)

        receipt = ledger.capture(placed, 10, allow_late=True)

        assert Entry.objects.get(pk=receipt.entry_id).kind == EntryKind.CAPTURE


class TestReleaseHold:
    def test_returns_everything(self):
        workspace_id = ledger.funded(78)

        ledger.release(ledger.hold(workspace_id, 70))

        assert account(workspace_id) == (78, 0)

    def test_of_an_expired_one_is_refused(self):
        placed = ledger.hold(ledger.funded(78), 70)
        credits_services.expire_due_holds(at=LATER)

        with pytest.raises(errors.HoldSettled) as refusal:
            ledger.release(placed, at=LATER)

        assert refusal.value.facts == {"status": HoldStatus.EXPIRED}

    def test_twice_is_refused(self):
        placed = ledger.hold(ledger.funded(78), 70)
        ledger.release(placed)

        with pytest.raises(errors.HoldSettled):
            ledger.release(placed)

    def test_of_another_workspaces_hold_finds_nothing(self):
        placed = ledger.hold(ledger.funded(78), 70)

        with pytest.raises(errors.HoldNotFound):
            credits_services.release_hold(
                workspace_id=ledger.funded(5), hold_id=placed.pk, actor=ledger.KEY_OWNER, at=NOON, idempotency_key="x"
            )

    def test_of_one_due_but_not_swept_returns_it(self):
        workspace_id = ledger.funded(78)
        placed = ledger.hold(workspace_id, 70)

        ledger.release(placed, at=LATER)

        assert account(workspace_id) == (78, 0)
