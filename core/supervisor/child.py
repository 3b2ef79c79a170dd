"""One supervised process: it ends with its parent, logs to a file and comes back with growing pauses."""

from __future__ import annotations

import ctypes
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import psutil

from core.supervisor.procfile import ProcessType

_PR_SET_PDEATHSIG = 1
_FIRST_PAUSE_SECONDS = 0.5
_LONGEST_PAUSE_SECONDS = 30.0
_SETTLED_SECONDS = 60.0
_LOG_LIMIT_BYTES = 20_000_000


class Child:
    """A process type and the process that currently runs it."""

    def __init__(self, kind: ProcessType, *, folder: Path, logs: Path) -> None:
        self.kind = kind
        self.log = logs / f"{kind.name}.log"
        self._folder = folder
        self._process: subprocess.Popen[bytes] | None = None
        self._started_at = 0.0
        self._next_start_at = 0.0
        self._pause = _FIRST_PAUSE_SECONDS

    @property
    def pid(self) -> int | None:
        return self._process.pid if self._process and self._process.returncode is None else None

    @property
    def age_seconds(self) -> float:
        """How long the present process has run; 0 where there is none."""
        return time.monotonic() - self._started_at if self.pid else 0.0

    def start(self) -> None:
        """Start it now, in a session of its own: the terminal's Ctrl-C reaches the supervisor alone."""
        self.log.parent.mkdir(parents=True, exist_ok=True)
        if self.log.exists() and self.log.stat().st_size > _LOG_LIMIT_BYTES:
            self.log.replace(self.log.with_suffix(".log.1"))
        with self.log.open("ab") as log:
            self._process = subprocess.Popen(  # noqa: S603  the repository's own Procfile
                [_program(self.kind.arguments[0]), *self.kind.arguments[1:]],
                cwd=self._folder,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
                preexec_fn=_end_with(os.getpid()),  # noqa: PLW1509  this process has one thread
            )
        self._started_at = time.monotonic()

    def watch(self) -> str:
        """Look after it once; returns what happened, in words, or nothing."""
        now = time.monotonic()
        if self._process is None:
            if now >= self._next_start_at:
                self.start()
                return f"{self.kind.name} started again"
            return ""
        code = self._process.poll()
        if code is None:
            return ""
        self._process = None
        if now - self._started_at > _SETTLED_SECONDS:
            self._pause = _FIRST_PAUSE_SECONDS
        pause, self._pause = self._pause, min(self._pause * 2, _LONGEST_PAUSE_SECONDS)
        self._next_start_at = now + pause
        return f"{self.kind.name} ended ({_described(code)}); starting it again in {pause:g} s. Its log is {self.log}"

    def ask_to_stop(self) -> None:
        """SIGTERM: finish what you do, then end."""
        if self.pid:
            self._process.terminate()  # type: ignore[union-attr]  # pid says it is there

    def wait(self, *, until: float) -> None:
        """Wait for the end; what is left of its session at ``until`` is killed."""
        if self._process is None:
            return
        try:
            self._process.wait(timeout=max(0.1, until - time.monotonic()))
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        kill_session(self._process.pid)


def _program(name: str) -> str:
    """A program of this virtual environment before one of the system."""
    own = Path(sys.executable).parent / name
    return str(own) if own.exists() else name


def kill_session(leader: int) -> None:
    """Kill whatever is left of the process group that ``leader`` led."""
    try:
        os.killpg(leader, signal.SIGKILL)
    except ProcessLookupError:
        return


def end_left_behind(pid: int, created: float, *, patience: float) -> bool:
    """End a child of a supervisor that was killed; False where the number is somebody else's by now."""
    try:
        process = psutil.Process(pid)
        if abs(process.create_time() - created) > 1:
            return False
        process.terminate()
        process.wait(timeout=patience)
    except psutil.NoSuchProcess:
        return False
    except psutil.TimeoutExpired:
        process.kill()
    kill_session(pid)
    return True


def _end_with(parent: int) -> Callable[[], None] | None:
    """On Linux the kernel sends SIGTERM when the parent ends, however it ends."""
    if not sys.platform.startswith("linux"):
        return None
    libc = ctypes.CDLL(None)

    def prepare() -> None:
        libc.prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)
        if os.getppid() != parent:  # it ended in between
            os._exit(1)

    return prepare


def _described(code: int) -> str:
    return signal.Signals(-code).name if code < 0 else f"exit code {code}"
