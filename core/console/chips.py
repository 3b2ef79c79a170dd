"""How a status looks: always a word, an icon and a color, never the color alone."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

ICONS = {
    "good": "check_circle",
    "bad": "error",
    "warn": "warning",
    "info": "schedule",
    "neutral": "radio_button_unchecked",
}

_TONES = {
    "good": "active done succeeded captured delivered approved verified accepted paid posted sent clear ok enabled",
    "bad": "banned failed refused denied expired_late quarantined bounced disputed violated lost frozen engaged dead",
    "warn": "suspended past_due retrying stuck complained suppressed paused overdue degraded expiring",
    "info": "pending open held queued running waiting scheduled trialing claimed processing requested partial",
}
_BY_WORD = {word: tone for tone, words in _TONES.items() for word in words.split()}


@dataclass(frozen=True, slots=True)
class Chip:
    """A status as shown."""

    label: str
    tone: str = "neutral"

    @property
    def icon(self) -> str:
        return ICONS[self.tone]


def chip_for(value: Any, *, label: Any = "", tone: str = "") -> Chip:
    """The chip of a status value; its tone is looked up by the word where not given."""
    word = str(value)
    return Chip(str(label or word.replace("_", " ").capitalize()), tone or _BY_WORD.get(word, "neutral"))
