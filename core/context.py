"""The request context: who asks, from where, under which id. It travels into jobs."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import asdict, dataclass, replace
from typing import Any

from core.actors import ANONYMOUS, Actor, ActorKind


@dataclass(frozen=True, slots=True)
class Context:
    """Facts about the request in progress, or about the request a job stems from.

    ``client_ip`` is the address seen through the configured count of trusted proxies.
    """

    actor: Actor = ANONYMOUS
    impersonator: Actor | None = None
    request_id: str = ""
    session_id: str = ""
    api_key_id: str = ""
    client_ip: str = ""
    user_agent: str = ""
    reason: str = ""


_current: ContextVar[Context] = ContextVar("ballast_context", default=Context())  # noqa: B039  Context is frozen


def current() -> Context:
    """The context of the request or job in progress; an empty one outside both."""
    return _current.get()


@contextmanager
def bound(context: Context) -> Iterator[Context]:
    """Make ``context`` current for the block."""
    token = _current.set(context)
    try:
        yield context
    finally:
        _current.reset(token)


def amend(**changes: Any) -> Context:
    """Replace fields of the current context for the rest of the request (authentication does)."""
    context = replace(_current.get(), **changes)
    _current.set(context)
    return context


def to_payload(context: Context) -> dict[str, Any]:
    """The context as plain JSON values, for a job row."""
    return asdict(context)


def from_payload(payload: Mapping[str, Any]) -> Context:
    """The context a payload was made from. Unknown members are dropped."""
    known = {k: v for k, v in payload.items() if k in Context.__dataclass_fields__}
    for name in ("actor", "impersonator"):
        if known.get(name):
            known[name] = Actor(**{**known[name], "kind": ActorKind(known[name]["kind"])})
    return Context(**known)
