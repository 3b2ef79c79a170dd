"""Mistakes other ledgers made, each named by where it was reported, replayed against ours."""

from __future__ import annotations

from datetime import timedelta

import pytest

from credits import errors, invariants
from credits import services as credits_services
from credits.models import Account, Hold
from credits.states import HoldStatus, LotSource
from tests.factories import credits as ledger
from tests.factories.credits import NOON

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def the_ledger_adds_up():
    yield
    assert invariants.check_all() == []


def test_blnk_181_holds_count_against_what_is_available():
    workspace_id = ledger.funded(100)
    ledger.hold(workspace_id, 100)

    with pytest.raises(errors.InsufficientCredits):
        ledger.hold(workspace_id, 1)


def test_blnk_182_a_refused_hold_cannot_be_captured():
    workspace_id = ledger.funded(100)
    with pytest.raises(errors.InsufficientCredits):
        ledger.hold(workspace_id, 101, idempotency_key="refused")

    assert not Hold.objects.filter(account_id=workspace_id).exists()
    assert ledger.hold(workspace_id, 100, idempotency_key="refused").amount == 100


@pytest.mark.parametrize("first", [ledger.release, ledger.capture])
def test_blnk_41_a_hold_is_given_up_once(first):
    workspace_id = ledger.funded(100)
    placed = ledger.hold(workspace_id, 40)
    first(placed)
    held = Account.objects.get(pk=workspace_id).held

    with pytest.raises(errors.HoldSettled):
        ledger.release(placed)

    assert Account.objects.get(pk=workspace_id).held == held


def test_blnk_pr_171_two_captures_do_not_share_a_remainder():
    """The race itself is in tests/faults; this is the same in slow motion."""
    placed = ledger.hold(ledger.funded(100), 40)
    ledger.capture(placed, 25)

    with pytest.raises(errors.HoldSettled):
        ledger.capture(placed, 15)


def test_blnk_293_a_settled_hold_is_not_open_any_more():
    workspace_id = ledger.funded(100)
    ledger.capture(ledger.hold(workspace_id, 10))
    ledger.release(ledger.hold(workspace_id, 10))
    ledger.hold(workspace_id, 10)
    credits_services.expire_due_holds(at=NOON + timedelta(hours=1))

    assert not Hold.objects.filter(account_id=workspace_id, status=HoldStatus.OPEN).exists()
    assert Hold.objects.filter(account_id=workspace_id, settled_at=None).count() == 0


def test_blnk_42_work_done_after_the_hold_expired_is_not_silent():
    placed = ledger.hold(ledger.funded(100), 40)

    with pytest.raises(errors.HoldExpired):
        ledger.capture(placed, at=NOON + timedelta(hours=1))

    assert ledger.capture(placed, at=NOON + timedelta(hours=1), allow_late=True).is_late


def test_blnk_62_a_capture_takes_no_more_than_was_held():
    placed = ledger.hold(ledger.funded(100), 40)

    with pytest.raises(errors.CaptureExceedsHold):
        ledger.capture(placed, 41)


def test_open_saas_688_one_payment_told_by_two_events_grants_once():
    workspace_id = ledger.workspace().pk
    for _event in ("checkout.session.completed", "invoice.paid"):
        ledger.grant(workspace_id, 20, idempotency_key="pi_3Nq")

    assert Account.objects.get(pk=workspace_id).posted == 20


def test_autogpt_10672_a_top_up_activated_twice_counts_once():
    workspace_id = ledger.workspace().pk
    receipts = [ledger.grant(workspace_id, 20, idempotency_key="top-up-1") for _ in range(3)]

    assert [receipt.replayed for receipt in receipts] == [False, True, True]
    assert len({receipt.entry_id for receipt in receipts}) == 1


def test_lago_4985_no_balance_falls_below_zero():
    workspace_id = ledger.funded(10)

    with pytest.raises(errors.InsufficientCredits):
        ledger.adjust(workspace_id, -11)


def test_polar_11427_a_new_plan_leaves_what_was_bought():
    workspace_id = ledger.workspace().pk
    ledger.grant(workspace_id, 50)
    ledger.grant(workspace_id, 100, source=LotSource.PLAN, expires_at=NOON + timedelta(days=30))
    ledger.grant(workspace_id, 1000, source=LotSource.PLAN, expires_at=NOON + timedelta(days=30))

    credits_services.expire_due(at=NOON + timedelta(days=30))

    assert Account.objects.get(pk=workspace_id).posted == 50


def test_the_oracle_of_holds_comes_out_to_the_credit():
    workspace_id = ledger.funded(100)

    def totals():
        account = Account.objects.get(pk=workspace_id)
        return account.available, account.held

    first = ledger.hold(workspace_id, 30)
    assert totals() == (70, 30)
    ledger.capture(first, 22)
    assert totals() == (78, 0)
    with pytest.raises(errors.InsufficientCredits):
        ledger.hold(workspace_id, 80)
    assert totals() == (78, 0)
    second = ledger.hold(workspace_id, 78)
    assert totals() == (0, 78)
    credits_services.expire_due_holds(at=NOON + timedelta(minutes=10))
    assert totals() == (78, 0)
    ledger.capture(second, 10, at=NOON + timedelta(minutes=11), allow_late=True)
    assert totals() == (68, 0)
