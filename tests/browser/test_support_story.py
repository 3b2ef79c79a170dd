"""Support finds a customer, helps, and asks a second person; the customer spends; the trail tells it all."""

from __future__ import annotations

from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from accounts.models import User
from audit.models import Entry
from core import clock
from tests.browser.conftest import Complaints
from tests.factories.accounts import PASSWORD, Authenticator, personal
from tests.factories.credits import grant


def log_in(page: Page, url: str, user: User) -> None:
    """Password, then the code of the authenticator app, as staff do each morning."""
    app = Authenticator(user)
    page.goto(f"{url}/admin/")
    page.get_by_label("E-mail").fill(user.email)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Continue").click()
    page.get_by_label("Code").fill(app.code(at=clock.now()))
    page.get_by_role("button", name="Log in").click()
    expect(page.get_by_role("heading", name="Home", level=1)).to_be_visible()


def find(page: Page, email: str, name: str) -> None:
    page.get_by_role("link", name="Users", exact=True).click()
    page.get_by_role("searchbox", name="Search").fill(email)
    page.keyboard.press("Enter")
    page.get_by_role("link", name=name).click()
    expect(page.locator("h1")).to_have_text(name)


def see_the_ledger(page: Page) -> None:
    page.get_by_role("link", name="Account and adjustments").first.click()
    entries = page.get_by_role("region", name="Last entries")
    entries.scroll_into_view_if_needed()
    expect(entries).to_contain_text("120")


def give(page: Page, amount: int, reason: str) -> None:
    page.get_by_role("link", name="Grant credits").first.click()
    page.get_by_role("spinbutton", name="Credits").fill(str(amount))
    page.get_by_role("textbox", name="Reason", exact=True).fill(reason)


def decide(page: Page, url: str) -> None:
    page.goto(f"{url}/admin/")
    page.get_by_role("link", name="Approvals", exact=True).click()
    page.locator("table a").first.click()
    page.get_by_role("link", name="Approve").click()
    expect(page.locator("#effect")).to_contain_text("400")
    page.get_by_role("textbox", name="Reason", exact=True).fill("The outage cost them a day")
    page.get_by_role("button", name="Approve").click()
    expect(page.get_by_text("Approved and carried out.")).to_be_visible()


@pytest.mark.django_db(transaction=True)
class TestSupportStory:
    def test_a_customer_is_found_helped_and_a_large_grant_waits_for_a_second_person(
        self, page: Page, browser: Browser, live_server: Any, complaints: Complaints, ada: User, sam: User, lou: User
    ) -> None:
        grant(personal(ada).pk, 120)
        last = Entry.objects.latest("seq").seq
        log_in(page, live_server.url, sam)
        find(page, ada.email.upper(), ada.name)
        see_the_ledger(page)

        give(page, 50, "Two pictures came out black")
        expect(page.locator("#effect")).to_contain_text("120")
        expect(page.locator("#effect")).to_contain_text("170 credits")
        expect(page.locator("#effect")).to_contain_text("Sam has 500 of 500 left today.")
        expect(page.locator("#effect")).to_contain_text("No approval needed.")
        page.get_by_role("button", name="Grant 50 credits").click()
        expect(page.get_by_text("Granted 50 credits.")).to_be_visible()

        give(page, 400, "A day lost to the outage")
        expect(page.locator("#effect")).to_contain_text("A second person will be asked")
        page.get_by_role("button", name="Grant 400 credits").click()
        expect(page.get_by_text("A second person was asked. Nothing has moved yet.")).to_be_visible()

        other = browser.new_page()
        log_in(other, live_server.url, lou)
        decide(other, live_server.url)
        other.close()

        page.wait_for_load_state("networkidle")
        page.reload()
        expect(page.locator("body")).to_contain_text("570")
        page.wait_for_load_state("networkidle")
        deeds = Entry.objects.filter(seq__gt=last).exclude(action__startswith="console.").order_by("seq")
        assert [(entry.actor_id, entry.action) for entry in deeds] == [
            (sam.public_id, "accounts.user.logged_in"),
            (sam.public_id, "credits.account.granted"),
            (sam.public_id, "audit.approval.requested"),
            (lou.public_id, "accounts.user.logged_in"),
            (lou.public_id, "credits.account.granted"),  # he asked, she did it
        ]
        assert Entry.objects.filter(action="console.list.searched").count() == 1
