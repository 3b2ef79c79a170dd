"""Writing many rows of a model at once, by COPY."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from django.apps import apps
from django.db import connection, models
from psycopg import sql


def write(label: str, rows: Iterable[Mapping[str, Any]]) -> int:
    """COPY rows, each a mapping of attribute names (``user_id``), into the table of ``app.Model``.

    The first row says which attributes are given; the rest are the fields' plain defaults. A field
    whose default is made at the moment (an id, a time) must be given: the same data come out every
    time. Returns the number of rows.
    """
    found = list(rows)
    if not found:
        return 0
    model = apps.get_model(label)
    given, filled = _columns(model, found[0])
    constants = [value for _field, value in filled]
    statement = sql.SQL("COPY {} ({}) FROM STDIN").format(
        sql.Identifier(model._meta.db_table),
        sql.SQL(", ").join(sql.Identifier(str(field.column)) for field in [*given, *(field for field, _ in filled)]),
    )
    with connection.cursor() as cursor, cursor.copy(statement) as copy:
        for row in found:
            copy.write_row([_prepared(field, row[field.attname]) for field in given] + constants)
    return len(found)


def _is_filled_by_database(field: models.Field[Any, Any]) -> bool:
    return isinstance(field, models.AutoField) or (field.has_db_default() and not field.has_default())


def _columns(
    model: type[models.Model], row: Mapping[str, Any]
) -> tuple[Sequence[models.Field[Any, Any]], Sequence[tuple[models.Field[Any, Any], Any]]]:
    fields = [field for field in model._meta.concrete_fields if not isinstance(field, models.GeneratedField)]
    if unknown := set(row) - {field.attname for field in fields}:
        raise ValueError(f"{model._meta.label} has no {', '.join(sorted(unknown))}")
    given = [field for field in fields if field.attname in row]
    rest = [field for field in fields if field.attname not in row and not _is_filled_by_database(field)]
    return given, [(field, _prepared(field, _default(field))) for field in rest]


def _default(field: models.Field[Any, Any]) -> Any:
    if field.has_default() and callable(field.default) and field.default not in (list, dict):
        raise ValueError(f"{field} is different every time: give it")
    if not field.has_default() and not field.null and not field.empty_strings_allowed:
        raise ValueError(f"{field} must be given")
    return field.get_default()


def _prepared(field: models.Field[Any, Any], value: Any) -> Any:
    return field.get_db_prep_save(value, connection)
