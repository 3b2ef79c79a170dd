"""States that are no column, as chips."""

from __future__ import annotations

from datetime import datetime

from accounts import selectors
from accounts.models import ApiKey
from accounts.states import KeyState
from core.console import Chip, chip_for

_TONES = {KeyState.LIVE: "good", KeyState.REVOKED: "neutral", KeyState.EXPIRED: "neutral"}


def key_chip(key: ApiKey, *, at: datetime) -> Chip:
    """Whether a key works at ``at``; of a row that ``selectors.with_what_stops`` read."""
    state = selectors.key_state(key, at=at)
    return chip_for(state, label=state.label, tone=_TONES.get(state, "warn"))
