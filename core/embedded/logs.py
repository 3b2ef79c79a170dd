"""The engines' own log files."""

from __future__ import annotations

from pathlib import Path
from typing import IO

_LIMIT_BYTES = 10_000_000


def open_log(file: Path) -> IO[bytes]:
    """The log to append to; an overlong one is put aside first, replacing the one before."""
    if file.exists() and file.stat().st_size > _LIMIT_BYTES:
        file.replace(file.with_suffix(".log.1"))
    return file.open("ab")


def tail(file: Path, *, since: int, lines: int = 6) -> str:
    """The last lines written after byte ``since``, indented for a message."""
    with file.open("rb") as handle:
        handle.seek(since)
        text = handle.read().decode(errors="replace").strip()
    return "\n".join(f"    {line}" for line in text.splitlines()[-lines:])
