"""The omnibox in a real browser: keys, answers while one types, and nothing that gets in the way of other keys."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from accounts.models import User
from tests.browser.conftest import poor_contrast, set_theme, too_wide
from tests.factories.accounts import UserFactory, WorkspaceFactory

pytestmark = pytest.mark.usefixtures("complaints")


@pytest.fixture
def visit(transactional_db: None, page: Page, live_server: Any, sam: User, enter: Any) -> Callable[[str], None]:
    enter(sam)
    UserFactory(email="ada@example.com", name="Ada Lovelace")
    WorkspaceFactory(name="Lovelace & Daughters", owner=UserFactory(name="Bo"))
    return lambda path: page.goto(f"{live_server.url}{path}") and None


class TestField:
    def test_answers_to_slash_on_every_page_and_is_not_focused_before(self, page: Page, visit: Any) -> None:
        for path in ("/admin/", "/admin/accounts/user/", "/admin/find/"):
            visit(path)
            expect(page.locator("#find")).not_to_be_focused()
            page.keyboard.press("/")
            expect(page.locator("#find")).to_be_focused()

    def test_leaves_the_g_keys_alone(self, page: Page, visit: Any) -> None:
        visit("/admin/")
        page.keyboard.press("g")
        page.keyboard.press("u")
        page.wait_for_url("**/admin/accounts/user/")

    def test_lets_a_list_be_searched_by_f(self, page: Page, visit: Any) -> None:
        visit("/admin/accounts/user/")
        page.keyboard.press("f")
        expect(page.locator("#search")).to_be_focused()
        expect(page.locator("#search")).to_have_value("")


class TestAnswers:
    def test_are_chosen_by_arrows_and_enter(self, page: Page, visit: Any, shoot: Any) -> None:
        visit("/admin/")
        page.keyboard.press("/")
        page.keyboard.type("lovelace")
        expect(page.get_by_role("option")).to_have_count(3)  # she, the team, her own workspace
        expect(page.get_by_role("group", name="Workspaces")).to_be_visible()
        page.keyboard.press("ArrowDown")
        page.keyboard.press("ArrowDown")
        expect(page.get_by_role("option", selected=True)).to_contain_text("Daughters")
        page.keyboard.press("ArrowUp")
        expect(page.get_by_role("option", selected=True)).to_contain_text("Ada Lovelace")
        shoot("omnibox-open")
        page.keyboard.press("Enter")
        page.wait_for_url("**/admin/accounts/user/usr_*/")
        expect(page.locator("h1")).to_have_text("Ada Lovelace")

    def test_of_one_exact_hit_need_only_enter(self, page: Page, visit: Any) -> None:
        visit("/admin/")
        page.keyboard.press("/")
        page.keyboard.type("ada@example.com")
        page.keyboard.press("Enter")
        page.wait_for_url("**/admin/accounts/user/usr_*/")

    def test_are_a_page_of_their_own_on_enter(self, page: Page, visit: Any, shoot: Any) -> None:
        visit("/admin/")
        page.keyboard.press("/")
        page.keyboard.type("lovelace")
        page.keyboard.press("Enter")
        page.wait_for_url("**/admin/find/?q=lovelace")
        expect(page.get_by_role("link", name="Lovelace & Daughters")).to_be_visible()
        shoot("omnibox-page")

    def test_are_clicked_like_links(self, page: Page, visit: Any) -> None:
        visit("/admin/")
        page.locator("#find").fill("lovelace")
        page.get_by_role("option").first.click()
        page.wait_for_url("**/admin/accounts/user/usr_*/")

    def test_go_away_on_escape_and_keys_work_again(self, page: Page, visit: Any) -> None:
        visit("/admin/")
        page.keyboard.press("/")
        page.keyboard.type("lovelace")
        expect(page.get_by_role("option").first).to_be_visible()
        page.keyboard.press("Escape")
        expect(page.get_by_role("option")).to_have_count(0)
        expect(page.locator("#find")).not_to_be_focused()
        expect(page.locator("#find")).to_have_value("")
        page.keyboard.press("g")
        page.keyboard.press("u")
        page.wait_for_url("**/admin/accounts/user/")

    @pytest.mark.parametrize("theme", ["light", "dark"])
    @pytest.mark.parametrize("width", [1400, 800])
    def test_can_be_read(self, page: Page, visit: Any, shoot: Any, theme: str, width: int) -> None:
        page.set_viewport_size({"width": width, "height": 900})
        visit("/admin/")
        set_theme(page, theme)
        page.keyboard.press("/")
        page.keyboard.type("lovelace")
        expect(page.get_by_role("option").first).to_be_visible()
        page.keyboard.press("ArrowDown")
        shoot(f"omnibox-{theme}-{width}")
        assert too_wide(page) <= 0
        assert poor_contrast(page) == []
