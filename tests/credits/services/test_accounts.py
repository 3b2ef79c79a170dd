"""Freezing, unfreezing, and ending a hold that nobody settles."""

from __future__ import annotations

import pytest

from accounts.selectors import actor_of
from core.errors import InvalidInput
from credits import errors
from credits import services as credits_services
from credits.events import AccountFrozen, AccountUnfrozen, HoldReleased
from credits.models import Account
from tests.factories import credits as ledger
from tests.factories.credits import NOON

pytestmark = pytest.mark.django_db


@pytest.fixture
def lead(lou):
    return actor_of(lou)


def freeze(workspace_id, actor, **fields):
    return credits_services.freeze_account(
        workspace_id=workspace_id, actor=actor, at=NOON, **{"reason": "Card testing", **fields}
    )


def thaw(workspace_id, actor, **fields):
    return credits_services.unfreeze_account(
        workspace_id=workspace_id, actor=actor, at=NOON, **{"reason": "Cleared", **fields}
    )


class TestFreezeAccount:
    def test_stops_new_holds(self, lead):
        workspace_id = ledger.funded(100)
        freeze(workspace_id, lead)

        with pytest.raises(errors.AccountFrozen):
            ledger.hold(workspace_id)

    def test_lets_holds_in_progress_be_captured(self, lead):
        workspace_id = ledger.funded(100)
        placed = ledger.hold(workspace_id, 30)
        freeze(workspace_id, lead)

        assert ledger.capture(placed).posted == 70

    def test_lets_credits_in(self, lead):
        workspace_id = ledger.funded(100)
        freeze(workspace_id, lead)

        assert ledger.grant(workspace_id, 5).posted == 105

    def test_works_before_there_are_any_credits(self, lead):
        workspace_id = ledger.workspace().pk

        freeze(workspace_id, lead)

        assert Account.objects.get(pk=workspace_id).is_frozen

    def test_twice_is_refused(self, lead):
        workspace_id = ledger.funded(100)
        freeze(workspace_id, lead)

        with pytest.raises(errors.AccountFrozen):
            freeze(workspace_id, lead)

    def test_needs_a_reason(self, lead):
        with pytest.raises(InvalidInput):
            freeze(ledger.funded(100), lead, reason=" ")

    def test_leaves_one_entry_in_the_trail(self, lead, trail):
        workspace_id = ledger.funded(100)

        freeze(workspace_id, lead, ticket="T-9")

        (footprint,) = trail()
        assert (footprint.action, footprint.reason, footprint.ticket) == (
            "credits.account.frozen",
            "Card testing",
            "T-9",
        )
        assert footprint.target_id == Account.objects.get(pk=workspace_id).public_id

    def test_is_told(self, lead, heard):
        workspace_id = ledger.funded(100)

        told = heard(AccountFrozen, lambda: freeze(workspace_id, lead))

        assert [event.workspace_id for event in told] == [workspace_id]


class TestUnfreezeAccount:
    def test_lets_it_spend_again(self, lead):
        workspace_id = ledger.funded(100)
        freeze(workspace_id, lead)

        thaw(workspace_id, lead)

        assert ledger.hold(workspace_id, 30).amount == 30

    @pytest.mark.parametrize("has_account", [True, False])
    def test_of_one_that_is_not_frozen_is_refused(self, lead, has_account):
        workspace_id = ledger.funded(100) if has_account else ledger.workspace().pk

        with pytest.raises(errors.AccountNotFrozen):
            thaw(workspace_id, lead)

    def test_is_told_and_recorded(self, lead, heard, trail):
        workspace_id = ledger.funded(100)
        freeze(workspace_id, lead)

        told = heard(AccountUnfrozen, lambda: thaw(workspace_id, lead))

        assert len(told) == 1
        assert trail()[-1].action == "credits.account.unfrozen"


class TestReleaseHoldByStaff:
    def release(self, placed, actor, **fields):
        return credits_services.release_hold_by_staff(
            workspace_id=placed.account_id,
            hold_id=placed.pk,
            actor=actor,
            at=NOON,
            **{"reason": "The worker died", "idempotency_key": ledger.fresh_key(), **fields},
        )

    def test_returns_the_credits_and_says_who_did_it(self, lead, trail):
        placed = ledger.hold(ledger.funded(100), 30)

        self.release(placed, lead)

        assert Account.objects.get(pk=placed.account_id).held == 0
        assert (trail()[0].action, trail()[0].target_id) == ("credits.hold.released", placed.public_id)

    def test_is_told_like_any_release(self, lead, heard):
        placed = ledger.hold(ledger.funded(100), 30)

        assert len(heard(HoldReleased, lambda: self.release(placed, lead))) == 1

    def test_repeated_leaves_one_entry(self, lead, trail):
        placed = ledger.hold(ledger.funded(100), 30)

        self.release(placed, lead, idempotency_key="click")
        self.release(placed, lead, idempotency_key="click")

        assert len(trail()) == 1

    def test_needs_a_reason(self, lead):
        with pytest.raises(InvalidInput):
            self.release(ledger.hold(ledger.funded(100), 30), lead, reason="")
