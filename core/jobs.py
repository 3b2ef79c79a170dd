"""Declaring and enqueuing background jobs. The engine behind it is the ``outbox`` app.

The shape follows Django's task interface, so that the carrier can be replaced.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Protocol

from core.registries import Registry


@dataclass(frozen=True, slots=True)
class JobDefinition:
    """A kind of job: its function takes keyword arguments of plain JSON values only.

    ``transactional`` (the default) runs the function and its settlement in one transaction: its
    effects in our database happen exactly once. A job that calls a remote party or runs long sets
    it to False and must bear being run again (see docs/adr/0021).

    ``every`` makes it a schedule: one slot a period, aligned to the Unix epoch plus ``offset``;
    ``catch_up`` says whether slots missed while nothing ran are run later (each once) or only shown.

    ``belongs_to_actor`` says whether the job ends when its actor is disabled; mail that must
    reach a disabled customer sets it to False.

    ``arguments_fixed``: it acts for its actor on what the arguments name, so nobody may run it
    again with others.
    """

    name: str
    function: Callable[..., Any]
    queue: str = "default"
    max_attempts: int = 5
    timeout_seconds: int = 60
    every: timedelta | None = None
    offset: timedelta = timedelta()
    catch_up: bool = False
    transactional: bool = True
    belongs_to_actor: bool = True
    arguments_fixed: bool = False


class Backend(Protocol):
    """What carries jobs: it must write the job in the caller's transaction."""

    def enqueue(
        self,
        definition: JobDefinition,
        *,
        arguments: dict[str, Any],
        run_at: datetime | None,
        dedupe_key: str,
        tenant: str,
    ) -> str: ...

    def start_bulk(
        self,
        *,
        action: str,
        object_ids: Sequence[str],
        data: Mapping[str, Any],
        reason: str,
        ticket: str,
        at: datetime,
    ) -> str: ...


class Stopped(Exception):
    """Raise it from a job that saw ``should_stop()``: the job ends as canceled, its work undone."""


definitions: Registry[JobDefinition] = Registry("job")
_backend: Backend | None = None
_probe: ContextVar[Callable[[], bool] | None] = ContextVar("ballast_job_probe", default=None)


def job(name: str, **options: Any) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Register the function below as the job ``app.verb_noun``. Options are JobDefinition's."""

    def register(function: Callable[..., Any]) -> Callable[..., Any]:
        definitions.register(name, JobDefinition(name=name, function=function, **options))
        return function

    return register


def use_backend(backend: Backend) -> None:
    """Set the carrier; ``outbox`` calls this once at start."""
    global _backend  # noqa: PLW0603  one process-wide port, set at start
    _backend = backend


def _carrier() -> Backend:
    if _backend is None:
        raise RuntimeError("no job backend: is 'outbox' in INSTALLED_APPS?")
    return _backend


def enqueue(
    name: str,
    *,
    arguments: dict[str, Any] | None = None,
    run_at: datetime | None = None,
    dedupe_key: str = "",
    tenant: str = "",
) -> str:
    """Write a job into the current transaction and return its public id (``job_…``).

    It runs at least once after commit, at ``run_at`` where given. While a job of the same name and
    ``dedupe_key`` is waiting, that one's id is returned instead. ``tenant`` (a workspace id) is
    whom fair scheduling counts it against. Raises KeyError for a name nobody declared.
    """
    return _carrier().enqueue(
        definitions[name], arguments=arguments or {}, run_at=run_at, dedupe_key=dedupe_key, tenant=tenant
    )


def start_bulk(
    *,
    action: str,
    object_ids: Sequence[str],
    data: Mapping[str, Any] | None = None,
    reason: str,
    ticket: str = "",
    at: datetime,
) -> str:
    """Run a console action once for each object, in the background; returns the run's id (``blk_…``).

    Every object has its own outcome (done, refused, failed). The run acts as the current context's
    actor. An object named twice is acted on once.
    """
    return _carrier().start_bulk(
        action=action, object_ids=object_ids, data=data or {}, reason=reason, ticket=ticket, at=at
    )


def should_stop() -> bool:
    """Whether the running job was told to end: canceled, out of time, or no longer its own.

    A long job asks between steps and returns or raises Stopped. Outside a job it is False.
    """
    probe = _probe.get()
    return probe() if probe else False


@contextmanager
def stoppable(probe: Callable[[], bool]) -> Iterator[None]:
    """Answer ``should_stop()`` by ``probe`` within the block; the engine wraps each run in it."""
    token = _probe.set(probe)
    try:
        yield
    finally:
        _probe.reset(token)
