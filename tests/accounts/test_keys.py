"""What an API key looks like."""

from __future__ import annotations

import re
import zlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from accounts import keys
from accounts.states import KeyMode


class TestNewKey:
    @pytest.mark.parametrize("mode", list(KeyMode))
    def test_says_what_it_is_and_holds_256_bits(self, mode: KeyMode) -> None:
        assert re.fullmatch(rf"bk_{mode.value}_[0-9A-Za-z]{{49}}", keys.new_key(mode))
        assert 62**43 >= 2**256

    def test_is_never_the_same(self) -> None:
        assert len({keys.new_key(KeyMode.LIVE) for _ in range(100)}) == 100


class TestIsWellFormed:
    def test_accepts_what_was_made(self) -> None:
        assert all(keys.is_well_formed(keys.new_key(mode)) for mode in KeyMode)

    def test_refuses_a_typing_error_anywhere(self) -> None:
        key = keys.new_key(KeyMode.LIVE)
        for place in range(len(key)):
            wrong = key[:place] + ("x" if key[place] != "x" else "y") + key[place + 1 :]
            assert not keys.is_well_formed(wrong)

    def test_refuses_the_other_mode(self) -> None:
        assert not keys.is_well_formed(keys.new_key(KeyMode.LIVE).replace("live", "test"))

    @given(st.text(max_size=80))
    def test_never_breaks(self, text: str) -> None:
        assert not keys.is_well_formed(text)

    def test_the_checksum_is_what_scanners_expect(self) -> None:
        key = keys.new_key(KeyMode.LIVE)
        alphabet = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
        number = 0
        for character in key[-6:]:
            number = number * 62 + alphabet.index(character)
        assert number == zlib.crc32(key[:-6].encode())


class TestDigestOf:
    def test_depends_on_the_pepper(self, settings) -> None:
        before = keys.digest_of("bk_live_x")
        settings.API_KEY_PEPPER = "another pepper of sufficient length"
        assert keys.digest_of("bk_live_x") != before


def test_the_visible_part_leaves_the_secret_secret() -> None:
    key = keys.new_key(KeyMode.LIVE)
    assert keys.visible_part(key) == key[:14]
