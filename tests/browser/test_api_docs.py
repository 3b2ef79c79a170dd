"""The API's docs page on a real Chromium, under its content security policy."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from core import clock
from tests.factories.accounts import UserFactory
from tests.journeys.world import log_in

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def complaints(page: Page) -> list[str]:
    """Everything the browser's console complains about, blocked resources among it."""
    heard: list[str] = []
    page.on("console", lambda message: heard.append(message.text) if message.type in {"error", "warning"} else None)
    page.on("pageerror", lambda error: heard.append(str(error)))
    page.on("requestfailed", lambda request: heard.append(f"{request.url} {request.failure}"))
    return heard


class TestDocsPage:
    def test_it_shows_the_product_api_from_our_own_files_without_a_complaint(self, live_server, page, complaints):
        requested: list[str] = []
        page.on("request", lambda request: requested.append(request.url))
        page.goto(f"{live_server.url}/api/docs/")

        expect(page.locator(".info .title")).to_contain_text("Ballast API")
        page.wait_for_load_state("networkidle")
        assert complaints == []
        assert all(url.startswith((live_server.url, "data:")) for url in requested)

    def test_it_also_shows_how_to_sign_up(self, live_server, page, complaints):
        page.goto(f"{live_server.url}/api/docs/")
        page.get_by_role("link", name="Sign-up, login and sessions").click()

        expect(page.get_by_text("/_allauth/{client}/v1/auth/signup").first).to_be_visible()
        assert complaints == []

    def test_an_operation_can_be_tried_against_the_running_server(self, live_server, page, complaints):
        page.goto(f"{live_server.url}/api/docs/sign-up/")
        page.locator(
            "#operations-Configuration-get__allauth__client__v1_config summary, "
            "[id*='v1_config'] .opblock-summary-control"
        ).first.click()
        page.locator("tr[data-param-name=client] select").select_option("browser")
        page.get_by_role("button", name="Execute").click()

        expect(page.locator(".live-responses-table td.response-col_status").last).to_contain_text("200")
        assert complaints == []

    def test_a_session_token_typed_there_is_used(self, live_server, page, complaints):
        user = UserFactory(email="docs@example.com", at=clock.now())
        page.goto(f"{live_server.url}/api/docs/")
        page.get_by_role("button", name="Authorize").first.click()
        dialog = page.locator(".auth-container", has_text="X-Session-Token")
        dialog.locator("input").fill(log_in(user.email))
        dialog.get_by_role("button", name="Apply credentials").click()
        page.locator(".btn-done").first.click()
        page.locator("#operations-me-me_retrieve .opblock-summary-control").click()
        page.get_by_role("button", name="Execute").click()

        expect(page.locator(".live-responses-table td.response-col_status").last).to_contain_text("200")
        expect(page.locator(".live-responses-table .response-col_description").last).to_contain_text(user.public_id)
        assert complaints == []
