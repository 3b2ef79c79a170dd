"""No console page may hold the database for long: a limit on every statement, and its polite end."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from django.conf import settings
from django.db import OperationalError, connection, transaction
from psycopg.errors import QueryCanceled


class TookTooLong(Exception):
    """A statement of this page ran into its limit and was stopped."""


@contextmanager
def limited(milliseconds: int | None = None) -> Iterator[None]:
    """A transaction whose statements may each take ``milliseconds`` (CONSOLE_STATEMENT_TIMEOUT_MS).

    Raises TookTooLong where one took longer; the transaction is rolled back.
    """
    limit = milliseconds or settings.CONSOLE_STATEMENT_TIMEOUT_MS
    try:
        with transaction.atomic():
            with connection.cursor() as cursor:
                # transaction-local, so that it also holds behind a pooler that shares connections
                cursor.execute("SELECT set_config('statement_timeout', %s, true)", [str(int(limit))])
            yield
    except OperationalError as error:
        if isinstance(error.__cause__, QueryCanceled):
            raise TookTooLong from error
        raise
