"""Gifts, freezing and releasing for many at once: what the page says before it starts."""

from __future__ import annotations

import pytest
from django.urls import reverse

from core import clock
from credits.forms import GIFT_LIFE
from credits.models import Account, Lot
from tests.credits.admin.pages import GRANT
from tests.factories import credits as ledger

URL = reverse("admin:credits_account_bulk", args=["grant"])


@pytest.fixture
def chosen(db):
    """Twelve accounts, as the list sends them."""
    return {"id": [Account.objects.get(pk=ledger.funded(10)).public_id for _ in range(12)]}


@pytest.fixture
def says(sams, chosen):
    """What the page says once the form is filled in like this."""
    sealed = sams.post(URL, chosen).context["chosen"]

    def preview(**data):
        filled = {**GRANT, "chosen": sealed, **data}
        return " ".join(sams.post(URL, filled, headers={"HX-Request": "true"}).text.split())

    return preview


class TestGrant:
    def test_expires_after_a_year_as_a_single_one_does(self, sams, chosen):
        form = sams.post(URL, chosen).context["form"]

        assert form["expires_on"].value() == (clock.now() + GIFT_LIFE).date()
        assert Lot.objects.filter(source="goodwill").count() == 0

    def test_asks_for_the_amount_first(self, sams, chosen):
        page = sams.post(URL, chosen)

        assert "Each gets the same. Say how many credits." in page.text
        assert "Grant credits: 12" in page.text

    def test_says_the_sum_and_what_is_left_of_the_allowance(self, says):
        text = says(amount="20")

        assert "20 credits for each of 12 rows: 240 credits in total." in text
        assert '<span class="c-number">500</span>' in text
        assert '<strong class="c-number">260 credits</strong>' in text
        assert "No approval needed." in text

    def test_names_the_amount_on_its_button(self, says):
        assert "Grant 20 credits: 12" in says(amount="20")

    def test_says_how_many_wait_once_the_allowance_is_used_up(self, says):
        text = says(amount="150")

        assert '<strong class="c-number">50 credits</strong>' in text
        assert "9 rows wait for a second person." in text

    def test_says_that_all_wait_above_what_one_person_gives_at_once(self, says):
        text = says(amount="201")

        assert '<strong class="c-number">500 credits</strong>' in text
        assert "12 rows wait for a second person." in text
