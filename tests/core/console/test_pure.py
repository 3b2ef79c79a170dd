"""The parts of the console that need no database."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from core.console.cells import duration
from core.console.chips import chip_for
from core.console.counting import Count
from core.console.masking import mask_email, mask_ip, masked
from core.console.nav import Nav, NavItem
from core.console.panels import ByKind, Panel


class TestMaskEmail:
    @pytest.mark.parametrize(
        ("address", "shown"),
        [
            ("ada@example.com", "a•••@e•••.com"),
            ("ada.lovelace+tag@mail.example.co.uk", "a•••@m•••.uk"),
            ("a@localhost", "a•••@l•••"),
            ("no address at all", "n•••"),
        ],
    )
    def test_keeps_two_letters_and_the_ending(self, address, shown):
        assert mask_email(address) == shown

    def test_does_not_tell_how_long_the_address_is(self):
        assert mask_email("ab@cd.de") == mask_email("abcdefgh@cdefgh.de")


class TestMaskIp:
    @pytest.mark.parametrize(
        ("address", "shown"),
        [("203.0.113.7", "203.0.113.•••"), ("2001:db8::1", "2001:0db8:0000:•••"), ("nonsense", "n•••")],
    )
    def test_hides_the_host(self, address, shown):
        assert mask_ip(address) == shown


class TestMasked:
    @pytest.mark.parametrize("empty", [None, ""])
    def test_leaves_empty_empty(self, empty):
        assert masked(empty, "email") == ""

    def test_refuses_a_mask_nobody_knows(self):
        with pytest.raises(KeyError):
            masked("x", "zigzag")


class TestCount:
    def test_is_written_with_separators(self):
        assert str(Count(9999)) == "9,999"

    def test_says_where_it_stopped(self):
        assert str(Count(10_000, is_capped=True)) == "10,000+"


class TestChip:
    def test_knows_the_tone_of_common_words(self):
        assert (chip_for("active").tone, chip_for("banned").tone) == ("good", "bad")

    def test_is_neutral_about_words_it_does_not_know(self):
        assert chip_for("flummoxed").tone == "neutral"

    def test_always_has_words_and_an_icon(self):
        chip = chip_for("past_due")
        assert (chip.label, chip.icon) == ("Past due", "warning")


class TestNav:
    def test_refuses_a_group_that_is_not_in_the_sidebar(self):
        with pytest.raises(ValueError, match="not a group"):
            Nav("item").register("x", NavItem(group="Elsewhere", title="X"))


class TestByKind:
    def test_keeps_entries_in_order(self):
        registry = ByKind("panel")
        late = Panel("late", "Late", "p", "t.html", dict, order=20)
        early = Panel("early", "Early", "p", "t.html", dict, order=10)
        registry.register("demo.user", late)
        registry.register("demo.user", early)
        assert registry.of("demo.user") == [early, late]

    def test_refuses_two_entries_of_one_name(self):
        registry = ByKind("panel")
        registry.register("demo.user", Panel("one", "One", "p", "t.html", dict))
        with pytest.raises(ValueError, match="twice"):
            registry.register("demo.user", Panel("one", "Other", "p", "t.html", dict))


class TestWhen:
    def test_names_the_zone_and_gives_utc_on_hover(self, rf):
        from django.template import Context, Template
        from django.utils import timezone

        template = Template("{% load console %}{% when at %}")
        with timezone.override("Europe/Berlin"):
            html = template.render(Context({"at": datetime(2026, 3, 2, 9, 30, 5, tzinfo=UTC)}))
        assert "2026-03-02 10:30" in html
        assert "CET" in html
        assert 'title="2026-03-02 09:30:05 UTC"' in html


class TestCredits:
    @pytest.mark.parametrize(("n", "words"), [(1, "1 credit"), (1234567, "1,234,567 credits"), (0, "0 credits")])
    def test_carries_its_word_and_separators(self, n, words):
        from django.template import Context, Template
        from django.utils.html import strip_tags

        assert strip_tags(Template("{% load console %}{% credits n %}").render(Context({"n": n}))) == words


class TestDuration:
    @pytest.mark.parametrize(
        ("span", "words"),
        [
            (timedelta(), "0 s"),
            (timedelta(seconds=59), "59 s"),
            (timedelta(minutes=12, seconds=5), "12 min 5 s"),
            (timedelta(days=3, hours=4, minutes=50), "3 d 4 h"),
            (timedelta(hours=-2), "-2 h"),
        ],
    )
    def test_names_the_two_largest_units(self, span, words):
        assert duration(span) == words
