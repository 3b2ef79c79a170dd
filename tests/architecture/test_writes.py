"""Rows change in services, and nowhere else: there they are locked, refused, audited and published."""

from __future__ import annotations

import ast
import re

import pytest

from tests.architecture.source import ROOT, Source, listed, of_apps

ROOMS = {"services", "models", "migrations"}
# Elsewhere on purpose, each with its reason
EXCEPTIONS = {
    "audit/watch.py": "a migration operation: the statements are those of the trigger it installs",
    "accounts/console_login.py": "django-allauth's own form notes that a code was used",
    "operations/demo/": "a made-up history is copied into an empty development database (docs/adr/0070)",
}
ON_ROWS = {"save", "delete", "create", "update", "get_or_create", "update_or_create", "bulk_create", "bulk_update"}
ALWAYS_ROWS = {"get_or_create", "update_or_create", "bulk_create", "bulk_update", "abulk_create", "asave", "adelete"}
QUERYSET = re.compile(r"\.(objects|_default_manager|_base_manager|all|filter|exclude|select_for_update|order_by)\b")
NOT_A_ROW = re.compile(
    r"^(super\(\)|cache|caches\[.*\]|.*\b(session|storage|default_storage|form|files?|client|pipe)\b.*)$"
)
WRITING_SQL = re.compile(r"^\s*(INSERT\s+INTO|UPDATE\s+\S+\s+SET|DELETE\s+FROM|TRUNCATE|MERGE\s+INTO|COPY\s)", re.I)


def _writes(call: ast.Call) -> bool:
    """A call that writes rows, as far as its text tells."""
    if not isinstance(call.func, ast.Attribute) or call.func.attr not in ON_ROWS | ALWAYS_ROWS:
        return False
    on, name = ast.unparse(call.func.value), call.func.attr
    if name in ALWAYS_ROWS:
        return True
    if name in {"save", "delete"}:
        return not NOT_A_ROW.match(on) or bool(QUERYSET.search(on))
    return bool(QUERYSET.search(on))


def _writing_sql(source: Source) -> list[str]:
    return [
        source.at(node)
        for node in ast.walk(source.tree)
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and WRITING_SQL.match(node.value)
    ]


def _outside() -> list[Source]:
    return [
        source for source in of_apps() if source.room not in ROOMS and not source.path.startswith(tuple(EXCEPTIONS))
    ]


def test_no_edge_writes_through_the_orm():
    found = [
        f"{source.at(node)}  {ast.unparse(node.func)}"
        for source in _outside()
        for node in ast.walk(source.tree)
        if isinstance(node, ast.Call) and _writes(node)
    ]

    assert not found, listed(found)


def test_no_edge_writes_through_sql():
    found = [place for source in _outside() for place in _writing_sql(source)]

    assert not found, listed(found)


def test_nobody_steps_past_triggers():
    """The application's role may not; only the tests' own server lets it."""
    found = [source.path for source in of_apps() if "session_replication_role" in source.text]

    assert not found, listed(found)


def test_every_exception_still_exists():
    assert [place for place in EXCEPTIONS if not (ROOT / place).exists()] == []


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        ("User.objects.create(email=e)", True),
        ("User.objects.filter(pk=1).update(name=n)", True),
        ("hold.save(update_fields=['x'])", True),
        ("user.delete()", True),
        ("Hold.objects.bulk_create(rows)", True),
        ("super().save()", False),
        ("cache.delete('key')", False),
        ("request.session.save()", False),
        ("seen.update(found)", False),
        ("hashlib.sha256().update(b'')", False),
    ],
)
def test_the_eye_sees_what_writes(code, expected):
    assert _writes(ast.parse(code).body[0].value) is expected
