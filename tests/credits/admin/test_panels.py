"""What other pages show of the ledger."""

from __future__ import annotations

import pytest

from tests.credits.admin.pages import page, panel

pytestmark = pytest.mark.django_db


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
