"""The door to the trail for code below ``audit``: the console base records through it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from enum import StrEnum
from typing import Any, Protocol

from core.actors import Actor, Target


class Outcome(StrEnum):
    """How an attempt ended: it was done, the product said no, or something broke."""

    DONE = "done"
    REFUSED = "refused"
    FAILED = "failed"


class Recorder(Protocol):
    """Writes one entry in the caller's transaction and returns its public id (``aud_…``)."""

    def __call__(
        self,
        *,
        action: str,
        at: datetime,
        actor: Actor | None = None,
        target: Target | None = None,
        reason: str = "",
        ticket: str = "",
        changes: Mapping[str, tuple[Any, Any]] | None = None,
        details: Mapping[str, Any] | None = None,
        outcome: Outcome = Outcome.DONE,
    ) -> str: ...


_recorder: Recorder | None = None


def use_recorder(recorder: Recorder) -> None:
    """Set the writer; ``audit`` calls this once at start."""
    global _recorder  # noqa: PLW0603  one process-wide port, set at start
    _recorder = recorder


def record(**entry: Any) -> str:
    """Write an entry through the recorder. Without one there is no trail, so it raises."""
    if _recorder is None:
        raise RuntimeError("no trail recorder: is 'audit' in INSTALLED_APPS?")
    return _recorder(**entry)
