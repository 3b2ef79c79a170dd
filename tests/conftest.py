"""What every test may lean on: a database of its own, a cache of its own, a frozen clock, counted queries.

Nothing leaves the machine: pyproject.toml lets tests connect to loopback and unix sockets only.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from datetime import UTC, datetime
from typing import Any
from urllib.parse import quote, urlsplit

import pytest
import time_machine
from django.conf import settings
from django.core.cache import cache, caches
from django.db import connection
from django.test import TransactionTestCase
from django.test.utils import CaptureQueriesContext

from config import env
from core.embedded.engines import running
from core.embedded.errors import EngineError
from tests import database, stores
from tests.cast import *  # noqa: F403  the cast is for every test

A_MOMENT = datetime(2026, 3, 2, 9, 30, tzinfo=UTC)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Files of long tests start first, so that no worker is left with one of them while the others idle."""
    long = {item.path for item in items if item.get_closest_marker("slow")}
    items.sort(key=lambda item: item.path not in long)


# ------------------------------------------------------------------ the database


def worker_number() -> int:
    """0 without pytest-xdist, and for its first worker."""
    return int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw"))


@pytest.fixture(scope="session", autouse=True)
def engines() -> Iterator[None]:
    """Embedded engines, in a folder of the tests' own, for those that no URL names."""
    try:
        with running(env.EMBEDDED):
            if env.redis_url() != env.REDIS_URL:
                pytest.exit("Valkey's port had been taken, and it has a new one now. Run the tests again.")
            if env.EMBEDDED.postgres:
                database.let_tests_tamper()
            yield
    except EngineError as refusal:
        pytest.exit(str(refusal), returncode=1)


@pytest.fixture(scope="session")
def django_db_setup(
    engines: None,
    django_test_environment: None,
    django_db_blocker: Any,
    django_db_modify_db_settings: None,
    django_db_createdb: bool,
) -> Iterator[None]:
    """Clones the template for this worker. ``--create-db`` builds the template anew."""
    name = connection.settings_dict["TEST"]["NAME"]
    before = connection.settings_dict["NAME"]
    with django_db_blocker.unblock(), pytest.MonkeyPatch.context() as patch:
        template = database.ensure_template(rebuild=django_db_createdb and worker_number() == 0)
        database.remove(name)
        database.clone(template, name)
        connection.settings_dict["NAME"] = name
        # TRUNCATE after a committing test would lose what migrations seeded, and the trail refuses it.
        patch.setattr(TransactionTestCase, "_fixture_teardown", lambda _case: database.clone(template, name))
        yield
        database.remove(name)
        connection.settings_dict["NAME"] = before


# ------------------------------------------------------------------ the cache


@pytest.fixture(scope="session", autouse=True)
def own_redis_databases(engines: None) -> Iterator[None]:
    """Each worker has Redis databases of its own: every second one from the URL's number on."""
    settings.REDIS_URL = _own_database(settings.REDIS_URL)
    settings.CACHES["default"]["LOCATION"] = settings.REDIS_URL
    if hasattr(caches._connections, "default"):
        del caches["default"]  # made before, it would go on with the database that every worker starts from
    if settings.CELERY_BROKER_URL.startswith("redis"):
        settings.CELERY_BROKER_URL = _own_database(settings.CELERY_BROKER_URL)
    urls = [url for url in (settings.REDIS_URL, settings.CELERY_BROKER_URL) if url.startswith("redis")]
    try:
        with stores.claimed(urls):
            yield
    except stores.Taken as refusal:
        pytest.exit(str(refusal), returncode=1)


def _own_database(url: str) -> str:
    parts = urlsplit(url)
    return parts._replace(path=f"/{int(parts.path.strip('/') or 0) + 2 * worker_number()}").geturl()


@pytest.fixture
def environment() -> dict[str, str]:
    """The variables with which a child process sees this test's database, cache and broker.

    What it should see in the database must be committed: use it with ``transactional_db``.
    """
    found = connection.settings_dict
    login = quote(found["USER"]) + (f":{quote(found['PASSWORD'])}" if found["PASSWORD"] else "")
    if found["HOST"].startswith("/"):  # a unix socket: its folder stands in front of the name
        address = f"{login}@/{found['HOST']}/{found['NAME']}"
    else:
        address = f"{login}@{found['HOST']}:{found['PORT'] or 5432}/{found['NAME']}"
    return {
        **os.environ,
        "DJANGO_SETTINGS_MODULE": "config.settings.test",
        "DATABASE_URL": f"postgresql://{address}",
        "REDIS_URL": settings.REDIS_URL,
        "CELERY_BROKER_URL": settings.CELERY_BROKER_URL,
    }


@pytest.fixture
def empty_cache() -> Iterator[None]:
    """A cache with nothing in it, before and after."""
    cache.clear()
    yield
    cache.clear()


# ------------------------------------------------------------------ the clock


@pytest.fixture
def clock() -> Iterator[time_machine.Traveller]:
    """Time stands still at a Monday morning; ``clock.shift(seconds)`` and ``clock.move_to(moment)`` move it."""
    with time_machine.travel(A_MOMENT, tick=False) as traveller:
        yield traveller


# ------------------------------------------------------------------ queries


@contextmanager
def _exactly(expected: int) -> Iterator[CaptureQueriesContext]:
    with CaptureQueriesContext(connection) as captured:
        yield captured
    queries = "\n".join(f"{n}. {query['sql']}" for n, query in enumerate(captured.captured_queries, start=1))
    if len(captured) != expected:
        pytest.fail(f"{len(captured)} queries instead of {expected}:\n{queries}")


@pytest.fixture
def count_queries() -> Callable[[int], AbstractContextManager[CaptureQueriesContext]]:
    """``with count_queries(3): …`` fails with the queries spelled out where there are more or fewer."""
    return _exactly
