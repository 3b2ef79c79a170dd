"""What other apps add to a page: panels that load when seen, and actions, by kind of object."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Generic, Protocol, TypeVar


class _Named(Protocol):
    @property
    def name(self) -> str: ...
    @property
    def permission(self) -> str: ...
    @property
    def order(self) -> int: ...


E = TypeVar("E", bound=_Named)


@dataclass(frozen=True, slots=True)
class Panel:
    """A part of somebody's page with its own request and query budget.

    ``load`` gets the public id of the object and returns the context of ``template``. Where it masks
    something, ``load_revealed`` does not: the template gets ``may_reveal`` for whoever has
    ``reveal_permission``, and each reveal (a POST to ``panel_url``) leaves an entry.
    """

    name: str
    title: Any
    permission: str
    template: str
    load: Callable[[str], dict[str, Any]]
    order: int = 100
    reveal_permission: str = ""
    load_revealed: Callable[[str], dict[str, Any]] | None = None


class ByKind(Generic[E]):
    """Entries by the kind of object they belong to (``accounts.user``), each name once a kind."""

    def __init__(self, noun: str) -> None:
        self._noun = noun
        self._kinds: dict[str, dict[str, E]] = defaultdict(dict)

    def register(self, kind: str, entry: E) -> None:
        """Add ``entry`` to pages of ``kind``; raises ValueError where its name is taken."""
        if self._kinds[kind].setdefault(entry.name, entry) != entry:
            raise ValueError(f"the {self._noun} {entry.name!r} of {kind} is registered twice")

    def of(self, kind: str) -> list[E]:
        """All entries of a kind, in order."""
        return sorted(self._kinds[kind].values(), key=lambda e: e.order)

    def seen_by(self, user: Any, kind: str) -> list[E]:
        """The entries of a kind whose permission ``user`` has."""
        return [entry for entry in self.of(kind) if user.has_perm(entry.permission)]

    def find(self, kind: str, name: str) -> E | None:
        return self._kinds[kind].get(name)

    def kinds(self) -> list[str]:
        return sorted(self._kinds)


panels: ByKind[Panel] = ByKind("panel")
