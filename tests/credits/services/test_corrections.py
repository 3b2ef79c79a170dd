"""Reversals and adjustments."""

from __future__ import annotations

from datetime import timedelta

import pytest

from credits import errors, invariants
from credits import services as credits_services
from credits.models import Account, Entry, Hold, Lot
from credits.states import EntryKind, HoldStatus, ReasonCode
from tests.factories import credits as ledger
from tests.factories.credits import NOON

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def the_ledger_adds_up():
    yield
    assert invariants.check_all() == []


def posted(workspace_id):
    return Account.objects.get(pk=workspace_id).posted


def reverse(workspace_id, entry_id, **fields):
    return credits_services.reverse_entry(
        workspace_id=workspace_id,
        entry_id=entry_id,
        **{"actor": ledger.BILLING, "at": NOON, "idempotency_key": ledger.fresh_key("reverse"), **fields},
    )


class TestReverseEntry:
    def test_of_a_capture_returns_the_credits_to_their_lots(self):
        workspace_id = ledger.workspace().pk
        first = ledger.grant(workspace_id, 10)
        second = ledger.grant(workspace_id, 10)
        captured = ledger.capture(ledger.hold(workspace_id, 15))

        reverse(workspace_id, captured.entry_id)

        assert [Lot.objects.get(pk=r.lot_id).remaining for r in (first, second)] == [10, 10]
        assert posted(workspace_id) == 20

    def test_leaves_the_hold_settled(self):
        workspace_id = ledger.funded(20)
        placed = ledger.hold(workspace_id, 15)
        captured = ledger.capture(placed)

        reverse(workspace_id, captured.entry_id)

        assert Hold.objects.get(pk=placed.pk).status == HoldStatus.CAPTURED

    def test_happens_once(self):
        workspace_id = ledger.funded(20)
        captured = ledger.capture(ledger.hold(workspace_id, 15))
        reverse(workspace_id, captured.entry_id)

        with pytest.raises(errors.EntryAlreadyReversed):
            reverse(workspace_id, captured.entry_id)

    def test_repeated_returns_the_first_answer(self):
        workspace_id = ledger.funded(20)
        captured = ledger.capture(ledger.hold(workspace_id, 15))
        first = reverse(workspace_id, captured.entry_id, idempotency_key="once")

        again = reverse(workspace_id, captured.entry_id, idempotency_key="once")

        assert (again.replayed, again.entry_id) == (True, first.entry_id)

    def test_of_a_grant_takes_the_lot_back(self):
        workspace_id = ledger.funded(20)
        granted = ledger.grant(workspace_id, 30)

        reverse(workspace_id, granted.entry_id)

        assert posted(workspace_id) == 20

    def test_of_a_grant_that_is_spent_in_part_is_refused(self):
        workspace_id = ledger.workspace().pk
        granted = ledger.grant(workspace_id, 30)
        ledger.capture(ledger.hold(workspace_id, 12))

        with pytest.raises(errors.ReversalWouldOverdraw) as refusal:
            reverse(workspace_id, granted.entry_id)

        assert refusal.value.facts == {"left": 18}

    def test_of_a_grant_that_is_held_in_part_is_refused(self):
        workspace_id = ledger.workspace().pk
        granted = ledger.grant(workspace_id, 30)
        ledger.hold(workspace_id, 12)

        with pytest.raises(errors.ReversalWouldOverdraw) as refusal:
            reverse(workspace_id, granted.entry_id)

        assert refusal.value.facts == {"left": 18}

    def test_of_a_reversal_is_refused(self):
        workspace_id = ledger.funded(20)
        captured = ledger.capture(ledger.hold(workspace_id, 15))
        reversal = reverse(workspace_id, captured.entry_id)

        with pytest.raises(errors.EntryNotReversible) as refusal:
            reverse(workspace_id, reversal.entry_id)

        assert refusal.value.facts == {"kind": EntryKind.REVERSE}

    def test_of_another_workspaces_entry_finds_nothing(self):
        captured = ledger.capture(ledger.hold(ledger.funded(20), 15))

        with pytest.raises(errors.EntryNotFound):
            reverse(ledger.funded(20), captured.entry_id)

    def test_gives_a_debtor_nothing_but_less_debt(self):
        workspace_id = ledger.workspace().pk
        granted = ledger.grant(workspace_id, 30)
        captured = ledger.capture(ledger.hold(workspace_id, 12))
        credits_services.claw_back(
            workspace_id=workspace_id, lot_id=granted.lot_id, target_amount=30, actor=ledger.BILLING, at=NOON,
            idempotency_key="claw",
        )  # fmt: skip

        receipt = reverse(workspace_id, captured.entry_id)

        assert (receipt.posted, receipt.debt) == (0, 0)

    def test_into_a_lot_past_its_expiry_expires_again(self):
        workspace_id = ledger.workspace().pk
        ledger.grant(workspace_id, 30, expires_at=NOON + timedelta(hours=1))
        captured = ledger.capture(ledger.hold(workspace_id, 12))
        credits_services.expire_due(at=NOON + timedelta(hours=2))
        reverse(workspace_id, captured.entry_id, at=NOON + timedelta(hours=3))

        credits_services.expire_due(at=NOON + timedelta(hours=3))

        assert posted(workspace_id) == 0


class TestReversalAndClawBack:
    """Staff reverse a grant, and the payment is refunded as well: the credits are gone once."""

    def test_a_claw_back_after_a_reversal_takes_nothing_more(self):
        workspace_id = ledger.funded(50)
        pack = ledger.grant(workspace_id, 100)
        reverse(workspace_id, pack.entry_id)

        receipt = ledger.claw_back(workspace_id, pack.lot_id, 100)

        assert (receipt.code, receipt.amount) == ("unchanged", 0)
        account = Account.objects.get(pk=workspace_id)
        assert (account.posted, account.debt) == (50, 0)

    def test_a_dispute_won_does_not_give_back_what_staff_reversed(self):
        workspace_id = ledger.funded(50)
        pack = ledger.grant(workspace_id, 100)
        reverse(workspace_id, pack.entry_id)
        ledger.claw_back(workspace_id, pack.lot_id, 100)

        receipt = ledger.claw_back(workspace_id, pack.lot_id, 0, reinstate=True)

        assert (receipt.code, posted(workspace_id)) == ("unchanged", 50)

    def test_a_reversal_after_a_claw_back_that_other_lots_paid_is_refused(self):
        workspace_id = ledger.workspace().pk
        pack = ledger.grant(workspace_id, 100)
        placed = ledger.hold(workspace_id, 100)
        ledger.claw_back(workspace_id, pack.lot_id, 40)
        ledger.grant(workspace_id, 40)
        ledger.release(placed)
        assert Lot.objects.get(pk=pack.lot_id).remaining == 100

        with pytest.raises(errors.ReversalWouldOverdraw) as refusal:
            reverse(workspace_id, pack.entry_id)

        assert refusal.value.facts == {"left": 60}

    def test_an_adjustment_reversed_is_not_clawed_back_either(self):
        workspace_id = ledger.funded(50)
        gift = ledger.adjust(workspace_id, 20)
        reverse(workspace_id, gift.entry_id)

        ledger.claw_back(workspace_id, gift.lot_id, 20)

        assert posted(workspace_id) == 50


class TestAdjustment:
    def test_up_adds_a_lot_of_its_own(self):
        workspace_id = ledger.funded(20)

        receipt = ledger.adjust(workspace_id, 5)

        assert Lot.objects.get(pk=receipt.lot_id).remaining == 5

    def test_down_takes_what_is_available_in_burn_order(self):
        workspace_id = ledger.funded(20)
        ledger.hold(workspace_id, 15)

        assert ledger.adjust(workspace_id, -5).available == 0

    def test_down_below_what_is_available_is_refused(self):
        workspace_id = ledger.funded(20)
        ledger.hold(workspace_id, 15)

        with pytest.raises(errors.InsufficientCredits) as refusal:
            ledger.adjust(workspace_id, -6)

        assert refusal.value.facts == {"available": 5, "requested": 6}

    def test_down_of_a_workspace_without_credits_opens_no_account(self):
        workspace_id = ledger.workspace().pk

        with pytest.raises(errors.InsufficientCredits):
            ledger.adjust(workspace_id, -1)

        assert not Account.objects.filter(pk=workspace_id).exists()

    def test_keeps_its_reason_code(self):
        receipt = ledger.adjust(ledger.funded(20), 5, reason_code=ReasonCode.BILLING_ERROR)

        assert Entry.objects.get(pk=receipt.entry_id).reason_code == "billing_error"
