"""Reads the Procfile, the one list of processes the product is made of."""

from __future__ import annotations

import re
import shlex
from dataclasses import dataclass
from pathlib import Path

_LINE = re.compile(r"([A-Za-z0-9_-]+):\s*(\S.*)")


@dataclass(frozen=True, slots=True)
class ProcessType:
    """One line of the Procfile."""

    name: str
    arguments: tuple[str, ...]


def read(file: Path) -> list[ProcessType]:
    """The process types in their order. Raises ValueError naming the line that cannot be read."""
    found = []
    for number, line in enumerate(file.read_text().splitlines(), start=1):
        if not line.strip() or line.lstrip().startswith("#"):
            continue
        match = _LINE.fullmatch(line.strip())
        if match is None:
            raise ValueError(f"{file.name}, line {number}: expected 'name: command', found {line!r}")
        found.append(ProcessType(match[1], tuple(shlex.split(match[2]))))
    return found
