"""Small registries that apps fill in ``AppConfig.ready()``, so that siblings never import each other."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Generic, TypeVar

if TYPE_CHECKING:
    from django.utils.functional import _StrPromise

T = TypeVar("T")


class Registry(Generic[T]):
    """Named entries in the order they were added. A name may be taken once."""

    def __init__(self, noun: str) -> None:
        self._noun = noun
        self._entries: dict[str, T] = {}

    def register(self, name: str, entry: T) -> None:
        """Add ``entry``; raises ValueError where the name stands for something else already."""
        if self._entries.setdefault(name, entry) != entry:
            raise ValueError(f"the {self._noun} {name!r} is registered twice")

    def get(self, name: str) -> T | None:
        return self._entries.get(name)

    def __getitem__(self, name: str) -> T:
        return self._entries[name]

    def __iter__(self) -> Iterator[T]:
        return iter(self._entries.values())

    def items(self) -> Iterator[tuple[str, T]]:
        return iter(self._entries.items())


@dataclass(frozen=True, slots=True)
class AuditLabel:
    """How the trail shows an action: a sentence for people, and where its target lives."""

    label: str | _StrPromise
    target_url: Callable[[str], str] | None = None


@dataclass(frozen=True, slots=True)
class ApprovalKind:
    """A decision that waits for a second person.

    ``permission`` is what the approver needs. ``execute`` performs it inside the approving transaction, given
    ``payload, requester, approver, approval_id, reason, at``, and returns the id of the one entry it recorded: the
    approver's, with ``reason`` (theirs) and ``approval``, ``requested_by`` in its details. Where there is nothing left
    to do, it refuses. ``fingerprint`` returns the state of the target the request was made against; where it changed,
    approval is refused.
    ``describe`` returns lines for the approver: what will happen.
    """

    name: str
    label: str | _StrPromise
    permission: str
    execute: Callable[..., str]
    fingerprint: Callable[[dict[str, Any]], str]
    describe: Callable[[dict[str, Any]], list[str]]


@dataclass(frozen=True, slots=True)
class Violation:
    """One broken invariant: the rule's name, the row it names, and what is wrong."""

    invariant: str
    subject: str
    detail: str


@dataclass(frozen=True, slots=True)
class SearchHit:
    """One omnibox answer. ``is_exact``: this is what was typed, not something beside it; ``is_gone``: a tombstone."""

    kind: str
    title: str
    subtitle: str
    url: str
    status: Any = None
    is_exact: bool = False
    is_gone: bool = False


@dataclass(frozen=True, slots=True)
class PrivacySource:
    """One kind of personal data an app holds: where it is, how to export and erase it."""

    name: str
    models: tuple[str, ...]
    export: Callable[[str], list[dict[str, Any]]]
    erase: Callable[..., int] | None
    keep_reason: str = ""


@dataclass(frozen=True, slots=True)
class ExportSource:
    """A list that can be written into a file.

    ``permission`` is needed to ask for one and to have it, ``reveal_permission`` besides where
    personal data stands in it in full. A *selection* is plain JSON that says which rows; ``check``
    refuses one that makes no sense, ``describe`` says it for the trail without naming anybody.
    ``rows`` yields a value for each of ``columns``, given the selection and whether to mask nothing.
    """

    name: str
    label: str | _StrPromise
    permission: str
    columns: tuple[str, ...]
    rows: Callable[[Mapping[str, Any], bool], Iterator[Mapping[str, Any]]]
    check: Callable[[Mapping[str, Any]], None]
    describe: Callable[[Mapping[str, Any]], dict[str, Any]]
    reveal_permission: str = ""


audit_labels: Registry[AuditLabel] = Registry("audit label")
approval_kinds: Registry[ApprovalKind] = Registry("approval kind")
invariants: Registry[Callable[[], list[Violation]]] = Registry("invariant")
omnibox: Registry[Any] = Registry("omnibox finder")
home_cards: Registry[Any] = Registry("home card")
privacy_sources: Registry[PrivacySource] = Registry("privacy source")
export_sources: Registry[ExportSource] = Registry("export source")
health_checks: Registry[Callable[[], str | None]] = Registry("health check")
