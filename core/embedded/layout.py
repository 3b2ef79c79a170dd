"""Where the embedded engines live on disk, and the addresses that follow from it. No Django here."""

from __future__ import annotations

import hashlib
import os
import secrets
import socket
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

from core.embedded.errors import writing

DATABASE_NAME = "ballast"
DATABASE_USER = "ballast"
_SOCKET_PATH_LIMIT = 90  # sockaddr_un holds 107 bytes, the socket's file name takes the rest


def var_dir(setting: str, *, base: Path) -> Path:
    """The folder for everything that runs: BALLAST_VAR, or ``var`` beside manage.py."""
    path = Path(setting).expanduser() if setting else base / "var"
    return path if path.is_absolute() else base / path


def postgres_data(var: Path) -> Path:
    """PostgreSQL's data folder."""
    return var / "postgres"


def valkey_data(var: Path) -> Path:
    """Valkey's data folder."""
    return var / "valkey"


def socket_dir(var: Path) -> Path:
    """A folder for PostgreSQL's socket: inside ``var`` where the path can be one.

    It cannot where it is too long, nor with a comma in it: libpq reads that as two hosts.
    """
    inside = var / "run"
    if len(str(inside)) <= _SOCKET_PATH_LIMIT and "," not in str(inside):
        return inside
    digest = hashlib.sha256(str(var).encode()).hexdigest()[:16]
    return Path(tempfile.gettempdir()) / f"ballast-{os.getuid()}-{digest}"


def database_settings(var: Path) -> dict[str, Any]:
    """Django's connection settings for the embedded PostgreSQL."""
    return {"NAME": DATABASE_NAME, "USER": DATABASE_USER, "HOST": str(socket_dir(var)), "PORT": "5432"}


def valkey_port_file(var: Path) -> Path:
    """The file that keeps Valkey's port between runs."""
    return var / "valkey.port"


def valkey_port(var: Path) -> int:
    """The embedded Valkey's port: a free one is chosen the first time and kept."""
    return int(_kept(valkey_port_file(var), make=lambda: str(free_port()), private=False))


def valkey_password(var: Path) -> str:
    """Keeps other accounts of this machine out of a server that listens on loopback."""
    return kept_secret(var, "valkey_password", make=lambda: secrets.token_urlsafe(32))


def valkey_url(var: Path, *, database: int) -> str:
    """The embedded Valkey's URL."""
    return f"redis://:{valkey_password(var)}@127.0.0.1:{valkey_port(var)}/{database}"


def free_port() -> int:
    """A port of loopback that nobody listens on at this moment."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def kept_secret(var: Path, name: str, *, make: Callable[[], str]) -> str:
    """A development secret, made once and kept readable by its owner alone."""
    return _kept(var / "secrets" / name, make=make, private=True)


def _kept(file: Path, *, make: Callable[[], str], private: bool) -> str:
    """The file's content, written the first time. Of several writers at once, one wins for all."""
    with writing(file):
        return _read_or_make(file, make=make, private=private)


def _read_or_make(file: Path, *, make: Callable[[], str], private: bool) -> str:
    if not file.exists():
        file.parent.mkdir(parents=True, exist_ok=True, mode=0o700 if private else 0o755)
        descriptor, draft = tempfile.mkstemp(dir=file.parent, prefix=f".{file.name}.")
        with os.fdopen(descriptor, "w") as handle:
            handle.write(make())
        try:
            os.link(draft, file)
        except FileExistsError:
            return file.read_text().strip()
        finally:
            Path(draft).unlink()
    return file.read_text().strip()
