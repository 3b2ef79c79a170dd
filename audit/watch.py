"""A migration operation: log every change of a table's rows, so that one without an entry is found."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from django.db.migrations.operations.base import Operation

OPERATIONS = ("insert", "update", "delete")

_FUNCTION = """
CREATE OR REPLACE FUNCTION {function}() RETURNS trigger LANGUAGE plpgsql AS
$body$
BEGIN
    INSERT INTO audit_change VALUES (
        transaction_timestamp(), nextval('audit_change_id'), txid_current(),
        {table_text}, {operation}, {row}.{pk}::text);
    RETURN NULL;
END
$body$
"""
_TRIGGER = """
CREATE TRIGGER {trigger} AFTER {event} ON {table} FOR EACH ROW {condition} EXECUTE FUNCTION {function}()
"""
_TRUNCATE = """
CREATE TRIGGER {trigger} AFTER TRUNCATE ON {table} FOR EACH STATEMENT EXECUTE FUNCTION audit_log_truncate()
"""


class WatchTable(Operation):
    """Log each change of a row of ``table`` with its transaction id.

    The reconciliation then names every change whose transaction wrote no audit entry. ``columns``
    narrows updates to those that change one of these columns (``last_login`` needs no entry).
    ``operations`` narrows what is logged, ``when`` an operation to rows of which an SQL condition over
    NEW and OLD holds (``{"insert": "NEW.is_staff"}``); an update is logged for either, a column or the
    condition. ``covered_by`` names watched tables whose inserts count as the record of the change: the
    ledger's lines are their own record. The migration using it must depend on ``("audit", "0001_trail")``.
    Running it again for a table replaces what it said before.
    """

    reversible = True
    reduces_to_sql = True

    def __init__(
        self,
        table: str,
        *,
        pk: str = "id",
        operations: Sequence[str] = OPERATIONS,
        columns: Sequence[str] = (),
        when: Mapping[str, str] | None = None,
        covered_by: Sequence[str] | str = (),
    ) -> None:
        if unknown := {*operations, *(when or {})} - set(OPERATIONS):
            raise ValueError(f"unknown operations: {sorted(unknown)}")
        self.table = table
        self.pk = pk
        self.operations = tuple(operations)
        self.columns = tuple(columns)
        self.when = dict(when or {})
        self.covered_by = (covered_by,) if isinstance(covered_by, str) else tuple(covered_by)

    def state_forwards(self, app_label: str, state: Any) -> None:
        """Triggers are no part of Django's picture of a model."""

    def database_forwards(self, app_label: str, schema_editor: Any, from_state: Any, to_state: Any) -> None:
        self.database_backwards(app_label, schema_editor, from_state, to_state)
        quote = schema_editor.quote_name
        names = []
        for operation in self.operations:
            names.append(self._name(operation))
            schema_editor.execute(self._function_sql(quote, operation))
            schema_editor.execute(self._trigger_sql(quote, operation))
            schema_editor.execute(self._always_sql(quote, operation))
        names.append(self._name("truncate"))
        schema_editor.execute(_TRUNCATE.format(trigger=quote(names[-1]), table=quote(self.table)))
        schema_editor.execute(self._always_sql(quote, "truncate"))
        schema_editor.execute("INSERT INTO audit_watch VALUES (%s, %s, %s)", [self.table, list(self.covered_by), names])

    def database_backwards(self, app_label: str, schema_editor: Any, from_state: Any, to_state: Any) -> None:
        quote = schema_editor.quote_name
        for operation in (*OPERATIONS, "truncate"):
            name = quote(self._name(operation))
            schema_editor.execute(f"DROP TRIGGER IF EXISTS {name} ON {quote(self.table)}")
            schema_editor.execute(f"DROP FUNCTION IF EXISTS {name}()")
        schema_editor.execute("DELETE FROM audit_watch WHERE table_name = %s", [self.table])

    def describe(self) -> str:
        return f"Watch every change of {self.table}"

    def _name(self, operation: str) -> str:
        return f"audit_watch_{self.table}_{operation}"[:63]

    def _function_sql(self, quote: Any, operation: str) -> str:
        return _FUNCTION.format(
            function=quote(self._name(operation)),
            table_text=f"'{self.table}'",
            operation=f"'{operation}'",
            row="OLD" if operation == "delete" else "NEW",
            pk=quote(self.pk),
        )

    def _always_sql(self, quote: Any, operation: str) -> str:
        """In replica mode too: see migrations/sql/guards.sql."""
        return f"ALTER TABLE {quote(self.table)} ENABLE ALWAYS TRIGGER {quote(self._name(operation))}"

    def _trigger_sql(self, quote: Any, operation: str) -> str:
        conditions = [self.when[operation]] if operation in self.when else []
        if operation == "update":
            # As text, so that citext shows a change of case and json can be compared at all.
            conditions += [f"OLD.{quote(c)}::text IS DISTINCT FROM NEW.{quote(c)}::text" for c in self.columns]
        condition = f"WHEN ({' OR '.join(conditions)})" if conditions else ""
        return _TRIGGER.format(
            trigger=quote(self._name(operation)),
            event=operation.upper(),
            table=quote(self.table),
            condition=condition,
            function=quote(self._name(operation)),
        )
