"""A cursor for the few statements that run with every command and carry many values."""

from __future__ import annotations

from typing import Any

import psycopg
from django.db import connection
from django.db.backends.utils import CursorWrapper
from psycopg._queries import PostgresQuery


class _PreparedCursor(psycopg.Cursor[Any]):
    def execute(self, query: Any, params: Any = None, **_options: Any) -> _PreparedCursor:
        super().execute(query, params, prepare=True)
        if self._query is None:  # psycopg leaves it empty where the server knows the statement; Django's log reads it
            self._query = PostgresQuery(self._tx)
            self._query.convert(query, params)
        return self


def prepared_cursor() -> CursorWrapper:
    """A cursor that sends values beside the statement and has the server keep the statement's plan.

    Django's own cursor writes values into the text, which the server then parses each time. Everything
    else is as with ``connection.cursor()``: query log, wrappers, Django's database errors.
    """
    connection.close_if_health_check_failed()
    connection.ensure_connection()
    connection.validate_thread_sharing()
    cursor: Any = _PreparedCursor(connection.connection)
    return connection.make_debug_cursor(cursor) if connection.queries_logged else connection.make_cursor(cursor)
