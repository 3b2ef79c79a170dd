"""Passwords that guessing programs try first, beyond Django's list (ASVS 5.0 6.2.4, 6.2.12).

The list of common passwords holds few of twelve characters and more, because few sites asked for so
many. What people do then is lengthen a common one. This looks for that, offline, and asks for no
particular kind of character (ASVS 5.0 6.2.5).
"""

from __future__ import annotations

import string
from typing import Any

from django.contrib.auth.password_validation import CommonPasswordValidator
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

_PADDING = string.digits + string.punctuation + string.whitespace
_LEET = str.maketrans("013457@$!", "oleastasi")
_ROWS = ("qwertyuiop", "asdfghjkl", "zxcvbnm", "qwertz", "azerty", "1234567890", "abcdefghijklmnopqrstuvwxyz")
_FEWEST_CHARACTERS = 5


class GuessablePasswordValidator:
    """Refuses a common password with something stuck on, a pattern repeated, a row of keys."""

    def __init__(self, own_words: tuple[str, ...] = ("ballast",)) -> None:
        self._common = CommonPasswordValidator().passwords | set(own_words)

    def validate(self, password: str, user: Any = None) -> None:
        """Raise ValidationError, code ``password_guessable``."""
        text = password.casefold()
        if _is_monotonous(text) or _is_run(text) or self._is_lengthened(text):
            raise ValidationError(_("This password is among the first that would be tried."), code="password_guessable")

    def get_help_text(self) -> str:
        return _("Your password cannot be a common one with something added, or a pattern.")

    def _is_lengthened(self, text: str) -> bool:
        cores = {text.strip(_PADDING), text.translate(_LEET).strip(_PADDING)}
        return any(len(core) >= 4 and core in self._common for core in cores)


def _is_monotonous(text: str) -> bool:
    """Few different characters, or one piece over and over."""
    if len(set(text)) < _FEWEST_CHARACTERS:
        return True
    return any(all(text[i] == text[i % n] for i in range(len(text))) for n in range(1, len(text) // 2 + 1))


def _is_run(text: str) -> bool:
    """Made of neighbors on the keyboard or in the alphabet, forwards or backwards."""
    pairs = {row[i : i + 2] for row in _ROWS for i in range(len(row) - 1)} | {"90", "01"}
    pairs |= {pair[::-1] for pair in pairs}
    neighbors = sum(text[i : i + 2] in pairs for i in range(len(text) - 1))
    return neighbors >= len(text) - 3
