"""The repository's own Python files, parsed once."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
# From the top of the stack to its bottom; siblings share a line (docs/adr/0001)
STACK = (
    ("operations",),
    ("support",),
    ("moderation", "compliance"),
    ("providers", "billing"),
    ("credits",),
    ("accounts",),
    ("flags",),
    ("outbox",),
    ("audit",),
    ("core",),
)
APPS = tuple(app for line in STACK for app in line)
HEIGHT = {app: len(STACK) - number for number, line in enumerate(STACK) for app in line}


@dataclass(frozen=True)
class Source:
    """One file: where it is, and what it says."""

    path: str
    text: str
    tree: ast.Module

    @property
    def app(self) -> str:
        return self.path.split("/", 1)[0]

    @property
    def room(self) -> str:
        """The second part of the path: services, models, admin, …"""
        return self.path.split("/")[1].removesuffix(".py")

    @property
    def functions(self) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
        for node in ast.walk(self.tree):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                yield node

    def at(self, node: ast.AST) -> str:
        """``path:line``, as editors open it."""
        return f"{self.path}:{getattr(node, 'lineno', 1)}"


@cache
def in_folder(folder: str) -> tuple[Source, ...]:
    """Every file below one top folder."""
    found = sorted((ROOT / folder).rglob("*.py"))
    return tuple(
        Source(str(path.relative_to(ROOT)), text := path.read_text(), ast.parse(text, filename=str(path)))
        for path in found
        if "__pycache__" not in path.parts
    )


@cache
def of_apps() -> tuple[Source, ...]:
    """Every file of every app."""
    return tuple(source for app in APPS for source in in_folder(app))


def listed(found: list[str]) -> str:
    """A failure that shows every place, a line each."""
    return "\n" + "\n".join(found)
