"""Starts every child, keeps them running and takes them down together."""

from __future__ import annotations

import fcntl
import json
import os
import signal
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from types import FrameType, TracebackType

import psutil

from core.supervisor.child import Child, end_left_behind

_LOOK_EVERY_SECONDS = 0.2
_LEFT_BEHIND_PATIENCE_SECONDS = 15.0
_SETTLED_SECONDS = 3.0


class AlreadyRunning(Exception):
    """Another supervisor looks after this var folder."""


class Supervisor:
    """Use as a context manager: leaving it, by whatever way, stops the children.

    ``say`` receives one line for people at a time. A file in ``var`` names the children, so that those
    of a supervisor that was killed are found and ended by the next one.
    """

    def __init__(self, children: Sequence[Child], *, var: Path, patience: float, say: Callable[[str], None]) -> None:
        self._children = children
        self._note = var / "up.json"
        self._lock = var / "up.lock"
        self._patience = patience
        self._say = say
        self._asked_to_stop = False
        self._handle: int | None = None

    def __enter__(self) -> Supervisor:
        self._take_lock()
        self._end_left_behind()
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            if signal.getsignal(number) is not signal.SIG_IGN:  # nohup means it
                signal.signal(number, self._on_signal)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stop()
        self._note.unlink(missing_ok=True)
        if self._handle is not None:
            os.close(self._handle)

    @property
    def stops(self) -> bool:
        """Whether somebody asked it to stop."""
        return self._asked_to_stop

    def start(self) -> None:
        """Start every child."""
        for child in self._children:
            child.start()
        self._write_note()

    def is_settled(self) -> bool:
        """Whether every child has run for some seconds."""
        return all(child.age_seconds >= _SETTLED_SECONDS for child in self._children)

    def watch_until(self, done: Callable[[], bool], *, timeout: float = float("inf")) -> bool:
        """Look after the children until ``done()``; False where it was asked to stop, or time was up, before."""
        deadline = time.monotonic() + timeout
        while not self._asked_to_stop and time.monotonic() < deadline:
            happened = [said for child in self._children if (said := child.watch())]
            for said in happened:
                self._say(said)
            if happened:
                self._write_note()
            if done():
                return True
            time.sleep(_LOOK_EVERY_SECONDS)
        return False

    def _on_signal(self, _number: int, _frame: FrameType | None) -> None:
        self._asked_to_stop = True

    def _stop(self) -> None:
        for child in self._children:
            child.ask_to_stop()
        until = time.monotonic() + self._patience
        for child in self._children:
            child.wait(until=until)

    def _take_lock(self) -> None:
        self._lock.parent.mkdir(parents=True, exist_ok=True)
        self._handle = os.open(self._lock, os.O_RDWR | os.O_CREAT, 0o600)
        try:
            fcntl.flock(self._handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(self._handle)
            raise AlreadyRunning from None

    def _write_note(self) -> None:
        alive = [{"pid": child.pid, "created": psutil.Process(child.pid).create_time()} for child in self._alive()]
        draft = self._note.with_suffix(".draft")
        draft.write_text(json.dumps(alive))
        draft.replace(self._note)

    def _alive(self) -> list[Child]:
        return [child for child in self._children if child.pid and psutil.pid_exists(child.pid)]

    def _end_left_behind(self) -> None:
        if not self._note.exists():
            return
        ended = [
            entry
            for entry in json.loads(self._note.read_text())
            if end_left_behind(
                entry["pid"], entry["created"], patience=min(self._patience, _LEFT_BEHIND_PATIENCE_SECONDS)
            )
        ]
        if ended:
            self._say(f"Ended {len(ended)} processes that a killed run had left behind.")
        self._note.unlink()
