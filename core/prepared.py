"""A cursor for the few statements that run with every command and carry many values."""

from __future__ import annotations

from typing import Any

import psycopg
from django.db import connection
from django.db.backends.utils import CursorWrapper


class _PreparedCursor(psycopg.Cursor[Any]):
    def execute(self, query: Any, params: Any = None, **_options: Any) -> _PreparedCursor:
        return super().execute(query, params, prepare=True)


def prepared_cursor() -> CursorWrapper:
    """A cursor that sends values beside the statement and has the server keep the statement's plan.

    Django's own cursor writes values into the text, which the server then parses each time. Everything
    else is as with ``connection.cursor()``: query log, wrappers, Django's database errors.
    """
    connection.close_if_health_check_failed()
    connection.ensure_connection()
    connection.validate_thread_sharing()
    cursor = _PreparedCursor(connection.connection)
    return connection.make_debug_cursor(cursor) if connection.queries_logged else connection.make_cursor(cursor)
