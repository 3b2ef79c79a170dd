"""The cursor whose statements the server keeps."""

from __future__ import annotations

import pytest
from django.db import DataError, connection
from django.test.utils import CaptureQueriesContext

from core.prepared import prepared_cursor

pytestmark = pytest.mark.django_db


def ask(value: str) -> int:
    with prepared_cursor() as cursor:
        cursor.execute("SELECT %s::int + 1", [value])
        return int(cursor.fetchone()[0])


def kept() -> int:
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM pg_prepared_statements WHERE statement = 'SELECT $1::int + 1'")
        return int(cursor.fetchone()[0])


def test_the_server_keeps_the_statement() -> None:
    before = kept()
    assert [ask("1"), ask("2"), kept()] == [2, 3, before or 1]


def test_every_run_is_in_the_query_log() -> None:
    with CaptureQueriesContext(connection) as captured:
        ask("1")
        ask("2")
    assert [query["sql"] for query in captured] == ["SELECT $1::int + 1"] * 2


def test_refusals_are_djangos_own() -> None:
    with pytest.raises(DataError):
        ask("one")
