"""Starts the whole product on this machine and keeps it running until it is told to stop."""

from __future__ import annotations

import http.client
import socket
import time
from pathlib import Path
from typing import Any

from django.conf import settings
from django.contrib.auth import get_user_model
from django.contrib.staticfiles.finders import get_finders
from django.core.management import call_command, get_commands
from django.core.management.base import BaseCommand, CommandError

from accounts.roles import StaffRole
from core import demo
from core.embedded import engines
from core.supervisor import procfile
from core.supervisor.child import Child
from core.supervisor.supervisor import AlreadyRunning, Supervisor
from operations import selectors
from operations.demo.people import CUSTOMER_DOMAIN

_STOP_WITHIN_SECONDS = 45.0  # a worker may finish its job first
_READY_WITHIN_SECONDS = 120.0
_LOOK_AT_ENGINES_EVERY_SECONDS = 5.0


class Command(BaseCommand):
    help = "Start web, workers and scheduler with everything they need; Ctrl-C stops all of it."

    def handle(self, *args: Any, **options: Any) -> None:
        logs = settings.VAR_DIR / "log"
        kinds = procfile.read(settings.BASE_DIR / "Procfile")
        children = [Child(kind, folder=settings.BASE_DIR, logs=logs) for kind in kinds]
        try:
            with Supervisor(children, var=settings.VAR_DIR, patience=_STOP_WITHIN_SECONDS, say=self._say) as all_of_it:
                _refuse_taken_port()
                self._prepare()
                all_of_it.start()
                self._watch(all_of_it)
                self._say("Stopping …")
        except AlreadyRunning:
            raise CommandError(
                f"It already runs from this folder, see {_url()}/admin/. "
                "For a second copy set BALLAST_VAR and PORT to others."
            ) from None
        self._say("Stopped.")

    def _say(self, line: str) -> None:
        self.stdout.write(f"{time.strftime('%H:%M:%S')}  {line}")
        self.stdout.flush()

    # -- before

    def _prepare(self) -> None:
        if selectors.has_pending_migrations():
            self._say("Bringing the database up to date (the first time takes a minute) …")
            call_command("migrate", interactive=False, verbosity=0)
        self._collect_static()
        is_development = settings.ENVIRONMENT != "production"
        if is_development and "demo" in get_commands() and not get_user_model().objects.exists():
            self._say("Loading the demo data, once …")
            call_command("demo")

    def _collect_static(self) -> None:
        stamp = Path(settings.STATIC_ROOT) / ".stamp"
        state = _static_state()
        if stamp.exists() and stamp.read_text() == state:
            return
        self._say("Collecting static files …")
        call_command("collectstatic", interactive=False, verbosity=0, clear=True)
        stamp.write_text(state)

    # -- while

    def _watch(self, all_of_it: Supervisor) -> None:
        if not all_of_it.watch_until(lambda: all_of_it.is_settled() and _is_ready(), timeout=_READY_WITHIN_SECONDS):
            if all_of_it.stops:
                return
            raise CommandError(f"It did not become ready. See the logs in {settings.VAR_DIR / 'log'}.")
        self._greet()
        while not all_of_it.stops:
            all_of_it.watch_until(lambda: False, timeout=_LOOK_AT_ENGINES_EVERY_SECONDS)
            for name in engines.revive(settings.EMBEDDED):
                self._say(f"{name} had ended and was started again")

    def _greet(self) -> None:
        password = demo.password(settings.VAR_DIR)
        lines = [
            "",
            "Ballast is ready.",
            "",
            f"  Console    {_url()}/admin/",
            f"  API docs   {_url()}/api/docs/",
            "",
            "  Logins, one a staff role, all with the password  " + password,
            *(f"    {role}@{demo.STAFF_DOMAIN}" for role in StaffRole.values),
            f"  and of a customer, for the API: ada@{CUSTOMER_DOMAIN}",
            *_about_second_factor(),
            "",
            f"  Logs are in {settings.VAR_DIR / 'log'}. Ctrl-C stops everything.",
            "",
        ]
        self.stdout.write("\n".join(lines))
        self.stdout.flush()


def _about_second_factor() -> list[str]:
    if not settings.STAFF_MFA_REQUIRED:
        return []
    return [
        "  The first login of each asks to add an authenticator app.",
        "  On a laptop nobody else reaches, STAFF_MFA_REQUIRED=false make run does without.",
    ]


def _url() -> str:
    return str(settings.BASE_URL).rstrip("/")


def _local_host() -> str:
    """Where this machine reaches its own web process."""
    address = str(settings.BIND_ADDRESS).strip("[]")
    return {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(address, address)  # noqa: S104  compared, not bound


def _refuse_taken_port() -> None:
    host = _local_host()
    with socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, settings.PORT))
        except PermissionError:
            raise CommandError(
                f"PORT: this account may not listen on {settings.PORT}; choose one above 1023."
            ) from None
        except OSError as refusal:
            raise CommandError(
                f"PORT: {settings.PORT} on {host} cannot be used ({refusal.strerror}). "
                f"Another program may listen there; choose another one: PORT={settings.PORT + 1} make run"
            ) from None


def _is_ready() -> bool:
    connection = http.client.HTTPConnection(_local_host(), settings.PORT, timeout=5)
    try:
        connection.request(
            "GET", "/readyz", headers={"Host": (settings.ALLOWED_HOSTS or ["localhost"])[0].lstrip("*.")}
        )
        return connection.getresponse().status == 200
    except OSError:
        return False
    finally:
        connection.close()


def _static_state() -> str:
    """Changes when any static file does: how many there are, their size, the newest."""
    found = [Path(storage.path(name)).stat() for finder in get_finders() for name, storage in finder.list([])]
    return f"{len(found)} {sum(file.st_size for file in found)} {max(file.st_mtime_ns for file in found)}"
