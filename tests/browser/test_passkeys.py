"""A passkey in real Chromium: registered at the console's door or on one's own page, and shown at the next login."""

from __future__ import annotations

from typing import Any

import pytest
from allauth.mfa.models import Authenticator as StoredFactor
from playwright.sync_api import CDPSession, Page, expect

from accounts.models import User
from tests.browser.conftest import Complaints
from tests.factories.accounts import PASSWORD

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("empty_cache")]


@pytest.fixture
def url(live_server: Any) -> str:
    """The server under a name: passkeys belong to names, never to addresses."""
    return str(live_server.url).replace("127.0.0.1", "localhost")


@pytest.fixture
def fingerprint(page: Page) -> tuple[CDPSession, str]:
    """An authenticator inside the browser that always agrees: a fingerprint, as it were."""
    cdp = page.context.new_cdp_session(page)
    cdp.send("WebAuthn.enable")
    options = {
        "protocol": "ctap2",
        "transport": "internal",
        "hasResidentKey": True,
        "hasUserVerification": True,
        "isUserVerified": True,
    }
    made = cdp.send("WebAuthn.addVirtualAuthenticator", {"options": options})
    return cdp, str(made["authenticatorId"])


def give_password(page: Page, url: str, user: User) -> None:
    page.goto(f"{url}/admin/")
    page.get_by_label("E-mail").fill(user.email)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Continue").click()


def expect_home(page: Page) -> None:
    expect(page.get_by_role("heading", name="Home", level=1)).to_be_visible()


def log_out(page: Page) -> None:
    page.locator("details.c-menu > summary").click()
    page.get_by_role("button", name="Log out").click()
    expect(page.get_by_text("You are logged out.")).to_be_visible()


class TestPasskey:
    def test_is_added_at_the_door_and_lets_in_the_next_time(
        self, page: Page, url: str, fingerprint: Any, complaints: Complaints, sam: User
    ) -> None:
        give_password(page, url, sam)
        page.get_by_role("button", name="Add a passkey and log in").click()
        page.get_by_role("link", name="I have kept them").click()
        expect_home(page)
        log_out(page)
        give_password(page, url, sam)
        page.get_by_role("button", name="Log in with a passkey").click()
        expect_home(page)
        assert StoredFactor.objects.get(type="webauthn").last_used_at

    def test_is_added_and_removed_on_ones_own_page(
        self, page: Page, url: str, fingerprint: Any, complaints: Complaints, sam: User
    ) -> None:
        give_password(page, url, sam)
        page.get_by_role("button", name="Add a passkey and log in").click()
        page.get_by_role("link", name="I have kept them").click()
        cdp, _ = fingerprint
        # the first one says no to a second passkey of the same account, so another device steps in
        cdp.send(
            "WebAuthn.addVirtualAuthenticator",
            {"options": {"protocol": "ctap2", "transport": "usb", "hasUserVerification": True, "isUserVerified": True}},
        )
        page.locator("details.c-menu > summary").click()
        page.get_by_role("link", name="My security").click()
        form = page.get_by_role("region", name="Add a passkey")
        form.get_by_label("Name").fill("Desk")
        form.get_by_label("Your password").fill(PASSWORD)
        form.get_by_role("button", name="Add a passkey").click()
        expect(page.get_by_text("The passkey is added.")).to_be_visible()
        page.get_by_text("Desk", exact=True).click()
        line = page.locator("details[open]", has_text="Desk")
        line.get_by_label("Your password").fill(PASSWORD)
        line.get_by_role("button", name="Remove it").click()
        expect(page.get_by_text("It is removed.")).to_be_visible()
        assert StoredFactor.objects.filter(type="webauthn").count() == 1

    def test_that_is_not_shown_says_so(
        self, page: Page, url: str, fingerprint: Any, complaints: Complaints, sam: User
    ) -> None:
        give_password(page, url, sam)
        page.get_by_role("button", name="Add a passkey and log in").click()
        page.get_by_role("link", name="I have kept them").click()
        log_out(page)
        cdp, authenticator = fingerprint
        cdp.send("WebAuthn.setUserVerified", {"authenticatorId": authenticator, "isUserVerified": False})
        cdp.send("WebAuthn.clearCredentials", {"authenticatorId": authenticator})
        give_password(page, url, sam)
        page.get_by_role("button", name="Log in with a passkey").click()
        expect(page.get_by_text("The passkey was not shown. Please try again.")).to_be_visible()
