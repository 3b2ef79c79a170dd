"""One helper moves a status, so that no code compares and assigns status words by hand."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from enum import StrEnum
from typing import Any

from core.errors import InvalidTransition

Moves = Mapping[Any, frozenset[Any]]


def refuse_unless_allowed(moves: Moves, current: StrEnum, target: StrEnum) -> None:
    """Raise InvalidTransition unless ``moves`` lets ``current`` become ``target``."""
    if target not in moves.get(current, frozenset()):
        raise InvalidTransition(str(current), str(target))


def move(obj: Any, *, moves: Moves, target: StrEnum, at: datetime) -> None:
    """Set ``obj.status`` and ``obj.status_changed_at``; the caller saves. Refuses as above."""
    refuse_unless_allowed(moves, type(target)(obj.status), target)
    obj.status = target
    obj.status_changed_at = at
