"""The adjustment desk: limits, second persons, and what the trail says afterwards."""

from __future__ import annotations

from datetime import timedelta

import pytest

from accounts.selectors import actor_of
from audit import services as audit_services
from audit.errors import ApprovalOutdated
from audit.models import Approval
from core.errors import InvalidInput, NotFound
from credits import errors, invariants
from credits import selectors as credits_selectors
from credits import services as credits_services
from credits.models import Account, AdjustmentLimit, AllowanceUse, Entry, EntryNote, Lot
from credits.states import LotSource, ReasonCode
from tests.factories import credits as ledger
from tests.factories.credits import NOON

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def the_ledger_adds_up():
    yield
    assert invariants.check_all() == []


@pytest.fixture
def workspace_id(ada_team):
    ledger.grant(ada_team.pk, 120)
    return ada_team.pk


def posted(workspace_id):
    return Account.objects.get(pk=workspace_id).posted


def used(user, at=NOON):
    found = AllowanceUse.objects.filter(actor_id=user.public_id, on_date=at.date()).first()
    return found.used_credits if found else 0


def give(workspace_id, amount, user, **fields):
    return credits_services.grant_by_staff(
        workspace_id=workspace_id,
        amount=amount,
        actor=actor_of(user),
        **{
            "reason": "The render failed",
            "reason_code": ReasonCode.SERVICE_FAILURE,
            "at": NOON,
            "idempotency_key": ledger.fresh_key("desk"),
            **fields,
        },
    )


def correct(workspace_id, amount, user, **fields):
    return credits_services.adjust(
        workspace_id=workspace_id,
        amount=amount,
        actor=actor_of(user),
        **{
            "reason": "Counted twice",
            "reason_code": ReasonCode.BILLING_ERROR,
            "at": NOON,
            "idempotency_key": ledger.fresh_key("desk"),
            **fields,
        },
    )


def undo(workspace_id, entry_id, user, **fields):
    return credits_services.reverse_by_staff(
        workspace_id=workspace_id,
        entry_id=entry_id,
        actor=actor_of(user),
        **{"reason": "Wrong customer", "at": NOON, "idempotency_key": ledger.fresh_key("desk"), **fields},
    )


def approve(outcome, user, *, may=lambda _permission: True):
    return audit_services.approve(
        approval_id=outcome.approval_id, actor=actor_of(user), reason="Seen", at=NOON + timedelta(hours=1), may=may
    )


class TestGrantByStaff:
    def test_gives_credits_as_a_lot_of_goodwill(self, workspace_id, sam):
        outcome = give(workspace_id, 50, sam, expires_at=NOON + timedelta(days=365))

        lot = Lot.objects.get(pk=outcome.receipt.lot_id)
        assert (lot.source, lot.remaining, lot.expires_at) == (LotSource.GOODWILL, 50, NOON + timedelta(days=365))
        assert posted(workspace_id) == 170

    def test_leaves_one_entry_in_the_trail(self, workspace_id, sam, trail):
        outcome = give(workspace_id, 50, sam, ticket="T-7", customer_note="Sorry about the failed render.")

        (footprint,) = trail()
        assert (footprint.action, footprint.actor_id, footprint.ticket) == (
            "credits.account.granted",
            sam.public_id,
            "T-7",
        )
        assert footprint.changes == {"posted": (120, 170)}
        entry = Entry.objects.get(pk=outcome.receipt.entry_id)
        assert footprint.details == {
            "entry": entry.public_id,
            "amount": 50,
            "reason_code": "service_failure",
            "customer_note": "Sorry about the failed render.",
        }

    def test_keeps_the_note_for_the_customer_beside_the_entry(self, workspace_id, sam):
        outcome = give(workspace_id, 50, sam, customer_note="Sorry.")

        assert EntryNote.objects.get(entry_id=outcome.receipt.entry_id).text == "Sorry."

    def test_counts_against_todays_allowance(self, workspace_id, sam):
        give(workspace_id, 50, sam)
        give(workspace_id, 30, sam)

        assert used(sam) == 80

    def test_repeated_gives_and_counts_once(self, workspace_id, sam, trail):
        give(workspace_id, 50, sam, idempotency_key="click")

        again = give(workspace_id, 50, sam, idempotency_key="click")

        assert again.receipt.replayed
        assert (posted(workspace_id), used(sam), len(trail())) == (170, 50, 1)

    def test_above_what_one_person_may_give_at_once_asks_a_second(self, workspace_id, sam, trail):
        outcome = give(workspace_id, 201, sam)

        assert outcome.is_waiting
        assert posted(workspace_id) == 120
        assert [footprint.action for footprint in trail("")][-1] == "audit.approval.requested"

    def test_beyond_todays_allowance_asks_a_second_person(self, workspace_id, sam):
        give(workspace_id, 200, sam)
        give(workspace_id, 200, sam)

        outcome = give(workspace_id, 101, sam)

        assert outcome.is_waiting
        assert (posted(workspace_id), used(sam)) == (520, 400)

    def test_uses_the_allowance_to_the_last_credit(self, workspace_id, sam):
        for amount in (200, 200, 100):
            assert not give(workspace_id, amount, sam).is_waiting

        assert give(workspace_id, 1, sam).is_waiting

    def test_has_a_new_allowance_the_next_day(self, workspace_id, sam):
        for amount in (200, 200, 100):
            give(workspace_id, amount, sam)

        assert not give(workspace_id, 200, sam, at=NOON + timedelta(days=1)).is_waiting

    def test_of_somebody_without_a_role_that_gives_asks_a_second_person(self, workspace_id, kim):
        assert give(workspace_id, 1, kim).is_waiting

    @pytest.mark.parametrize("fields", [{"reason": " "}, {"customer_note": "x" * 301}])
    def test_refuses_a_missing_reason_and_an_endless_note(self, workspace_id, sam, fields):
        with pytest.raises(InvalidInput):
            give(workspace_id, 5, sam, **fields)

    def test_opens_the_account_of_a_workspace_that_never_had_credits(self, cleo_team, sam):
        give(cleo_team.pk, 5, sam)

        assert posted(cleo_team.pk) == 5


class TestApproval:
    def test_gives_the_credits_in_the_name_of_who_asked(self, workspace_id, sam, lou):
        outcome = give(workspace_id, 300, sam, customer_note="Sorry.")

        approve(outcome, lou)

        assert Entry.objects.latest("id").actor_id == sam.public_id
        assert posted(workspace_id) == 420

    def test_leaves_the_one_entry_of_who_allowed_it(self, workspace_id, sam, lou, trail):
        outcome = give(workspace_id, 300, sam)

        approve(outcome, lou)

        (granted,) = (footprint for footprint in trail() if footprint.action != "audit.approval.requested")
        assert (granted.action, granted.actor_id) == ("credits.account.granted", lou.public_id)
        assert granted.details["approval"] == outcome.approval_id
        assert granted.details["requested_by"] == sam.public_id

    def test_does_not_count_against_the_allowance(self, workspace_id, sam, lou):
        approve(give(workspace_id, 300, sam), lou)

        assert used(sam) == 0

    def test_tells_the_second_person_what_will_happen(self, workspace_id, sam):
        outcome = give(workspace_id, 300, sam, expires_at=NOON + timedelta(days=30), customer_note="Sorry.")

        assert Approval.objects.latest("requested_at").effects == [
            "Grant 300 credits (Goodwill)",
            "Balance 120 → 420 credits",
            "Reason: The service failed",
            "The credits expire on 2026-04-01 12:00 UTC",
            "The customer reads: “Sorry.”",
        ]
        assert outcome.approval_id

    def test_is_beyond_a_lead_who_may_not_approve_that_much(self, workspace_id, sam, lou):
        outcome = give(workspace_id, 5_001, sam)

        with pytest.raises(errors.ApprovalBeyondLimit) as refusal:
            approve(outcome, lou)

        assert refusal.value.facts == {"requested": 5_001, "limit": 5_000}
        assert posted(workspace_id) == 120

    def test_is_outdated_once_the_account_is_frozen(self, workspace_id, sam, lou):
        outcome = give(workspace_id, 300, sam)
        credits_services.freeze_account(workspace_id=workspace_id, actor=actor_of(lou), reason="Fraud", at=NOON)

        with pytest.raises(ApprovalOutdated):
            approve(outcome, lou)

    def test_of_two_requests_with_one_key_gives_once(self, workspace_id, sam, lou):
        first = give(workspace_id, 300, sam, idempotency_key="click")
        second = give(workspace_id, 300, sam, idempotency_key="click")

        approve(first, lou)
        with pytest.raises(ApprovalOutdated):
            approve(second, lou)

        assert posted(workspace_id) == 420


class TestAdjust:
    def test_takes_credits_away(self, workspace_id, lou, trail):
        correct(workspace_id, -20, lou)

        assert posted(workspace_id) == 100
        assert trail()[0].changes == {"posted": (120, 100)}

    def test_counts_what_it_moves_either_way(self, workspace_id, lou):
        correct(workspace_id, -20, lou)
        correct(workspace_id, 5, lou)

        assert used(lou) == 25

    def test_of_more_than_there_is_is_refused_and_counts_nothing(self, workspace_id, lou):
        with pytest.raises(errors.InsufficientCredits):
            correct(workspace_id, -121, lou)

        assert used(lou) == 0

    def test_above_the_limit_waits_for_a_second_person(self, workspace_id, lou, max_):
        outcome = correct(workspace_id, 1_001, lou)

        approve(outcome, max_)

        assert posted(workspace_id) == 1_121

    def test_of_nothing_is_refused(self, workspace_id, lou):
        with pytest.raises(InvalidInput):
            correct(workspace_id, 0, lou)


class TestReverseByStaff:
    def test_undoes_a_grant_without_costing_allowance(self, workspace_id, sam, trail):
        granted = give(workspace_id, 50, sam)

        undo(workspace_id, granted.receipt.entry_id, sam)

        assert (posted(workspace_id), used(sam)) == (120, 50)
        assert trail()[-1].action == "credits.entry.reversed"

    def test_of_a_spend_counts_what_it_gives_back(self, workspace_id, sam):
        captured = ledger.capture(ledger.hold(workspace_id, 40))

        undo(workspace_id, captured.entry_id, sam)

        assert (posted(workspace_id), used(sam)) == (120, 40)

    def test_of_a_spend_above_the_limit_asks_a_second_person(self, workspace_id, sam, lou):
        ledger.grant(workspace_id, 500)
        captured = ledger.capture(ledger.hold(workspace_id, 400))

        outcome = undo(workspace_id, captured.entry_id, sam)
        approve(outcome, lou)

        assert posted(workspace_id) == 620

    def test_is_outdated_once_somebody_else_reversed_it(self, workspace_id, sam, lou):
        ledger.grant(workspace_id, 500)
        captured = ledger.capture(ledger.hold(workspace_id, 400))
        outcome = undo(workspace_id, captured.entry_id, sam)
        undo(workspace_id, captured.entry_id, lou)

        with pytest.raises(ApprovalOutdated):
            approve(outcome, lou)

    def test_of_another_workspaces_entry_finds_nothing(self, workspace_id, cleo_team, sam):
        granted = give(workspace_id, 50, sam)

        with pytest.raises(errors.EntryNotFound):
            undo(cleo_team.pk, granted.receipt.entry_id, sam)


class TestChangeLimit:
    def change(self, max_, **limits):
        return credits_services.change_limit(
            limit_id=AdjustmentLimit.objects.get(role="support").pk,
            actor=actor_of(max_),
            at=NOON,
            **{
                "daily_credits": 800,
                "approval_above_credits": 200,
                "may_approve_credits": 0,
                "reason": "Busy season",
                **limits,
            },
        )

    def test_counts_at_once(self, workspace_id, sam, max_):
        for amount in (200, 200, 100):
            give(workspace_id, amount, sam)

        self.change(max_)

        assert not give(workspace_id, 200, sam).is_waiting

    def test_leaves_old_and_new_in_the_trail(self, max_, trail):
        self.change(max_)

        assert trail()[0].changes == {"daily_credits": (500, 800)}

    @pytest.mark.parametrize("limits", [{"daily_credits": -1}, {"may_approve_credits": 10**12 + 1}, {"reason": ""}])
    def test_refuses_what_is_no_limit(self, max_, limits):
        with pytest.raises(InvalidInput):
            self.change(max_, **limits)

    def test_of_no_role_is_not_found(self, max_):
        with pytest.raises(NotFound):
            credits_services.change_limit(
                limit_id=ledger.workspace().pk, daily_credits=1, approval_above_credits=1, may_approve_credits=1,
                actor=actor_of(max_), reason="x", at=NOON,
            )  # fmt: skip


class TestGetAllowance:
    def test_is_that_of_the_widest_role(self, sam):
        allowance = credits_selectors.get_allowance(actor_id=sam.public_id, roles=["support", "support_lead"], at=NOON)

        assert (allowance.daily_credits, allowance.approval_above_credits) == (2_000, 1_000)

    def test_is_nothing_without_a_role(self, sam):
        allowance = credits_selectors.get_allowance(actor_id=sam.public_id, roles=[], at=NOON)

        assert (allowance.daily_credits, allowance.left_credits, allowance.covers(1)) == (0, 0, False)

    def test_shows_what_is_left(self, workspace_id, sam):
        give(workspace_id, 200, sam)

        allowance = credits_selectors.get_allowance(actor_id=sam.public_id, roles=["support"], at=NOON)

        assert (allowance.left_credits, allowance.daily_credits) == (300, 500)


class TestSummarizeStaffGrants:
    def test_counts_what_staff_gave_in_ninety_days(self, workspace_id, sam, lou):
        give(workspace_id, 50, sam)
        correct(workspace_id, 20, lou)
        correct(workspace_id, -10, lou)

        found = credits_selectors.summarize_staff_grants(workspace_id=workspace_id, at=NOON + timedelta(days=89))

        assert (found.count, found.credits) == (2, 70)

    def test_forgets_what_is_older(self, workspace_id, sam):
        give(workspace_id, 50, sam)

        found = credits_selectors.summarize_staff_grants(workspace_id=workspace_id, at=NOON + timedelta(days=91))

        assert (found.count, found.credits) == (0, 0)
