"""The one door for rows that the functions did not write: made-up ledgers too large for one call a row."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from django.db import connection

# What looks at rows that were written past the functions: one line each, and their account's sums.
_WATCHERS = """
SELECT tgrelid::regclass::text, quote_ident(tgname) FROM pg_trigger
 WHERE tgrelid = ANY (ARRAY['credits_account', 'credits_lot', 'credits_hold', 'credits_entry', 'credits_slice',
                            'credits_operation']::regclass[])
   AND (tgname = 'credits_sums' OR tgname LIKE 'audit\\_watch\\_%')
"""


@contextmanager
def bulk_loading() -> Iterator[None]:
    """Let rows be added past the functions, within the caller's transaction, which keeps everybody else out.

    Nothing checks them one by one: afterwards ``check_invariants`` says whether they add up. Who fails in between
    rolls back to guards as they were.
    """
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL credits.writer = 'on'")
    switch_watchers("DISABLE")
    yield
    switch_watchers("ENABLE ALWAYS")
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL credits.writer = ''")


def switch_watchers(how: str) -> None:
    """``DISABLE`` or ``ENABLE ALWAYS`` what notices writing past the functions."""
    with connection.cursor() as cursor:
        cursor.execute(_WATCHERS)
        for table, trigger in cursor.fetchall():
            cursor.execute(f"ALTER TABLE {table} {how} TRIGGER {trigger}")
