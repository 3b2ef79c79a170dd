"""The console's base in a real browser: keys, reveal, live effect, themes, narrow screens, right to left."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone
from playwright.sync_api import Page, expect

from accounts.models import User
from tests.browser.conftest import Complaints, poor_contrast, set_theme, too_wide
from tests.core.console import demo

pytestmark = pytest.mark.slow

ALL = {"demo.view", "demo.view_workspace", "demo.reveal", "demo.rename", "demo.ban", "demo.report", "demo.merge"}
NAMES = ["Ada Lovelace", "Bo Diddley", "Cleo de Nile", "Dora Maar", "Emil Nolde", "Fay Wray"]


@pytest.fixture(autouse=True)
def demo_console(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    with demo.standing_in(monkeypatch):
        yield


@pytest.fixture
def ada(transactional_db: None) -> User:
    """The newest of some two dozen users in every status."""
    statuses = ["active", "active", "suspended", "banned", "closed"]
    for number in range(25):
        User.objects.create(
            email=f"user{number}@example.com",
            name=NAMES[number % len(NAMES)] if number % 4 else "",
            status=statuses[number % len(statuses)],
            created_at=timezone.now() - timedelta(days=number, hours=number),
        )
    return User.objects.create(email="ada@example.com", name="Ada Lovelace")


@pytest.fixture
def sam(page: Page, enter: Callable[..., None], ada: User, complaints: Complaints) -> Iterator[User]:
    """Sam of support, signed in, with every permission of the demo."""
    user = User.objects.create(email="sam@ballast.test", name="Sam Spade", is_staff=True)
    demo.PERMISSIONS[user.email] = set(ALL)
    client = Client()
    client.force_login(user, backend="tests.core.console.demo.DemoBackend")
    enter(user, client=client)
    return user


@pytest.fixture
def visit(page: Page, live_server: Any, sam: User) -> Callable[[str], None]:
    return lambda path: page.goto(f"{live_server.url}{path}") and None


class TestLooks:
    @pytest.mark.parametrize("theme", ["light", "dark"])
    @pytest.mark.parametrize("width", [1400, 800])
    def test_every_kind_of_page_shows_without_a_complaint(
        self, page: Page, visit: Any, shoot: Any, ada: User, theme: str, width: int
    ) -> None:
        page.set_viewport_size({"width": width, "height": 900})
        pages = {
            "home": "/admin/",
            "list": "/admin/accounts/user/",
            "list-narrowed": "/admin/accounts/user/?q=lovelace&status=active",
            "list-nothing": "/admin/accounts/user/?q=x",
            "detail": f"/admin/accounts/user/{ada.public_id}/",
            "action": f"/admin/accounts/user/{ada.public_id}/do/rename/",
            "danger": f"/admin/accounts/user/{ada.public_id}/do/ban/",
        }
        for name, path in pages.items():
            visit(path)
            set_theme(page, theme)
            page.wait_for_load_state("networkidle")
            expect(page.locator("h1").first).to_be_visible()
            shoot(f"base-{name}-{theme}-{width}")
            assert too_wide(page) <= 0, name


class TestKeys:
    def test_f_focuses_the_search_of_a_list(self, page: Page, visit: Any) -> None:
        visit("/admin/accounts/user/")
        page.keyboard.press("f")
        expect(page.locator("#search")).to_be_focused()
        expect(page.locator("#search")).to_have_value("")

    def test_g_and_a_letter_go_there(self, page: Page, visit: Any) -> None:
        visit("/admin/")
        page.keyboard.press("g")
        page.keyboard.press("w")
        page.wait_for_url("**/admin/accounts/workspace/")

    def test_question_mark_lists_the_keys_and_escape_closes_them(self, page: Page, visit: Any, ada: User) -> None:
        visit(f"/admin/accounts/user/{ada.public_id}/")
        page.keyboard.press("?")
        expect(page.locator("#keys")).to_be_visible()
        expect(page.locator("#keys")).to_contain_text("Rename")
        page.keyboard.press("Escape")
        expect(page.locator("#keys")).to_be_hidden()

    def test_an_actions_letter_opens_it_and_escape_cancels(self, page: Page, visit: Any, ada: User) -> None:
        visit(f"/admin/accounts/user/{ada.public_id}/")
        page.keyboard.press("r")
        page.wait_for_url("**/do/rename/")
        page.keyboard.press("Escape")
        page.wait_for_url(f"**/admin/accounts/user/{ada.public_id}/")

    def test_letters_typed_into_a_field_do_nothing_else(self, page: Page, visit: Any) -> None:
        visit("/admin/accounts/user/")
        page.locator("#search").press_sequentially("gw?/")
        expect(page.locator("#search")).to_have_value("gw?/")
        expect(page.locator("#keys")).to_be_hidden()

    def test_tab_reaches_the_skip_link_first(self, page: Page, visit: Any) -> None:
        visit("/admin/")
        page.keyboard.press("Tab")
        expect(page.locator(".c-skip")).to_be_focused()


class TestReveal:
    def test_swaps_the_value_in(self, page: Page, visit: Any, ada: User) -> None:
        visit(f"/admin/accounts/user/{ada.public_id}/")
        expect(page.get_by_text("a•••@e•••.com").first).to_be_visible()
        page.get_by_text("Reveal Email").first.click()
        page.get_by_label("Why").first.select_option("contact")
        page.get_by_role("button", name="Show").first.click()
        expect(page.get_by_text("ada@example.com")).to_be_visible()


class TestActionForm:
    def test_shows_the_effect_while_it_is_filled(self, page: Page, visit: Any, ada: User) -> None:
        visit(f"/admin/accounts/user/{ada.public_id}/do/rename/")
        page.get_by_role("textbox", name="Name", exact=True).fill("Countess")
        expect(page.locator("#effect strong")).to_have_text("Countess")
        expect(page.get_by_role("button", name="Rename to Countess")).to_be_visible()

    def test_keeps_reason_and_token_out_of_the_preview(self, page: Page, visit: Any, ada: User) -> None:
        visit(f"/admin/accounts/user/{ada.public_id}/do/rename/")
        page.get_by_role("textbox", name="Reason").fill("a private matter")
        with page.expect_request(lambda request: "HX-Request".lower() in request.headers) as asked:
            page.get_by_role("textbox", name="Name", exact=True).fill("Countess")
        assert "private" not in asked.value.url
        assert "token" not in asked.value.url

    def test_does_the_deed_and_says_so(self, page: Page, visit: Any, ada: User) -> None:
        visit(f"/admin/accounts/user/{ada.public_id}/do/rename/")
        page.get_by_role("textbox", name="Name", exact=True).fill("Countess")
        page.get_by_role("textbox", name="Reason").fill("She asked")
        page.get_by_role("button", name="Rename to Countess").click()
        expect(page.get_by_text("Renamed to Countess.")).to_be_visible()
        expect(page.locator("h1")).to_have_text("Countess")

    def test_shows_a_refusal_above_the_form(
        self, page: Page, visit: Any, ada: User, complaints: Complaints, shoot: Any
    ) -> None:
        complaints.expect("409")
        visit(f"/admin/accounts/user/{ada.public_id}/do/rename/")
        page.get_by_role("textbox", name="Name", exact=True).fill("a name of more than twenty letters")
        page.get_by_role("textbox", name="Reason").fill("She asked")
        page.get_by_role("button", name="Rename to").click()
        expect(page.get_by_role("alert")).to_contain_text("This name is too long")
        shoot("base-refused")


class TestSuggestions:
    def test_are_chosen_by_keyboard(self, page: Page, visit: Any, ada: User, shoot: Any) -> None:
        visit(f"/admin/accounts/user/{ada.public_id}/do/merge/")
        page.get_by_role("combobox", name="Other user").press_sequentially("diddley")
        expect(page.get_by_role("listbox", name="Other user").get_by_role("option").first).to_be_visible()
        shoot("base-suggestions")
        page.keyboard.press("ArrowDown")
        page.keyboard.press("Enter")
        expect(page.get_by_role("combobox", name="Other user")).to_have_value(re.compile("^usr_"))


class TestNarrowScreen:
    def test_folds_the_sidebar_behind_a_button(self, page: Page, visit: Any, shoot: Any) -> None:
        page.set_viewport_size({"width": 800, "height": 900})
        visit("/admin/accounts/user/")
        expect(page.locator("#sidebar")).to_be_hidden()
        page.get_by_role("button", name="Menu").click()
        expect(page.locator("#sidebar")).to_be_visible()
        shoot("base-sidebar-800")
        page.keyboard.press("Escape")
        expect(page.locator("#sidebar")).to_be_hidden()


class TestRightToLeft:
    @pytest.fixture
    def browser_context_args(self, browser_context_args: dict[str, Any]) -> dict[str, Any]:
        return {**browser_context_args, "locale": "ar"}

    def test_mirrors_the_page(self, page: Page, visit: Any, ada: User, shoot: Any) -> None:
        for name, path in {"list": "", "detail": f"{ada.public_id}/", "action": f"{ada.public_id}/do/rename/"}.items():
            visit(f"/admin/accounts/user/{path}")
            assert page.locator("html").get_attribute("dir") == "rtl"
            assert page.locator("#sidebar").bounding_box()["x"] > 700
            shoot(f"base-rtl-{name}")


class TestPolicy:
    def test_stops_an_inline_script_and_the_helper_sees_it(
        self, page: Page, visit: Any, complaints: Complaints
    ) -> None:
        complaints.expect("CSP")
        complaints.expect("Content Security Policy")
        visit("/admin/")
        page.evaluate("""() => {
          const script = document.createElement("script");
          script.textContent = "window.broken = true";
          document.body.append(script);
          const button = document.createElement("button");
          button.setAttribute("onclick", "window.broken = true");
          document.body.append(button);
          button.click();
        }""")
        assert page.evaluate("window.broken") is None
        assert any("CSP" in text for text in complaints)


class TestContrast:
    @pytest.mark.parametrize("theme", ["light", "dark"])
    def test_of_every_text_is_enough(self, page: Page, visit: Any, ada: User, theme: str) -> None:
        for path in ("", "?q=x", f"{ada.public_id}/", f"{ada.public_id}/do/ban/"):
            visit(f"/admin/accounts/user/{path}")
            set_theme(page, theme)
            assert poor_contrast(page) == [], path
