"""Accounts and the first grant: what a workspace has."""

from __future__ import annotations

import pytest
from django.urls import reverse

from accounts.selectors import actor_of
from core import clock
from credits import services as credits_services
from credits.models import Account
from tests.credits.admin.pages import GRANT, LIST_QUERIES, page, panel
from tests.factories import credits as ledger

pytestmark = pytest.mark.django_db


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


class TestFirstGrant:
    def test_grants_from_the_page_of_a_workspace_without_an_account(self, sams, cleo_team):
        assert not Account.objects.filter(pk=cleo_team.pk).exists()

        sams.post(reverse("admin:accounts_workspace_action", args=[cleo_team.public_id, "grant"]), GRANT)

        assert Account.objects.get(pk=cleo_team.pk).posted == 50
