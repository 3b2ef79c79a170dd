"""The people of every test, and how they sign in. Imported by conftest."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.contrib.auth import login
from django.http import HttpRequest
from django.test import Client

from accounts.models import User, Workspace
from accounts.roles import StaffRole
from accounts.sessions import stamp_staff
from core.context import Context, bound
from tests.factories.accounts import UserFactory, WorkspaceFactory, join

__all__ = [
    "ada",
    "ada_team",
    "bo",
    "cleo",
    "cleo_team",
    "fay",
    "kim",
    "lena",
    "log_in",
    "lou",
    "max_",
    "olu",
    "sam",
    "tess",
]
BACKEND = "accounts.backends.AccountBackend"


@pytest.fixture
def ada(db: None) -> User:
    """A customer. She owns Engines."""
    return UserFactory(email="ada@example.com", name="Ada Lovelace")


@pytest.fixture
def ada_team(ada: User) -> Workspace:
    """Ada's team."""
    return WorkspaceFactory(name="Engines", owner=ada)


@pytest.fixture
def bo(ada_team: Workspace) -> User:
    """A customer, member of Engines."""
    user: User = UserFactory(email="bo@example.com", name="Bo Diddley")
    join(ada_team, user)
    return user


@pytest.fixture
def cleo(db: None) -> User:
    """A customer of another company. She owns Looms."""
    return UserFactory(email="cleo@example.org", name="Cleo Patra")


@pytest.fixture
def cleo_team(cleo: User) -> Workspace:
    """Cleo's team, which Ada and Bo have nothing to do with."""
    return WorkspaceFactory(name="Looms", owner=cleo)


def _staff(name: str, role: StaffRole) -> User:
    return UserFactory(email=f"{role.value}@ballast.test", name=name, role=role)


@pytest.fixture
def sam(db: None) -> User:
    """Support."""
    return _staff("Sam", StaffRole.SUPPORT)


@pytest.fixture
def lou(db: None) -> User:
    """Leads support."""
    return _staff("Lou", StaffRole.SUPPORT_LEAD)


@pytest.fixture
def kim(db: None) -> User:
    """Moderates."""
    return _staff("Kim", StaffRole.MODERATOR)


@pytest.fixture
def tess(db: None) -> User:
    """Leads trust and safety."""
    return _staff("Tess", StaffRole.TRUST_LEAD)


@pytest.fixture
def lena(db: None) -> User:
    """Compliance."""
    return _staff("Lena", StaffRole.COMPLIANCE)


@pytest.fixture
def fay(db: None) -> User:
    """Finance."""
    return _staff("Fay", StaffRole.FINANCE)


@pytest.fixture
def olu(db: None) -> User:
    """Engineer on call."""
    return _staff("Olu", StaffRole.ENGINEER)


@pytest.fixture
def max_(db: None) -> User:
    """Founded the company."""
    return _staff("Max", StaffRole.FOUNDER)


@pytest.fixture
def log_in() -> Callable[..., Client]:
    """``log_in(ada)`` is a browser with her session; ``log_in(sam, console=True)`` one in the console."""
    return log_in_as


def log_in_as(user: User, *, console: bool = False, **defaults: Any) -> Client:
    """A client with a session of ``user``; with ``console`` as if the second factor had been shown."""
    client = Client(**defaults)
    client.force_login(user, backend=BACKEND)
    if console:
        session = client.session
        stamp_staff(session, second_factor="totp")
        session.save()
    return client


def session_token(user: User) -> str:
    """A token for ``X-Session-Token``, as an app gets it at login."""
    from importlib import import_module

    from django.conf import settings

    request = HttpRequest()
    request.session = import_module(settings.SESSION_ENGINE).SessionStore()
    with bound(Context(client_ip="192.0.2.1")):
        login(request, user, backend=BACKEND)
    request.session.save()
    return str(request.session.session_key)
