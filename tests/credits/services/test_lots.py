"""Granting, burning, expiring and clawing back lots."""

from __future__ import annotations

from datetime import timedelta

import pytest

from core.errors import InvalidInput
from credits import errors, invariants
from credits import services as credits_services
from credits.models import Account, Entry, Lot, Slice
from credits.states import EntryKind, LotSource
from tests.factories import credits as ledger
from tests.factories.credits import NOON

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)


@pytest.fixture(autouse=True)
def the_ledger_adds_up():
    yield
    assert invariants.check_all() == []


def state(workspace_id):
    """Posted, held, debt."""
    account = Account.objects.get(pk=workspace_id)
    return account.posted, account.held, account.debt


def left(receipt):
    """What remains of the lot a receipt made."""
    return Lot.objects.get(pk=receipt.lot_id).remaining


def claw_back(workspace_id, receipt, target, *, key="", reinstate=False):
    return credits_services.claw_back(
        workspace_id=workspace_id,
        lot_id=receipt.lot_id,
        target_amount=target,
        reinstate=reinstate,
        actor=ledger.BILLING,
        at=NOON,
        idempotency_key=key or ledger.fresh_key("claw"),
    )


class TestGrant:
    def test_adds_a_lot_with_its_price(self):
        receipt = ledger.grant(ledger.workspace().pk, 110, paid_amount_minor=5000, currency="USD", source_ref="pi_1")

        lot = Lot.objects.get(pk=receipt.lot_id)
        assert (lot.granted, lot.remaining, lot.source_ref) == (110, 110, "pi_1")
        assert str(round(lot.unit_price_minor, 4)) == "45.4545"

    def test_of_the_same_payment_told_twice_counts_once(self):
        workspace_id = ledger.workspace().pk
        ledger.grant(workspace_id, 100, idempotency_key="pi_1")

        again = ledger.grant(workspace_id, 100, idempotency_key="pi_1", at=NOON + DAY)

        assert again.replayed
        assert state(workspace_id) == (100, 0, 0)

    def test_under_a_used_key_with_another_amount_is_refused(self):
        workspace_id = ledger.workspace().pk
        ledger.grant(workspace_id, 100, idempotency_key="pi_1")

        with pytest.raises(errors.IdempotencyKeyReused):
            ledger.grant(workspace_id, 101, idempotency_key="pi_1")

    def test_that_has_expired_already_is_refused_and_opens_no_account(self):
        workspace_id = ledger.workspace().pk

        with pytest.raises(errors.ExpiresInThePast):
            ledger.grant(workspace_id, expires_at=NOON)

        assert not Account.objects.filter(pk=workspace_id).exists()

    @pytest.mark.parametrize("price", [{"paid_amount_minor": 500}, {"paid_amount_minor": -1, "currency": "USD"}])
    def test_needs_a_currency_beside_a_price(self, price):
        with pytest.raises(InvalidInput):
            ledger.grant(ledger.workspace().pk, **price)


class TestBurnOrder:
    def test_is_priority_then_expiry_then_age(self):
        workspace_id = ledger.workspace().pk
        old_pack = ledger.grant(workspace_id, 10)
        new_pack = ledger.grant(workspace_id, 10, at=NOON + timedelta(seconds=1))
        late_plan = ledger.grant(workspace_id, 10, source=LotSource.PLAN, expires_at=NOON + 30 * DAY)
        soon_plan = ledger.grant(workspace_id, 10, source=LotSource.PLAN, expires_at=NOON + 3 * DAY)
        promo = ledger.grant(workspace_id, 10, source=LotSource.PROMO)

        receipt = ledger.capture(ledger.hold(workspace_id, 45))

        taken = dict(Slice.objects.filter(entry_id=receipt.entry_id).values_list("lot_id", "amount"))
        assert taken == {
            promo.lot_id: -10,
            soon_plan.lot_id: -10,
            late_plan.lot_id: -10,
            old_pack.lot_id: -10,
            new_pack.lot_id: -5,
        }

    def test_is_decided_at_the_capture(self):
        workspace_id = ledger.workspace().pk
        pack = ledger.grant(workspace_id, 10)
        placed = ledger.hold(workspace_id, 10)
        promo = ledger.grant(workspace_id, 10, source=LotSource.PROMO)

        ledger.capture(placed)

        assert (left(pack), left(promo)) == (10, 0)


class TestExpireDueLots:
    def test_ends_them_with_an_entry(self):
        workspace_id = ledger.workspace().pk
        ledger.grant(workspace_id, 60, expires_at=NOON + DAY)
        ledger.grant(workspace_id, 40)

        ended = credits_services.expire_due_lots(at=NOON + DAY)

        entry = Entry.objects.get(account_id=workspace_id, kind=EntryKind.EXPIRE)
        assert (ended, entry.amount, entry.balance_after) == (1, -60, 40)

    def test_never_takes_what_is_held(self):
        workspace_id = ledger.workspace().pk
        ledger.grant(workspace_id, 60, expires_at=NOON + DAY)
        placed = ledger.hold(workspace_id, 25, expires_in=timedelta(days=2))

        credits_services.expire_due_lots(at=NOON + DAY)

        assert state(workspace_id) == (25, 25, 0)
        assert ledger.capture(placed, at=NOON + DAY).amount == 25

    def test_takes_it_once_the_hold_is_released(self):
        workspace_id = ledger.workspace().pk
        ledger.grant(workspace_id, 60, expires_at=NOON + DAY)
        placed = ledger.hold(workspace_id, 25, expires_in=timedelta(days=2))
        credits_services.expire_due_lots(at=NOON + DAY)
        ledger.release(placed, at=NOON + DAY)

        credits_services.expire_due_lots(at=NOON + DAY)

        assert state(workspace_id) == (0, 0, 0)

    def test_is_not_needed_for_them_to_be_unspendable(self):
        workspace_id = ledger.workspace().pk
        ledger.grant(workspace_id, 60, expires_at=NOON + DAY)
        ledger.grant(workspace_id, 40)

        with pytest.raises(errors.InsufficientCredits) as refusal:
            ledger.hold(workspace_id, 41, at=NOON + DAY)

        assert refusal.value.facts == {"available": 40, "requested": 41}

    def test_finds_lots_behind_others_that_back_holds(self):
        blocked, free = ledger.workspace().pk, ledger.workspace().pk
        ledger.grant(blocked, 10, expires_at=NOON + DAY)
        ledger.hold(blocked, 10, expires_in=timedelta(days=3))
        ledger.grant(free, 10, expires_at=NOON + 2 * DAY)

        assert credits_services.expire_due_lots(at=NOON + 2 * DAY, limit=1) == 1

    def test_again_finds_nothing(self):
        ledger.grant(ledger.workspace().pk, 60, expires_at=NOON + DAY)
        credits_services.expire_due_lots(at=NOON + DAY)

        assert credits_services.expire_due_lots(at=NOON + DAY) == 0


class TestClawBack:
    """A pack of 100 credits for 50 dollars, 15 of them spent; every message arrives twice."""

    @pytest.fixture
    def workspace_id(self):
        return ledger.workspace().pk

    @pytest.fixture
    def pack(self, workspace_id):
        receipt = ledger.grant(workspace_id, 100, paid_amount_minor=5000, currency="USD")
        ledger.capture(ledger.hold(workspace_id, 15))
        return receipt

    def twice(self, workspace_id, pack, target, **options):
        key = ledger.fresh_key("claw")
        claw_back(workspace_id, pack, target, key=key, **options)
        claw_back(workspace_id, pack, target, key=key, **options)
        claw_back(workspace_id, pack, target, **options)
        return Account.objects.get(pk=workspace_id).posted

    def test_follows_refunds_a_dispute_its_loss_and_its_reversal(self, workspace_id, pack):
        balances = [
            self.twice(workspace_id, pack, 20),
            self.twice(workspace_id, pack, 30),
            self.twice(workspace_id, pack, 100),
            self.twice(workspace_id, pack, 30, reinstate=True),
            self.twice(workspace_id, pack, 100),
        ]

        assert balances == [65, 55, -15, 55, -15]

    def test_of_refunds_that_arrive_swapped_gives_nothing_back(self, workspace_id, pack):
        balances = [self.twice(workspace_id, pack, 30), self.twice(workspace_id, pack, 20)]

        assert balances == [55, 55]

    def test_of_what_is_reached_already_says_unchanged(self, workspace_id, pack):
        claw_back(workspace_id, pack, 30)

        receipt = claw_back(workspace_id, pack, 20)

        assert (receipt.code, receipt.amount) == ("unchanged", 0)

    def test_beyond_what_is_left_becomes_debt_that_stops_spending(self, workspace_id, pack):
        claw_back(workspace_id, pack, 100)

        with pytest.raises(errors.AccountInDebt) as refusal:
            ledger.hold(workspace_id, 1)

        assert refusal.value.facts == {"debt": 15}
        assert state(workspace_id) == (-15, 0, 15)

    def test_debt_is_paid_by_the_next_grant(self, workspace_id, pack):
        claw_back(workspace_id, pack, 100)

        receipt = ledger.grant(workspace_id, 40)

        assert state(workspace_id) == (25, 0, 0)
        assert left(receipt) == 25

    def test_leaves_alone_what_is_held(self, workspace_id, pack):
        placed = ledger.hold(workspace_id, 30)

        claw_back(workspace_id, pack, 100)

        assert state(workspace_id) == (-15, 30, 45)
        assert ledger.capture(placed).posted == -45

    def test_debt_is_paid_by_what_a_release_returns(self, workspace_id, pack):
        placed = ledger.hold(workspace_id, 30)
        claw_back(workspace_id, pack, 100)

        ledger.release(placed)

        assert state(workspace_id) == (-15, 0, 15)

    def test_debt_is_paid_by_what_a_capture_returns(self, workspace_id, pack):
        placed = ledger.hold(workspace_id, 30)
        claw_back(workspace_id, pack, 100)

        ledger.capture(placed, 10)

        assert state(workspace_id) == (-25, 0, 25)

    def test_takes_from_its_own_lot_before_others(self, workspace_id, pack):
        promo = ledger.grant(workspace_id, 10, source=LotSource.PROMO)

        claw_back(workspace_id, pack, 50)

        assert (left(pack), left(promo)) == (35, 10)

    def test_takes_from_other_lots_before_it_makes_debt(self, workspace_id, pack):
        promo = ledger.grant(workspace_id, 10, source=LotSource.PROMO)

        claw_back(workspace_id, pack, 100)

        assert (left(pack), left(promo), state(workspace_id)) == (0, 0, (-5, 0, 5))

    def test_reinstated_credits_keep_price_and_place_in_the_burn_order(self, workspace_id, pack):
        claw_back(workspace_id, pack, 60)

        receipt = claw_back(workspace_id, pack, 20, reinstate=True)

        lot = Lot.objects.get(pk=receipt.lot_id)
        assert (lot.granted, lot.paid_amount_minor, lot.currency, lot.priority) == (40, 2000, "USD", 50)
        assert lot.restores_id == pack.lot_id

    def test_of_more_than_was_granted_is_refused(self, workspace_id, pack):
        with pytest.raises(errors.ClawBackExceedsGrant):
            claw_back(workspace_id, pack, 101)

    def test_of_another_workspaces_lot_finds_nothing(self, pack):
        with pytest.raises(errors.LotNotFound):
            claw_back(ledger.funded(5), pack, 1)

    def test_below_zero_is_refused(self, workspace_id, pack):
        with pytest.raises(InvalidInput):
            claw_back(workspace_id, pack, -1)
