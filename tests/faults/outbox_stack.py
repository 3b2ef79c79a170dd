"""Starts and watches real processes of the outbox over a database and a broker of their own."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from uuid import uuid4

import psycopg
from django.conf import settings
from psycopg import sql

ROOT = Path(__file__).parents[2]
TABLES = """
CREATE TABLE fault_wanted (key integer PRIMARY KEY);
CREATE TABLE fault_effect (key integer NOT NULL, at timestamptz NOT NULL DEFAULT clock_timestamp());
CREATE TABLE fault_tick (at timestamptz NOT NULL)
"""
SHORT = {
    "FAULT_LEASE": "3",
    "FAULT_HEARTBEAT": "1",
    "FAULT_STOP_GRACE": "1",
    "FAULT_RESEND": "2",
    "FAULT_TICK": "0.5",
}


@dataclass
class Child:
    """One process, started again whenever it ends, as a supervisor would."""

    role: tuple[str, ...]
    log: Path
    env: dict[str, str]
    again: bool = True
    starts: int = 0
    process: subprocess.Popen[bytes] | None = None

    def ensure(self) -> None:
        """Running; a process that ended cleanly and is not to run again is left alone."""
        if self.process is not None and self.process.poll() is None:
            return
        if self.process is not None and self.process.returncode == 0 and not self.again:
            return
        self.starts += 1
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "tests.faults.outbox_child", *self.role],
                cwd=ROOT,
                env=self.env,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )

    def kill(self) -> None:
        """SIGKILL to the process and its children."""
        if self.process is not None:
            with suppress(ProcessLookupError):
                os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait(timeout=10)


@dataclass
class Stack:
    """A database, a broker, and children that use them."""

    folder: Path
    dsn: str
    env: dict[str, str]
    children: list[Child] = field(default_factory=list)
    database: psycopg.Connection[tuple[Any, ...]] | None = None

    def add(self, *role: str, again: bool = True, **env: str) -> Child:
        """Start one more process."""
        child = Child(role, self.folder / f"{role[0]}-{len(self.children)}.log", self.env | env, again=again)
        self.children.append(child)
        child.ensure()
        return child

    def call(self, *role: str) -> None:
        """Run a child to its end."""
        subprocess.run([sys.executable, "-m", "tests.faults.outbox_child", *role], cwd=ROOT, env=self.env, check=True)

    def enqueue(self, name: str, arguments: str, count: int = 1) -> float:
        """Have a process of its own enqueue; returns the seconds that took, without the process's start."""
        self.call("enqueue", name, arguments, str(count))
        return float((self.folder / "enqueue.seconds").read_text())

    def query(self, text: str, *values: Any) -> list[tuple[Any, ...]]:
        """Rows of the database the children work on."""
        if self.database is None:
            self.database = psycopg.connect(self.dsn, autocommit=True)
        cursor = self.database.execute(text, values)  # type: ignore[arg-type]
        return cursor.fetchall() if cursor.description else []

    def one(self, text: str, *values: Any) -> Any:
        """The first value of the first row."""
        return self.query(text, *values)[0][0]

    def wait(self, left: Callable[[], object], *, within: float, supervise: bool = True) -> float:
        """Until nothing is ``left``, starting again what died; returns the seconds it took. Fails after ``within``."""
        begun = time.monotonic()
        while remainder := left():
            if supervise:
                for child in self.children:
                    child.ensure()
            if time.monotonic() - begun > within:
                raise AssertionError(f"after {within} s there is left: {remainder}\n{self.tails()}")
            time.sleep(0.3)
        return time.monotonic() - begun

    def tails(self) -> str:
        """The last words of every child."""
        return "\n".join(f"== {child.log.name}\n{child.log.read_text()[-700:]}" for child in self.children)

    def jobs(self, name: str) -> dict[str, int]:
        """How many jobs called ``name`` there are by status."""
        return dict(self.query("SELECT status, count(*)::int FROM outbox_job WHERE name = %s GROUP BY 1", name))


def tokens(stack: Stack, points: Sequence[str], *, each: int) -> None:
    """Lay ``each`` tokens for every crash point."""
    folder = stack.folder / "tokens"
    folder.mkdir()
    for point in points:
        for number in range(each):
            (folder / f"{point}.{number}.token").touch()


def unused_tokens(stack: Stack) -> list[str]:
    """Crash points that nobody has died at yet."""
    return sorted(path.name for path in (stack.folder / "tokens").glob("*.token"))


@contextmanager
def running_stack(folder: Path, *, broker: str, **env: str) -> Iterator[Stack]:
    """A fresh database and an environment for children; everything is killed and dropped at the end."""
    server = settings.DATABASES["default"]
    name = f"{server['NAME']}_faults_{uuid4().hex[:8]}"
    common = {
        "user": server.get("USER") or None,
        "password": server.get("PASSWORD") or None,
        "host": server.get("HOST") or None,
        "port": server.get("PORT") or None,
    }
    admin = psycopg.conninfo.make_conninfo(dbname="postgres", **common)
    _execute(admin, sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name)))
    _execute(admin, sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
    dsn = psycopg.conninfo.make_conninfo(dbname=name, **common)
    login = f"{common['user'] or ''}{':' + str(common['password']) if common['password'] else ''}"
    host = str(common["host"] or "localhost")
    # a unix socket: its folder stands in front of the name
    place = f"/{host}/{name}" if host.startswith("/") else f"{host}:{common['port'] or 5432}/{name}"
    url = f"postgresql://{login}@{place}"
    own = os.environ | SHORT | {"DATABASE_URL": url, "CELERY_BROKER_URL": broker, "FAULT_DIR": str(folder)} | env
    stack = Stack(folder, dsn, dict(own))
    try:
        stack.call("migrate")
        _execute(dsn, sql.SQL(TABLES))
        yield stack
    finally:
        for child in stack.children:
            child.kill()
        if stack.database is not None:
            stack.database.close()
        _execute(admin, sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name)))


def _execute(dsn: str, statement: sql.Composable) -> None:
    with psycopg.connect(dsn, autocommit=True) as database:
        database.execute(statement)
