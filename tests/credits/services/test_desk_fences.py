"""What staff may not do at the desk by themselves: help themselves, and take what was paid for."""

from __future__ import annotations

from datetime import timedelta

import pytest

from accounts.errors import NothingToChange, OwnAccount
from accounts.selectors import actor_of, get_personal_workspace
from accounts.states import MemberRole
from audit import services as audit_services
from audit.models import Approval
from core.actors import Actor, ActorKind
from credits import errors, invariants
from credits import selectors as credits_selectors
from credits import services as credits_services
from credits.models import Account, AdjustmentLimit, AllowanceUse
from credits.states import LotSource, ReasonCode
from tests.factories import credits as ledger
from tests.factories.accounts import join
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


@pytest.fixture(params=["personal", "as owner", "as member"])
def sams_own(request, sam, ada_team):
    """A workspace with credits that is Sam's in one way or another."""
    if request.param == "personal":
        own = get_personal_workspace(sam.pk)
    else:
        own = ada_team
        join(own, sam, role=MemberRole.OWNER if request.param == "as owner" else MemberRole.MEMBER)
    ledger.grant(own.pk, 120)
    return own.pk


def words(user, **fields):
    return {
        "actor": actor_of(user),
        "reason": "The render failed",
        "at": NOON,
        "idempotency_key": ledger.fresh_key("desk"),
        **fields,
    }


def give(workspace_id, amount, user, **fields):
    return credits_services.grant_by_staff(
        workspace_id=workspace_id, amount=amount, reason_code=ReasonCode.SERVICE_FAILURE, **words(user, **fields)
    )


def undo(workspace_id, entry_id, user, **fields):
    return credits_services.reverse_by_staff(workspace_id=workspace_id, entry_id=entry_id, **words(user, **fields))


def approve(outcome, user):
    return audit_services.approve(
        approval_id=outcome.approval_id,
        actor=actor_of(user),
        reason="Seen",
        at=NOON + timedelta(hours=1),
        may=lambda _permission: True,
    )


def posted(workspace_id):
    return Account.objects.get(pk=workspace_id).posted


class TestTheirOwnAccount:
    @pytest.mark.parametrize("amount", [1, 300], ids=["by themselves", "with a second person"])
    def test_is_not_granted_to(self, sams_own, sam, amount):
        with pytest.raises(OwnAccount):
            give(sams_own, amount, sam)

        assert posted(sams_own) == 120
        assert not Approval.objects.exists()

    def test_is_not_adjusted(self, sams_own, sam):
        with pytest.raises(OwnAccount):
            credits_services.adjust(workspace_id=sams_own, amount=5, reason_code=ReasonCode.GOODWILL, **words(sam))

    def test_is_not_given_back_what_it_spent(self, sams_own, sam):
        captured = ledger.capture(ledger.hold(sams_own, 40))

        with pytest.raises(OwnAccount):
            undo(sams_own, captured.entry_id, sam)

    def test_is_not_frozen_or_unfrozen(self, sams_own, sam, lou):
        said = words(sam)
        del said["idempotency_key"]
        with pytest.raises(OwnAccount):
            credits_services.freeze_account(workspace_id=sams_own, **said)
        credits_services.freeze_account(workspace_id=sams_own, **{**said, "actor": actor_of(lou)})
        with pytest.raises(OwnAccount):
            credits_services.unfreeze_account(workspace_id=sams_own, **said)

    def test_has_no_hold_released(self, sams_own, sam):
        placed = ledger.hold(sams_own, 40)

        with pytest.raises(OwnAccount):
            credits_services.release_hold_by_staff(workspace_id=sams_own, hold_id=placed.pk, **words(sam))

    def test_is_not_approved_for_by_whom_it_belongs_to(self, sam, lou):
        own = get_personal_workspace(lou.pk).pk
        outcome = give(own, 300, sam)

        with pytest.raises(OwnAccount):
            approve(outcome, lou)

        assert not Account.objects.filter(pk=own).exists()

    def test_is_not_given_to_once_who_asked_has_joined_it(self, workspace_id, ada_team, sam, lou):
        outcome = give(workspace_id, 300, sam)
        join(ada_team, sam)

        with pytest.raises(OwnAccount):
            approve(outcome, lou)

        assert posted(workspace_id) == 120

    def test_of_somebody_else_is_as_before(self, workspace_id, sam):
        assert not give(workspace_id, 5, sam).is_waiting


class TestReversingWhatWasPaidFor:
    def test_counts_against_the_allowance(self, workspace_id, sam):
        pack = ledger.grant(workspace_id, 50)

        undo(workspace_id, pack.entry_id, sam)

        assert AllowanceUse.objects.get(actor_id=sam.public_id).used_credits == 50

    @pytest.mark.parametrize(
        "fields",
        [
            {"source": LotSource.PACK},
            {"source": LotSource.PLAN},
            {"source": LotSource.GOODWILL},
            {"source": LotSource.REFUND, "actor": Actor(ActorKind.STAFF, "usr_other")},
        ],
        ids=["a pack", "a plan", "goodwill of a program", "a refund by staff"],
    )
    def test_asks_a_second_person_above_the_limit(self, workspace_id, sam, fields):
        granted = ledger.grant(workspace_id, 10_000, **fields)

        outcome = undo(workspace_id, granted.entry_id, sam)

        assert outcome.is_waiting
        assert posted(workspace_id) == 10_120

    def test_is_beyond_an_approver_with_a_lower_limit(self, workspace_id, sam, lou):
        pack = ledger.grant(workspace_id, 10_000)
        outcome = undo(workspace_id, pack.entry_id, sam)

        with pytest.raises(errors.ApprovalBeyondLimit):
            approve(outcome, lou)

    def test_a_gift_of_a_colleague_is_free_of_any_size(self, workspace_id, sam, lou, max_):
        gift = give(workspace_id, 900, lou, source=LotSource.PROMO)
        raised = credits_services.adjust(
            workspace_id=workspace_id, amount=900, reason_code=ReasonCode.CORRECTION, **words(max_)
        )

        for outcome in (gift, raised):
            assert not undo(workspace_id, outcome.receipt.entry_id, sam).is_waiting

        assert not AllowanceUse.objects.filter(actor_id=sam.public_id).exists()


class TestSummarizeStaffGrants:
    def test_leaves_out_what_was_reversed(self, workspace_id, sam):
        give(workspace_id, 50, sam)
        undo(workspace_id, give(workspace_id, 30, sam).receipt.entry_id, sam)

        found = credits_selectors.summarize_staff_grants(workspace_id=workspace_id, at=NOON)

        assert (found.count, found.credits) == (1, 50)


class TestChangeLimit:
    def test_to_what_it_is_is_refused_and_leaves_nothing_in_the_trail(self, max_, trail):
        limit = AdjustmentLimit.objects.get(role="support")

        with pytest.raises(NothingToChange):
            credits_services.change_limit(
                limit_id=limit.pk,
                daily_credits=limit.daily_credits,
                approval_above_credits=limit.approval_above_credits,
                may_approve_credits=limit.may_approve_credits,
                actor=actor_of(max_),
                reason="Busy season",
                at=NOON,
            )

        assert trail() == []
