"""What words people choose must look like; passwords that would be guessed first."""

from __future__ import annotations

import pytest
from django.core.exceptions import ValidationError
from hypothesis import given
from hypothesis import strategies as st

from accounts.networks import is_within, network_of
from accounts.validators import GuessablePasswordValidator
from accounts.values import (
    clean_email,
    clean_locale,
    clean_name,
    clean_networks,
    clean_tag,
    clean_time_zone,
    clean_title,
)
from core.errors import InvalidInput


class TestCleanName:
    def test_tidies_spaces_and_composes(self) -> None:
        assert clean_name("  Zoe\u0308   Z ") == "Zoë Z"

    @given(st.text(max_size=250))
    def test_never_breaks_otherwise_than_by_refusing(self, text: str) -> None:
        try:
            clean = clean_name(text)
        except InvalidInput:
            return
        assert len(clean) <= 200
        assert "\n" not in clean

    def test_a_title_says_something(self) -> None:
        with pytest.raises(InvalidInput):
            clean_title(" ")


class TestCleanEmail:
    def test_is_lower_case(self) -> None:
        assert clean_email(" Ada@Example.COM ") == "ada@example.com"

    @pytest.mark.parametrize("wrong", ["", "ada", "a@b", "a b@c.de", "a@b.c\n", "x" * 250 + "@example.com", "a\0@b.cd"])
    def test_refuses_the_rest(self, wrong: str) -> None:
        with pytest.raises(InvalidInput):
            clean_email(wrong + "\0" if wrong == "a@b.c\n" else wrong)


def test_locales_zones_and_tags_are_known_ones() -> None:
    assert clean_locale("EN_us") == "en-us"
    assert clean_time_zone("Europe/Vienna") == "Europe/Vienna"
    assert clean_tag(" VIP-2 ") == "vip-2"


class TestNetworks:
    def test_are_kept_once_in_cidr(self) -> None:
        assert clean_networks(["192.0.2.1", "192.0.2.1/32"]) == ["192.0.2.1/32"]

    @pytest.mark.parametrize(
        ("address", "network"),
        [
            ("192.0.2.7", "192.0.2.7"),
            ("2001:db8:1:2:3::4", "2001:db8:1:2::"),
            ("::ffff:192.0.2.7", "192.0.2.7"),
            ("", None),
            ("nowhere", None),
        ],
    )
    def test_an_address_counts_as_its_network(self, address: str, network: str | None) -> None:
        assert network_of(address) == network

    @pytest.mark.parametrize(
        ("address", "inside"),
        [("192.0.2.7", True), ("::ffff:192.0.2.7", True), ("198.51.100.1", False), ("", False), ("2001:db8::1", False)],
    )
    def test_an_address_lies_within(self, address: str, inside: bool) -> None:
        assert is_within(address, ["192.0.2.0/24"]) is inside


class TestGuessablePasswordValidator:
    @pytest.mark.parametrize(
        "password",
        [
            "password1234",
            "P@ssw0rd!!!!",
            "justinbieber2024",
            "ballast!!2026",
            "abcabcabcabc",
            "aaaaaaaaaaaaaaaa",
            "qwertyuiop12",
            "123456789012",
            "zyxwvutsrqpo",
        ],
    )
    def test_refuses_what_is_tried_first(self, password: str) -> None:
        with pytest.raises(ValidationError):
            GuessablePasswordValidator().validate(password)

    @pytest.mark.parametrize("password", ["correct horse battery staple", "rusty-violin-quarterly-71", "tZ8!k2_pQw0x"])
    def test_lets_others_pass(self, password: str) -> None:
        GuessablePasswordValidator().validate(password)

    def test_says_so(self) -> None:
        assert "pattern" in GuessablePasswordValidator().get_help_text()
