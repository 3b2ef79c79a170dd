"""Starting the engines for as long as somebody needs them, and stopping them after the last one."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from core.embedded.errors import NO_ROOM, writing
from core.embedded.postgres import Postgres
from core.embedded.valkey import Valkey


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which engines no URL names, and where they live."""

    var: Path
    postgres: bool
    valkey: bool
    durable: bool = True

    def engines(self) -> list[Postgres | Valkey]:
        found: list[Postgres | Valkey] = []
        if self.postgres:
            found.append(Postgres(self.var, durable=self.durable))
        if self.valkey:
            found.append(Valkey(self.var, durable=self.durable))
        return found


@contextmanager
def running(wanted: Wanted) -> Iterator[None]:
    """The engines run inside this block. Raises EngineError where they cannot.

    Every process that needs them holds a shared lock, which the kernel lets go however the process
    ends. The last one to leave stops the engines; after a kill -9 the next one finds them running.
    """
    if not (engines := wanted.engines()):
        yield
        return
    users = _open(wanted.var, "engines.users")
    try:
        with _locked(wanted.var):
            fcntl.flock(users, fcntl.LOCK_SH)
            for engine in engines:
                with writing(wanted.var, only=NO_ROOM):
                    engine.ensure()
        yield
    finally:
        _leave(wanted, users)


def revive(wanted: Wanted) -> list[str]:
    """Start again what ended while this process needs it; the names of what did. Raises EngineError."""
    with _locked(wanted.var):
        dead = [engine for engine in wanted.engines() if engine.running() is None]
        for engine in dead:
            engine.ensure()
    return [type(engine).__name__ for engine in dead]


def _leave(wanted: Wanted, users: int) -> None:
    try:
        with _locked(wanted.var):
            try:
                fcntl.flock(users, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                return  # somebody else still needs them
            with ExitStack() as both:  # one that does not end keeps nobody from ending the other
                both.callback(Postgres(wanted.var).stop)
                both.callback(Valkey(wanted.var).stop)
    finally:
        os.close(users)


@contextmanager
def _locked(var: Path) -> Iterator[None]:
    """Only one process at a time starts or stops the engines of a var folder."""
    lock = _open(var, "engines.lock")
    try:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield
    finally:
        os.close(lock)


def _open(var: Path, name: str) -> int:
    with writing(var / name):
        var.mkdir(parents=True, exist_ok=True)
        return os.open(var / name, os.O_RDWR | os.O_CREAT, 0o600)
