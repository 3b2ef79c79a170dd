"""Which account of the operating system runs the engines.

PostgreSQL refuses to run as root. Started by root, the engines run as the owner of their data
folder, or as ``nobody`` the first time: no account is made and nobody's folders are opened up. Where
a folder on the way is closed to that account (a checkout below /root), the engine keeps the single
capability of passing and reading folders, through setpriv of util-linux.
"""

from __future__ import annotations

import os
import pwd
import shutil
import stat
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

from core.embedded.errors import EngineError

_UNPRIVILEGED = ("nobody", "daemon")


@dataclass(frozen=True, slots=True)
class Account:
    """Who runs the engines, and what a command needs in front to run as them."""

    uid: int
    gid: int
    prefix: tuple[str, ...] = ()

    @property
    def _changes_user(self) -> bool:
        return self.uid != os.geteuid()

    def own(self, folder: Path) -> None:
        """Make ``folder`` exist, belong to this account and be closed to everybody else."""
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        if self._changes_user:
            os.chown(folder, self.uid, self.gid)
        found = folder.stat()
        if found.st_uid != self.uid:
            raise EngineError(
                f"{folder} belongs to uid {found.st_uid}, but this runs as uid {self.uid}. "
                "Run as that account, or set BALLAST_VAR to another folder."
            )
        folder.chmod(0o700)

    def _options(self) -> dict[str, Any]:
        # LC_ALL: their messages are read for known causes. cwd: the present folder may be closed to them.
        options: dict[str, Any] = {"env": {"PATH": os.defpath, "LC_ALL": "C"}, "cwd": "/"}
        if self._changes_user and not self.prefix:
            options |= {"user": self.uid, "group": self.gid, "extra_groups": []}
        return options

    def run(self, command: Sequence[str | Path]) -> subprocess.CompletedProcess[str]:
        """Run a command to its end and return its output, whatever its exit code."""
        return subprocess.run(  # noqa: S603  our own binaries
            [*self.prefix, *map(str, command)], capture_output=True, text=True, check=False, **self._options()
        )

    def launch(self, command: Sequence[str | Path], *, log: IO[bytes]) -> subprocess.Popen[bytes]:
        """Start a server in a session of its own, so that the terminal's Ctrl-C does not reach it."""
        return subprocess.Popen(  # noqa: S603  our own binaries
            [*self.prefix, *map(str, command)],
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
            start_new_session=True,
            **self._options(),
        )


def account_for(*, data: Path, programs: Sequence[Path]) -> Account:
    """The account for an engine whose data is in ``data``. Raises EngineError where none can run it."""
    if os.geteuid() != 0:
        return Account(os.geteuid(), os.getegid())
    uid, gid = _owner(data) or _unprivileged()
    closed = _first_closed(uid, gid, [data.parent, *programs])
    if closed is None:
        return Account(uid, gid)
    return Account(uid, gid, prefix=_passing_prefix(uid, gid, closed=closed))


def _owner(data: Path) -> tuple[int, int] | None:
    if not data.exists() or data.stat().st_uid == 0:
        return None
    return data.stat().st_uid, data.stat().st_gid


def _unprivileged() -> tuple[int, int]:
    for name in _UNPRIVILEGED:
        try:
            entry = pwd.getpwnam(name)
        except KeyError:
            continue
        return entry.pw_uid, entry.pw_gid
    raise EngineError(
        "PostgreSQL does not run as root, and this machine has neither of the accounts "
        f"{' and '.join(_UNPRIVILEGED)}. Run this as an ordinary user."
    )


def _first_closed(uid: int, gid: int, paths: Sequence[Path]) -> Path | None:
    """The first folder on the way to ``paths`` that the account may not pass."""
    for path in paths:
        resolved = path.resolve()
        for folder in [*reversed(resolved.parents), resolved]:
            if folder.exists() and not _may_pass(uid, gid, folder):
                return folder
    return None


def _may_pass(uid: int, gid: int, path: Path) -> bool:
    found = path.stat()
    bits = stat.S_IXUSR if found.st_uid == uid else stat.S_IXGRP if found.st_gid == gid else stat.S_IXOTH
    return bool(found.st_mode & bits)


def _passing_prefix(uid: int, gid: int, *, closed: Path) -> tuple[str, ...]:
    """A setpriv command that keeps the capability of passing folders; the first one this machine grants."""
    setpriv = shutil.which("setpriv")
    for capability in ("dac_read_search", "dac_override") if setpriv else ():
        prefix = (
            str(setpriv),
            f"--reuid={uid}",
            f"--regid={gid}",
            "--clear-groups",
            "--securebits=+no_setuid_fixup",  # without it access(2), which PostgreSQL calls, ignores the capability
            f"--inh-caps=-all,+{capability}",
            f"--ambient-caps=-all,+{capability}",
            "--",
        )
        probe = subprocess.run(  # noqa: S603  setpriv with fixed arguments
            [*prefix, "stat", f"{closed}/."], capture_output=True, check=False, cwd="/"
        )
        if probe.returncode == 0:
            return prefix
    raise EngineError(
        f"PostgreSQL does not run as root, and {closed} is closed to uid {uid}, which would run it. "
        "Run this as an ordinary user, or put the checkout where other accounts may pass, such as /srv or /opt."
    )
