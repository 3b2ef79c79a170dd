"""The adjustment desk: it says its effect before it runs."""

from __future__ import annotations

import pytest
from django.urls import reverse

from accounts.selectors import actor_of
from audit.models import Approval
from core import clock
from credits import services as credits_services
from credits.models import Account, Entry, EntryNote
from credits.states import ReasonCode
from tests.credits.admin.pages import GRANT, do, preview
from tests.factories import credits as ledger

pytestmark = pytest.mark.django_db


class TestDesk:
    def test_says_its_effect_before_it_runs(self, sams, account):
        text = preview(sams, do(account, "grant"), **GRANT)

        assert "170 credits" in text
        assert "Sam has 500 of 500 left today." in text
        assert "No approval needed." in text
        assert "Staff gave this customer nothing in the last 90 days." in text
        assert "Grant 50 credits" in text

    def test_says_that_a_second_person_will_be_asked(self, sams, account):
        text = preview(sams, do(account, "grant"), **{**GRANT, "amount": "201"})

        assert "A second person will be asked: this is above 200 credits." in text

    def test_says_that_todays_allowance_does_not_reach(self, sams, sam, account):
        for _ in range(2):
            credits_services.grant_by_staff(
                workspace_id=account.pk, amount=200, actor=actor_of(sam), reason="x", at=clock.now(),
                reason_code=ReasonCode.GOODWILL, idempotency_key=ledger.fresh_key(),
            )  # fmt: skip

        text = preview(sams, do(account, "grant"), **{**GRANT, "amount": "150"})

        assert "Sam has 100 of 500 left today." in text
        assert "this is more than is left today" in text
        assert "Staff gave this customer 400 credits in the last 90 days, 2 times." in text

    def test_grants_and_links_to_the_reversal(self, sams, account, trail):
        answer = sams.post(do(account, "grant"), GRANT, follow=True)

        entry = Entry.objects.get(actor_kind="staff")
        assert "Granted 50 credits." in answer.text
        assert do(entry, "reverse") in answer.text
        assert Account.objects.get(pk=account.pk).posted == 170
        assert EntryNote.objects.get(entry=entry).text == "Sorry."
        assert [footprint.action for footprint in trail()] == ["credits.account.granted"]

    def test_of_a_form_sent_twice_grants_once(self, sams, account):
        form = {**GRANT, "token": sams.get(do(account, "grant")).context["token"]}

        sams.post(do(account, "grant"), form)
        sams.post(do(account, "grant"), form)

        assert Account.objects.get(pk=account.pk).posted == 170

    def test_asks_a_second_person_above_the_limit(self, sams, account):
        answer = sams.post(do(account, "grant"), {**GRANT, "amount": "300"}, follow=True)

        approval = Approval.objects.get()
        assert "A second person was asked." in answer.text
        assert approval.public_id in answer.text
        assert Account.objects.get(pk=account.pk).posted == 120

    def test_is_carried_out_when_the_second_person_approves(self, sams, lous, account):
        sams.post(do(account, "grant"), {**GRANT, "amount": "300"})
        approval = Approval.objects.get()

        lous.post(reverse("admin:audit_approval_action", args=[approval.public_id, "approve"]), {"reason": "Fine"})

        assert Account.objects.get(pk=account.pk).posted == 420

    def test_refuses_an_expiry_that_is_over(self, sams, account):
        answer = sams.post(do(account, "grant"), {**GRANT, "expires_on": "2020-01-01"})

        assert answer.status_code == 422
        assert "This day is over." in answer.text

    def test_says_that_more_than_there_is_cannot_be_taken(self, lous, account):
        text = preview(lous, do(account, "adjust"), amount="-121", reason_code="correction")

        assert "Only 120 credits are available; this will be refused." in text

    def test_adjusts_down(self, lous, account):
        form = {"amount": "-20", "reason_code": "correction", "reason": "Counted twice", "customer_note": ""}

        lous.post(do(account, "adjust"), form)

        assert Account.objects.get(pk=account.pk).posted == 100

    def test_adjusting_by_zero_is_no_adjustment(self, lous, account):
        form = {"amount": "0", "reason_code": "correction", "reason": "x", "customer_note": ""}

        assert lous.post(do(account, "adjust"), form).status_code == 422

    def test_adjusting_is_not_for_support(self, sams, account, trail):
        form = {"amount": "20", "reason_code": "correction", "reason": "x", "customer_note": ""}

        answer = sams.post(do(account, "adjust"), form)

        assert answer.status_code == 403
        assert [(f.action, f.outcome) for f in trail()] == [("credits.account.adjusted", "refused")]
        assert Account.objects.get(pk=account.pk).posted == 120

    def test_says_what_debt_will_take_of_it(self, sams, account, trail):
        lot = account.lots.get()
        ledger.capture(ledger.hold(account.pk, 100, at=clock.now()), at=clock.now())
        ledger.claw_back(account.pk, lot.pk, 120, at=clock.now())

        text = preview(sams, do(account, "grant"), **GRANT)

        assert "50 credits of it pay the debt." in text

    def test_freezes_and_unfreezes(self, lous, account, trail):
        lous.post(do(account, "freeze"), {"reason": "Card testing"})
        frozen = Account.objects.get(pk=account.pk)
        lous.post(do(account, "unfreeze"), {"reason": "Cleared"})

        assert frozen.is_frozen
        assert not Account.objects.get(pk=account.pk).is_frozen
        assert [f.action for f in trail()] == ["credits.account.frozen", "credits.account.unfrozen"]

    def test_says_that_a_frozen_account_cannot_spend_what_it_gets(self, sams, lous, account):
        lous.post(do(account, "freeze"), {"reason": "Card testing"})

        assert "The account is frozen" in preview(sams, do(account, "grant"), **GRANT)


def test_approvals_show_what_will_happen(lous, sam, account):
    credits_services.grant_by_staff(
        workspace_id=account.pk, amount=300, actor=actor_of(sam), reason="x", at=clock.now(),
        reason_code=ReasonCode.GOODWILL, idempotency_key="k",
    )  # fmt: skip
    approval = Approval.objects.get()

    text = lous.get(reverse("admin:audit_approval_action", args=[approval.public_id, "approve"])).text

    assert "Grant 300 credits (Goodwill)" in text
