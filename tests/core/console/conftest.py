"""A small console over the real user and workspace tables, and a trail that can be read."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.test import Client

from accounts.models import User
from tests.core.console import demo


@pytest.fixture
def entries() -> list[dict[str, Any]]:
    """What was recorded, in order."""
    return []


@pytest.fixture(autouse=True)
def demo_console(entries: list[dict[str, Any]], monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """The demo site stands where the product's console stands; nobody has a permission yet."""

    def record(**entry: Any) -> str:
        entries.append(entry)
        return "aud_demo"

    with demo.standing_in(monkeypatch, record=record):
        yield


@pytest.fixture
def ada(db: None) -> User:
    """A customer."""
    return User.objects.create(email="ada@example.com", name="Ada Lovelace")


@pytest.fixture
def sign_in(client: Client, db: None) -> Callable[..., Client]:
    """``sign_in("demo.view", …)`` is Sam of support, signed in, with these permissions."""

    def make(*permissions: str) -> Client:
        sam = User.objects.create(email="sam@ballast.test", name="Sam", is_staff=True)
        demo.PERMISSIONS[sam.email] = set(permissions)
        client.force_login(sam, backend="tests.core.console.demo.DemoBackend")
        return client

    return make
