"""What a first start does to a database: every migration, ours and others', on an empty one."""

from __future__ import annotations

import subprocess
import sys
from typing import Any

import pytest
from django.conf import settings
from django.db import connection
from psycopg import sql

pytestmark = [pytest.mark.faults, pytest.mark.slow, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def empty(environment: dict[str, str]) -> Any:
    """The environment of a process whose database has nothing in it yet."""
    name = f"{connection.settings_dict['NAME'][:40]}_empty"
    with connection._nodb_cursor() as cursor:
        cursor.execute(sql.SQL("DROP DATABASE IF EXISTS {}").format(sql.Identifier(name)))
        cursor.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
        url = environment["DATABASE_URL"].replace(f"/{connection.settings_dict['NAME']}", f"/{name}")
        yield environment | {"DATABASE_URL": url, "DJANGO_SETTINGS_MODULE": "config.settings.dev"}
        cursor.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name)))


def run(environment: dict[str, str], *words: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "manage.py", *words]
    return subprocess.run(command, env=environment, cwd=settings.BASE_DIR, capture_output=True, text=True, check=False)


def test_all_of_them_run_on_an_empty_database(empty: dict[str, str]) -> None:
    done = run(empty, "migrate", "--verbosity=0")
    assert done.returncode == 0, done.stderr
    assert run(empty, "migrate", "--check").returncode == 0
