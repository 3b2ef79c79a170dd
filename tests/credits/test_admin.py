"""The ledger in the console."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.urls import reverse

from accounts.selectors import actor_of
from audit.models import Approval
from core import clock
from credits import services as credits_services
from credits.models import Account, AdjustmentLimit, Entry, EntryNote, Hold
from credits.states import ReasonCode
from tests.factories import credits as ledger

pytestmark = pytest.mark.django_db
# session, user, roles; savepoint, time limit, rows, savepoint; the sidebar's count of stuck holds
LIST_QUERIES = 8
GRANT = {
    "amount": "50",
    "source": "goodwill",
    "expires_on": "",
    "reason_code": "service_failure",
    "customer_note": "Sorry.",
    "reason": "The render failed",
    "ticket": "T-1",
}


@pytest.fixture
def account(ada_team):
    ledger.grant(ada_team.pk, 120, at=clock.now())
    return Account.objects.get(pk=ada_team.pk)


@pytest.fixture
def sams(log_in, sam):
    return log_in(sam, console=True)


@pytest.fixture
def lous(log_in, lou):
    return log_in(lou, console=True)


def do(obj, name, app_model=None):
    model = app_model or f"credits_{obj._meta.model_name}"
    return reverse(f"admin:{model}_action", args=[obj.public_id, name])


def page(obj):
    return reverse(f"admin:credits_{obj._meta.model_name}_change", args=[obj.public_id])


def panel(obj, name, model):
    return reverse(f"admin:{model}_panel", args=[obj.public_id, name])


def preview(client, url, **data):
    """The live effect, as the form asks for it while it is filled."""
    return " ".join(client.get(url, data, headers={"HX-Request": "true"}).text.split())


class TestAccountPages:
    def test_list_shows_balances(self, sams, account):
        ledger.hold(account.pk, 30, at=clock.now())

        text = sams.get(reverse("admin:credits_account_changelist")).text

        assert account.public_id in text
        assert "Engines" in text
        assert ">90<" in "".join(text.split())

    @pytest.mark.parametrize("rows", [1, 20])
    def test_list_costs_the_same_queries_for_any_number_of_rows(self, sams, account, count_queries, rows):
        for _ in range(rows):
            ledger.funded(5)
        url = reverse("admin:credits_account_changelist")
        sams.get(url)

        with count_queries(LIST_QUERIES):
            sams.get(url)

    @pytest.mark.parametrize("how", ["acc", "wsp", "email"])
    def test_search_finds_by_account_workspace_and_owner(self, sams, ada, how):
        personal = ada.personal_workspace
        ledger.grant(personal.pk, 5, at=clock.now())
        ledger.funded(5)
        account = Account.objects.get(pk=personal.pk)
        term = {"acc": account.public_id, "wsp": personal.public_id, "email": ada.email}[how]

        text = sams.get(reverse("admin:credits_account_changelist"), {"q": term}).text

        assert account.public_id in text
        assert "Ada's studio" not in text

    def test_page_answers_first_what_there_is(self, sams, account):
        ledger.hold(account.pk, 30, at=clock.now())

        text = " ".join(sams.get(page(account)).text.split())

        assert "Available" in text
        assert "Engines" in text

    def test_page_says_why_it_is_frozen(self, sams, account, lou):
        credits_services.freeze_account(
            workspace_id=account.pk, actor=actor_of(lou), reason="Card testing", at=clock.now()
        )

        assert "Card testing" in sams.get(page(account)).text

    @pytest.mark.parametrize(("name", "shown"), [("lots", "Pack"), ("entries", "Grant"), ("holds", "image")])
    def test_panels_show_lots_entries_and_holds(self, sams, account, name, shown):
        ledger.hold(account.pk, 30, at=clock.now())

        assert shown in sams.get(panel(account, name, "credits_account")).text

    def test_panels_of_an_account_without_holds_say_so(self, sams, account):
        assert "Nothing is set aside" in sams.get(panel(account, "holds", "credits_account")).text


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


class TestEntryPages:
    def test_list_shows_everybodys_ledger(self, sams, account):
        text = sams.get(reverse("admin:credits_entry_changelist")).text

        assert Entry.objects.get().public_id in text

    @pytest.mark.parametrize("prefix", ["acc", "wsp"])
    def test_list_narrows_to_an_account(self, sams, account, prefix):
        other = Entry.objects.get(account_id=ledger.funded(7))
        term = account.public_id if prefix == "acc" else account.workspace.public_id

        text = sams.get(reverse("admin:credits_entry_changelist"), {"account": term}).text

        assert Entry.objects.get(account=account).public_id in text
        assert other.public_id not in text

    @pytest.mark.parametrize("rows", [1, 20])
    def test_list_costs_the_same_queries_for_any_number_of_rows(self, sams, account, count_queries, rows):
        for _ in range(rows):
            ledger.grant(account.pk, 5, at=clock.now())
        url = reverse("admin:credits_entry_changelist")
        sams.get(url)

        with count_queries(LIST_QUERIES):
            sams.get(url)

    def test_page_offers_the_reversal(self, sams, account):
        entry = Entry.objects.get()

        assert do(entry, "reverse") in sams.get(page(entry)).text

    def test_page_shows_which_lots_paid(self, sams, account):
        captured = ledger.capture(ledger.hold(account.pk, 40, at=clock.now()), at=clock.now())
        entry = Entry.objects.get(pk=captured.entry_id)

        text = sams.get(panel(entry, "slices", "credits_entry")).text

        assert "Pack" in text
        assert account.lots.get().public_id in text

    def test_reversal_returns_what_was_spent(self, sams, account):
        captured = ledger.capture(ledger.hold(account.pk, 40, at=clock.now()), at=clock.now())
        entry = Entry.objects.get(pk=captured.entry_id)

        answer = sams.post(
            do(entry, "reverse"), {"reason": "Failed job", "reason_code": "service_failure"}, follow=True
        )

        assert "Reversed" in answer.text
        assert Account.objects.get(pk=account.pk).posted == 120

    def test_reversal_is_offered_once(self, sams, account):
        entry = Entry.objects.get()
        sams.post(do(entry, "reverse"), {"reason": "Wrong customer", "reason_code": "correction"})

        text = sams.get(page(entry)).text

        assert "It has been reversed already." in text
        assert Entry.objects.get(reverses=entry).public_id in text

    def test_reversal_warns_of_lots_past_their_expiry(self, sams, ada_team):
        then = clock.now() - timedelta(days=10)
        ledger.grant(ada_team.pk, 50, at=then, expires_at=then + timedelta(days=5))
        captured = ledger.capture(ledger.hold(ada_team.pk, 30, at=then), at=then)
        entry = Entry.objects.get(pk=captured.entry_id)

        text = preview(sams, do(entry, "reverse"), reason_code="correction")

        assert "30 credits return to lots past their expiry and expire at once." in text

    def test_what_has_no_reversal_offers_none(self, sams, account):
        reversal = ledger.reverse(account.pk, Entry.objects.get().pk, at=clock.now())

        assert (
            do(Entry.objects.get(pk=reversal.entry_id), "reverse")
            not in sams.get(page(Entry.objects.get(pk=reversal.entry_id))).text
        )

    def test_adjustments_are_the_entries_of_staff(self, sams, sam, account):
        sams.post(do(account, "grant"), GRANT)
        mine = Entry.objects.get(actor_kind="staff")

        text = sams.get(reverse("admin:credits_adjustment_changelist"), {"by": sam.public_id}).text

        assert mine.public_id in text
        assert Entry.objects.get(actor_kind="system").public_id not in text


class TestHoldPages:
    def test_list_narrows_by_status(self, sams, account):
        open_, settled = (ledger.hold(account.pk, 5, at=clock.now()) for _ in range(2))
        ledger.release(settled, at=clock.now())

        text = sams.get(reverse("admin:credits_hold_changelist"), {"status": "open"}).text

        assert open_.public_id in text
        assert settled.public_id not in text

    def test_page_links_to_the_entry(self, sams, account):
        placed = ledger.hold(account.pk, 5, at=clock.now())
        captured = ledger.capture(placed, at=clock.now())

        assert Entry.objects.get(pk=captured.entry_id).public_id in sams.get(page(placed)).text

    def test_release_says_what_returns_and_returns_it(self, sams, account, trail):
        placed = ledger.hold(account.pk, 30, at=clock.now())

        text = preview(sams, do(placed, "release"))
        sams.post(do(placed, "release"), {"reason": "The worker died"})

        assert "120 credits" in text
        assert Hold.objects.get(pk=placed.pk).status == "released"
        assert [f.action for f in trail()] == ["credits.hold.released"]


class TestStuckHolds:
    def test_shows_what_is_old_and_what_is_overdue(self, sams, account):
        now = clock.now()
        fresh = ledger.hold(account.pk, 5, at=now)
        old = ledger.hold(account.pk, 5, at=now - timedelta(hours=3), expires_in=timedelta(days=1))
        overdue = ledger.hold(account.pk, 5, at=now - timedelta(minutes=30), expires_in=timedelta(minutes=10))

        text = sams.get(reverse("admin:credits_stuck_holds")).text

        assert old.public_id in text
        assert overdue.public_id in text
        assert fresh.public_id not in text
        assert do(old, "release") in text

    def test_counts_open_holds_by_age(self, sams, account):
        ledger.hold(account.pk, 5, at=clock.now() - timedelta(hours=3), expires_in=timedelta(days=1))

        groups = sams.get(reverse("admin:credits_stuck_holds")).context["groups"]

        assert [(group.count, group.credits) for group, _share in groups] == [(0, 0), (0, 0), (1, 5), (0, 0), (0, 0)]

    def test_says_so_where_nothing_is_stuck(self, sams, account):
        assert "No hold is stuck." in sams.get(reverse("admin:credits_stuck_holds")).text

    def test_offers_release_only_to_who_may(self, log_in, kim, account):
        stuck = ledger.hold(account.pk, 5, at=clock.now() - timedelta(hours=3), expires_in=timedelta(days=1))

        text = log_in(kim, console=True).get(reverse("admin:credits_stuck_holds")).text

        assert stuck.public_id in text
        assert do(stuck, "release") not in text


class TestLimits:
    def test_list_names_roles(self, sams):
        assert "Support lead" in sams.get(reverse("admin:credits_adjustmentlimit_changelist")).text

    def test_change_shows_old_and_new_and_counts(self, log_in, max_):
        limit = AdjustmentLimit.objects.get(role="support")
        client = log_in(max_, console=True)
        form = {"daily_credits": "800", "approval_above_credits": "200", "may_approve_credits": "0", "reason": "Busy"}

        text = preview(client, do(limit, "change"), **form)
        client.post(do(limit, "change"), form)

        assert "500" in text
        assert "800" in text
        assert AdjustmentLimit.objects.get(role="support").daily_credits == 800

    def test_are_not_supports_to_change(self, sams):
        limit = AdjustmentLimit.objects.get(role="support")

        assert sams.post(do(limit, "change"), {"reason": "x"}).status_code == 403


class TestPanelsElsewhere:
    def test_workspace_shows_balance_and_leads_to_the_account(self, sams, account):
        text = sams.get(panel(account.workspace, "credits", "accounts_workspace")).text

        assert "120" in text
        assert page(account) in text

    def test_workspace_without_credits_says_so(self, sams, cleo_team):
        assert "never had credits" in sams.get(panel(cleo_team, "credits", "accounts_workspace")).text

    def test_user_shows_each_workspace(self, sams, ada, account):
        text = sams.get(panel(ada, "credits", "accounts_user")).text

        assert "Engines" in text
        assert "never had credits" in text
        assert page(account) in text


class TestFirstGrant:
    def test_grants_from_the_page_of_a_workspace_without_an_account(self, sams, cleo_team):
        assert not Account.objects.filter(pk=cleo_team.pk).exists()

        sams.post(reverse("admin:accounts_workspace_action", args=[cleo_team.public_id, "grant"]), GRANT)

        assert Account.objects.get(pk=cleo_team.pk).posted == 50


def test_approvals_show_what_will_happen(lous, sam, account):
    credits_services.grant_by_staff(
        workspace_id=account.pk, amount=300, actor=actor_of(sam), reason="x", at=clock.now(),
        reason_code=ReasonCode.GOODWILL, idempotency_key="k",
    )  # fmt: skip
    approval = Approval.objects.get()

    text = lous.get(reverse("admin:audit_approval_action", args=[approval.public_id, "approve"])).text

    assert "Grant 300 credits (Goodwill)" in text
