"""Every page of the console in Chromium: nothing it complains about, nothing too wide, nothing hard to read."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from accounts.roles import StaffRole
from tests.architecture.console_pages import Page as ConsolePage
from tests.architecture.console_pages import Samples, every_page
from tests.architecture.test_console_matrix import ROLES, read_table
from tests.browser.conftest import Complaints, poor_contrast, set_theme, too_wide
from tests.factories.accounts import UserFactory

pytestmark = pytest.mark.slow

FRAGMENTS = ("suggest", "panel", "home_card")
APPS = sorted({page.app for page in every_page(Samples())})


def whole_pages(app: str) -> list[tuple[StaffRole, ConsolePage]]:
    """The app's pages and a role that sees each, sorted by role: each signs in once."""
    table = read_table()
    found = []
    for page in every_page(Samples()):
        statuses = table.get(page.row, [])
        if page.app == app and page.method == "GET" and "200" in statuses:
            found.append((ROLES[len(statuses) - 1 - statuses[::-1].index("200")], page))
    return sorted(
        [pair for pair in found if not any(part in pair[1].key for part in FRAGMENTS)], key=lambda pair: pair[0]
    )


@pytest.mark.parametrize("app", APPS)
@pytest.mark.parametrize(("theme", "width"), [("light", 1400), ("dark", 800)])
class TestEveryPage:
    def test_is_fit_to_be_seen(
        self,
        page: Page,
        live_server: Any,
        enter: Callable[..., None],
        complaints: Complaints,
        shoot: Any,
        app: str,
        theme: str,
        width: int,
    ) -> None:
        page.set_viewport_size({"width": width, "height": 900})
        entered = None
        for role, shown in whole_pages(app):
            if role != entered:
                enter(UserFactory(role=role, name=f"{role.label} Somebody"))
                entered = role
            page.goto(live_server.url + shown.url())
            if not page.locator("body.c-body").count():
                continue  # a document of its own: the preview of a mail
            set_theme(page, theme)
            for part in page.locator(".c-panel").all():
                part.scroll_into_view_if_needed()  # panels load when they are seen
                expect(part).not_to_have_attribute("aria-busy", "true")
            shoot(f"{shown.key.replace('[', '-').replace(']', '')}-{theme}-{width}")
            assert too_wide(page) <= 0, shown.row
            assert poor_contrast(page) == [], shown.row
