"""Empties a development database, the append-only tables too."""

from __future__ import annotations

from django.core.cache import cache
from django.db import connection, transaction
from psycopg import sql

from operations.demo.load import refuse_in_production

# What migrations wrote, and what they go by: it stays. A test holds this list against a fresh database.
SEEDED = frozenset(
    {
        "django_migrations",
        "django_content_type",
        "auth_permission",
        "auth_group",
        "auth_group_permissions",
        "audit_watch",
        "credits_adjustmentlimit",
    }
)
# One row that says where the trail's checks have come to: after a wipe they begin anew.
_MARK = "audit_mark"
_TABLES = """
SELECT c.relname FROM pg_class c
 WHERE c.relnamespace = current_schema()::regnamespace AND c.relkind IN ('r', 'p') AND NOT c.relispartition
   AND NOT EXISTS (SELECT FROM pg_depend d
                    WHERE d.classid = 'pg_class'::regclass AND d.objid = c.oid AND d.deptype = 'e')
 ORDER BY 1
"""
# Guards of the trail, which not even a replica passes by.
_ALWAYS = """
SELECT c.relname, t.tgname FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid
 WHERE t.tgenabled = 'A' AND c.relnamespace = current_schema()::regnamespace ORDER BY 1, 2
"""
_PARTITIONS = "SELECT relid::regclass::text FROM pg_partition_tree(%s::regclass) WHERE isleaf AND level > 0"
_FREE_SEQUENCES = """
SELECT c.relname FROM pg_class c
 WHERE c.relnamespace = current_schema()::regnamespace AND c.relkind = 'S'
   AND NOT EXISTS (SELECT FROM pg_depend d WHERE d.objid = c.oid AND d.deptype IN ('a', 'i'))
"""


def wipe() -> int:
    """Delete every row that no migration wrote, and count from one again; returns how many tables were emptied.

    The guards of the append-only tables are switched off and on again within the one transaction, so
    nobody else ever finds them off; that takes the role that owns the tables, as development has it.
    Refuses NotInProduction.
    """
    refuse_in_production()
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(_TABLES)
        tables = [name for (name,) in cursor.fetchall() if name not in SEEDED]
        cursor.execute(_ALWAYS)
        always = cursor.fetchall()
        relations = [name for table in tables for name in [table, *_partitions(cursor, table)]]
        for name in relations:
            _switch(cursor, name, on=False)
        listed = sql.SQL(", ").join(map(sql.Identifier, tables))
        cursor.execute(sql.SQL("TRUNCATE {} RESTART IDENTITY").format(listed))
        cursor.execute(sql.SQL("INSERT INTO {} DEFAULT VALUES").format(sql.Identifier(_MARK)))
        cursor.execute(_FREE_SEQUENCES)
        for (name,) in cursor.fetchall():
            cursor.execute(sql.SQL("ALTER SEQUENCE {} RESTART").format(sql.Identifier(name)))
        for name in relations:
            _switch(cursor, name, on=True)
        for name, trigger in always:
            words = sql.SQL("ALTER TABLE {} ENABLE ALWAYS TRIGGER {}")
            cursor.execute(words.format(sql.Identifier(name), sql.Identifier(trigger)))
    cache.clear()
    return len(tables)


def _partitions(cursor: object, table: str) -> list[str]:
    cursor.execute(_PARTITIONS, [table])  # type: ignore[attr-defined]
    return [name for (name,) in cursor.fetchall()]  # type: ignore[attr-defined]


def _switch(cursor: object, table: str, *, on: bool) -> None:
    verb = sql.SQL("ENABLE" if on else "DISABLE")
    cursor.execute(  # type: ignore[attr-defined]
        sql.SQL("ALTER TABLE {} {} TRIGGER USER").format(sql.Identifier(table), verb)
    )
