"""The product as its customers meet it: gunicorn with several processes, on a port of loopback."""

from __future__ import annotations

import signal
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from django.conf import settings

from core.embedded.layout import free_port


@contextmanager
def running(log: Path, environment: dict[str, str], *, processes: int = 2) -> Iterator[str]:
    """Gunicorn in ``environment`` (the fixture of this name); yields its base URL. It writes to ``log``."""
    url = f"http://127.0.0.1:{free_port()}"
    command = [sys.executable, "-m", "gunicorn", "--bind", url.removeprefix("http://"), "--threads", "4"]
    with log.open("w") as output:
        server = subprocess.Popen(
            [*command, "--workers", str(processes), "config.wsgi"],
            env={**environment, "BASE_URL": url},
            cwd=settings.BASE_DIR,
            stdout=output,
            stderr=subprocess.STDOUT,
        )
        try:
            _wait(server, f"{url}/api/docs/", log)
            yield url
        finally:
            server.send_signal(signal.SIGTERM)
            server.wait(timeout=30)


def _wait(server: subprocess.Popen[bytes], url: str, log: Path) -> None:
    deadline = time.monotonic() + 120
    while time.monotonic() < deadline and server.poll() is None:
        try:
            with urllib.request.urlopen(url, timeout=20):  # noqa: S310  our own loopback address
                return
        except OSError:
            time.sleep(0.2)
    raise RuntimeError(f"the server did not start:\n{log.read_text()[-4000:]}")
