"""Finding, waiting for and ending the engines' processes."""

from __future__ import annotations

import signal
import subprocess
import time
from pathlib import Path

import psutil

from core.embedded.errors import EngineError


def find(pid: int, *, name: str, folder: Path) -> psutil.Process | None:
    """The live process ``pid`` where it is the server ``name`` working in ``folder``.

    A number alone proves nothing: after a restart of the machine it may be anybody's.
    """
    try:
        process = psutil.Process(pid)
        if process.status() == psutil.STATUS_ZOMBIE or not process.name().startswith(name):
            return None
        return process if Path(process.cwd()) == folder.resolve() else None
    except psutil.AccessDenied:
        raise EngineError(
            f"{name} with pid {pid} runs in {folder} under another account. Stop it there first, "
            "or set BALLAST_VAR to another folder."
        ) from None
    except psutil.NoSuchProcess:
        return None


def find_in(folder: Path, *, name: str) -> psutil.Process | None:
    """The server ``name`` that works in ``folder``, found without a pid file."""
    for process in psutil.process_iter(["name"]):
        if str(process.info["name"]).startswith(name):
            try:
                if Path(process.cwd()) == folder.resolve() and process.status() != psutil.STATUS_ZOMBIE:
                    return process
            except (psutil.NoSuchProcess, psutil.AccessDenied):
                continue
    return None


def end(process: psutil.Process, *, signals: tuple[signal.Signals, ...], patience: float) -> None:
    """Send each signal in turn until the process has gone. Raises EngineError where it stays."""
    for number in signals:
        try:
            process.send_signal(number)
        except psutil.NoSuchProcess:
            return
        deadline = time.monotonic() + patience
        while time.monotonic() < deadline:
            if has_gone(process):
                return
    raise EngineError(f"{process.name()} with pid {process.pid} does not end. Look at its log in the var folder.")


def has_gone(process: psutil.Process) -> bool:
    """Whether it ended, within a moment. A zombie has: only its parent has not looked yet."""
    try:
        process.wait(timeout=0.02)
    except psutil.TimeoutExpired:
        return is_dead(process)
    return True


def is_dead(process: psutil.Process) -> bool:
    """Whether it has ended."""
    try:
        return not process.is_running() or process.status() == psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return True


def let_go(server: subprocess.Popen[bytes]) -> None:
    """Forget a started server: it outlives this process, and Popen need not warn about that."""
    server.returncode = 0
