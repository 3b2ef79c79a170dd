"""What can go wrong while starting an engine, in words for the person at the terminal."""

from __future__ import annotations

import errno
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


class EngineError(Exception):
    """An embedded engine cannot run here. The message says what is wrong and what to do about it."""


NO_ROOM = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EROFS})


@contextmanager
def writing(path: Path, *, only: frozenset[int] | None = None) -> Iterator[None]:
    """Turns what the system says about a file in the var folder into words that name the variable.

    ``only``: these error numbers, where the block does other things than writing, too.
    """
    try:
        yield
    except OSError as refusal:
        if only is not None and refusal.errno not in only:
            raise
        raise EngineError(
            f"{refusal.filename or path} cannot be written: {refusal.strerror}. "
            "Set BALLAST_VAR to a folder on a disk with room that this account may write."
        ) from None
