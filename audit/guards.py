"""Whether what protects the trail is in place: triggers that stand, months that are ready."""

from __future__ import annotations

from datetime import datetime

from django.db import connection

# The statement-level guards stand on each partition, the row-level ones on the parents and, by them, below.
_GUARDS = {
    "audit_entry": ("audit_entry_append_only", "audit_no_truncate"),
    "audit_payload": ("audit_payload_no_update", "audit_payload_withdrawal", "audit_no_truncate"),
    "audit_change": ("audit_change_append_only", "audit_no_truncate"),
    "audit_withdrawal": ("audit_withdrawal_append_only", "audit_no_truncate"),
    "audit_checkpoint": ("audit_checkpoint_append_only", "audit_no_truncate"),
}
_MISSING_GUARDS = """
WITH wanted AS (
    SELECT tree.relid::regclass AS table_name, guard
    FROM unnest(%(tables)s::text[], %(guards)s::text[]) AS g(parent, guard)
    CROSS JOIN LATERAL (
        SELECT relid FROM pg_partition_tree(g.parent::regclass)
        UNION SELECT g.parent::regclass
    ) tree
    UNION ALL
    SELECT to_regclass(quote_ident(table_name)), unnest(triggers) FROM audit_watch
)
SELECT coalesce(w.table_name::text, '(a table that is gone)') || ': ' || w.guard
FROM wanted w LEFT JOIN pg_trigger t ON t.tgrelid = w.table_name AND t.tgname = w.guard
WHERE t.oid IS NULL OR t.tgenabled <> 'A'
ORDER BY 1
"""


def find_missing_guards() -> list[str]:
    """Triggers that should protect or watch a table and are gone or not always on, as ``table: trigger``.

    One that was switched off and on again fires at the origin only, unless somebody took care.
    """
    pairs = [(table, guard) for table, guards in _GUARDS.items() for guard in guards]
    with connection.cursor() as cursor:
        cursor.execute(
            _MISSING_GUARDS, {"tables": [table for table, _ in pairs], "guards": [guard for _, guard in pairs]}
        )
        return [row for (row,) in cursor.fetchall()]


def find_unsorted_rows() -> list[tuple[str, int]]:
    """Default partitions that hold rows, and how many: months that nobody made in time."""
    found = []
    with connection.cursor() as cursor:
        for table in ("audit_entry", "audit_payload", "audit_change"):
            cursor.execute(f"SELECT count(*) FROM {table}_default")  # noqa: S608  names from the line above
            (rows,) = cursor.fetchone()
            if rows:
                found.append((table, int(rows)))
    return found


def is_month_ready(*, at: datetime) -> bool:
    """Whether the month of ``at`` has its partitions."""
    name = f"audit_entry_y{at:%Y}m{at:%m}"
    with connection.cursor() as cursor:
        cursor.execute("SELECT to_regclass(%s) IS NOT NULL", [name])
        return bool(cursor.fetchone()[0])
