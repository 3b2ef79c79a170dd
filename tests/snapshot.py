"""What the whole database holds, so that a test can say that nothing changed."""

from __future__ import annotations

from django.db import connection


def take() -> dict[str, str]:
    """A digest of each table's rows, by table name. Partitions count as themselves."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT quote_ident(tablename) FROM pg_tables WHERE schemaname = 'public' ORDER BY tablename")
        tables = [name for (name,) in cursor.fetchall()]
        union = " UNION ALL ".join(
            f"SELECT '{table}', count(*) || ':' || md5(coalesce(string_agg(r::text, '|' ORDER BY r::text), ''))"  # noqa: S608
            f" FROM {table} r"
            for table in tables
        )
        cursor.execute(union)
        return dict(cursor.fetchall())


def changed(before: dict[str, str], after: dict[str, str]) -> set[str]:
    """The tables whose rows differ."""
    return {table for table in before.keys() | after.keys() if before.get(table) != after.get(table)}
