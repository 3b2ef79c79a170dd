from __future__ import annotations

import pytest

from accounts.models import User
from core.console import Action, ConsoleAdmin
from core.console.nav import Nav
from core.console.sites import ConsoleSite


def errors_of(**attributes):
    made = type("MadeAdmin", (ConsoleAdmin,), {"view_permission": "demo.view", **attributes})
    return [error.id for error in made(User, ConsoleSite(own_nav=Nav("item"))).check()]


class TestConsoleChecks:
    def test_pass_a_plain_admin(self):
        assert errors_of(list_display=("public_id",), list_filter=("status",)) == []

    def test_stop_an_unbounded_filter(self):
        assert errors_of(list_filter=("email",)) == ["console.E001"]

    def test_stop_a_filter_on_nothing(self):
        assert errors_of(list_filter=("shoe_size",)) == ["console.E001"]

    @pytest.mark.parametrize(
        "part", [{"search_fields": ("name",)}, {"date_hierarchy": "created_at"}, {"actions": ("wave",)}]
    )
    def test_stop_the_stock_parts_that_scan_or_write(self, part):
        assert "console.E002" in errors_of(**part)

    def test_stop_masks_nobody_may_lift(self):
        assert errors_of(masked_fields={"email": "email"}) == ["console.E003"]

    def test_stop_an_action_that_takes_a_key_of_the_console(self):
        wave = Action("wave", "Wave", "demo.wave", lambda _call: None, key="g")
        assert errors_of(actions_for_object=(wave,)) == ["console.E004"]

    def test_still_ask_djangos_own_questions(self):
        assert "admin.E108" in errors_of(list_display=("shoe_size",))
