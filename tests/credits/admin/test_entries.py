"""Entries, adjustments and their reversal."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.urls import reverse

from core import clock
from credits.models import Account, Entry
from tests.credits.admin.pages import GRANT, LIST_QUERIES, do, page, panel, preview
from tests.factories import credits as ledger

pytestmark = pytest.mark.django_db


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
