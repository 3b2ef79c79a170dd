"""What the tests of accounts share: an app that talks to the login endpoints, and the trail's entries."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection
from django.test import Client

from tests.factories.accounts import PASSWORD

APP = "/_allauth/app/v1"


class App:
    """A mobile app: it keeps the session token itself and comes from an address of its own."""

    def __init__(self, address: str = "198.51.100.7") -> None:
        self.client = Client(REMOTE_ADDR=address)
        self.token = ""

    def send(self, method: str, path: str, body: Any = None, **headers: str) -> Any:
        """The answer to a request; a session token in it is kept."""
        if self.token:
            headers["X-Session-Token"] = self.token
        url = path if path.startswith("/api/") else f"{APP}{path}"
        answer = self.client.generic(
            method, url, b"" if body is None else _json(body), content_type="application/json", headers=headers
        )
        if answer["Content-Type"].startswith("application/json"):
            self.token = answer.json().get("meta", {}).get("session_token", self.token)
        return answer

    def post(self, path: str, body: Any = None, **headers: str) -> Any:
        return self.send("POST", path, body, **headers)

    def get(self, path: str, **headers: str) -> Any:
        return self.send("GET", path, **headers)

    def log_in(self, email: str, password: str = PASSWORD) -> Any:
        return self.post("/auth/login", {"email": email, "password": password})


def _json(body: Any) -> bytes:
    import json

    return json.dumps(body).encode()


@pytest.fixture
def app(empty_cache: None, db: None) -> App:
    return App()


@pytest.fixture
def entries(db: None) -> Callable[[], list[str]]:
    """The actions in the trail since the fixture was asked for, oldest first; refused ones end in ``!``."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT coalesce(max(seq), 0) FROM audit_entry")
        (start,) = cursor.fetchone()

    def read() -> list[str]:
        with connection.cursor() as cursor:
            cursor.execute("SELECT action, outcome FROM audit_entry WHERE seq > %s ORDER BY seq", [start])
            return [f"{action}{'!' if outcome == 'refused' else ''}" for action, outcome in cursor.fetchall()]

    return read
