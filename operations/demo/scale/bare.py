"""Tables without their indexes for as long as much is written to them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from django.db import connection
from psycopg import sql

from operations.demo.load import Say

# Keys of and to the tables, then what an index stands behind; both with the words that make them again.
_KEYS = """
SELECT conrelid::regclass::text, conname, pg_get_constraintdef(oid) FROM pg_constraint
 WHERE contype = 'f' AND conparentid = 0
   AND (conrelid = ANY(%(tables)s::regclass[]) OR confrelid = ANY(%(tables)s::regclass[])) ORDER BY 1, 2
"""
_UNIQUE = """
SELECT conrelid::regclass::text, conname, pg_get_constraintdef(oid) FROM pg_constraint
 WHERE contype IN ('p', 'u') AND conrelid = ANY(%(tables)s::regclass[]) ORDER BY 1, 2
"""
_INDEXES = """
SELECT i.indexrelid::regclass::text, pg_get_indexdef(i.indexrelid) FROM pg_index i
 WHERE i.indrelid = ANY(%(tables)s::regclass[])
   AND NOT EXISTS (SELECT FROM pg_constraint c WHERE c.conindid = i.indexrelid AND c.contype IN ('p', 'u'))
 ORDER BY 1
"""


@contextmanager
def without_indexes(tables: Sequence[str], *, say: Say) -> Iterator[None]:
    """Drop keys and indexes of ``tables``, and make them again after the block, in the caller's transaction.

    Whoever fails in between rolls back to the indexes as they were. Checks stay: each row is tested.
    Building an index once over all rows takes a fraction of entering each row into it.
    """
    with connection.cursor() as cursor:
        keys, unique, indexes = (_ask(cursor, query, tables) for query in (_KEYS, _UNIQUE, _INDEXES))
        for table, name, _words in [*keys, *unique]:
            cursor.execute(_on(table, "DROP CONSTRAINT {}", name))
        for name, _words in indexes:
            cursor.execute(f"DROP INDEX {name}")
    yield
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL maintenance_work_mem = '512MB'")
        for table, name, words in unique:
            cursor.execute(sql.Composed([_on(table, "ADD CONSTRAINT {} ", name), sql.SQL(words)]))
        say("keys are built")
        for _name, words in indexes:
            cursor.execute(words.replace(" ON ONLY ", " ON ", 1))  # of all partitions, where there are some
        say("indexes are built")
        for table, name, words in keys:
            cursor.execute(sql.Composed([_on(table, "ADD CONSTRAINT {} ", name), sql.SQL(words)]))
        say("references are checked")


def _ask(cursor: Any, query: str, tables: Sequence[str]) -> list[tuple[str, ...]]:
    cursor.execute(query, {"tables": list(tables)})
    return list(cursor.fetchall())


def _on(table: str, words: str, name: str) -> sql.Composed:
    """A change of a table; ``table`` is a regclass's text, quoted by the server where it needs to be."""
    return sql.Composed([sql.SQL(f"ALTER TABLE {table} "), sql.SQL(words).format(sql.Identifier(name))])
