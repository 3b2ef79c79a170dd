"""Test databases as clones of one template that is migrated once per state of the migrations.

Migrating costs many seconds of CPU, a clone a fraction of a second. The template's name carries a
fingerprint of everything a migration can run, so that a changed migration makes a new template and two
branches sharing a server do not disturb each other.
"""

from __future__ import annotations

import ast
import hashlib
import importlib.util
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import psycopg
from django.apps import apps
from django.conf import settings
from django.core.management import call_command
from django.db import connection
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.recorder import MigrationRecorder
from django.test import override_settings
from psycopg import errors, sql

_PREFIX = "ballast_template_"
_KEPT_TEMPLATES = 10


def fingerprint() -> str:
    """Sixteen hex digits that change when any migration, SQL file or code a migration imports changes."""
    # Sorted by name and content, not by folder: two checkouts of one state share the template.
    files = sorted(
        f"{path.name} {hashlib.sha256(path.read_bytes()).hexdigest()}" for path in _files_behind_the_schema()
    )
    owner = str(connection.settings_dict["USER"])  # only who owns a database may clone it
    return hashlib.sha256("\n".join([owner, *files]).encode()).hexdigest()[:16]


def _files_behind_the_schema() -> set[Path]:
    found: set[Path] = set()
    for config in apps.get_app_configs():
        module, _explicit = MigrationLoader.migrations_module(config.label)
        spec = importlib.util.find_spec(module) if module else None
        for folder in (spec.submodule_search_locations or []) if spec else []:
            found |= {path for path in Path(folder).rglob("*") if path.suffix in {".py", ".sql"}}
        if _is_ours(Path(config.path)):
            found |= set(Path(config.path).rglob("*.sql"))
    for path in [path for path in found if _is_ours(path) and path.suffix == ".py"]:
        found |= _own_modules_imported_by(path)
    # Staff groups and their permissions are written after migrating, from this table; some tables of others are
    # made from their models.
    return found | set(Path(settings.BASE_DIR, "accounts").glob("roles*.py")) | {settings.BASE_DIR / "requirements.txt"}


def _is_ours(path: Path) -> bool:
    base = Path(settings.BASE_DIR).resolve()
    return path.resolve().is_relative_to(base) and ".venv" not in path.resolve().relative_to(base).parts


def _own_modules_imported_by(path: Path) -> set[Path]:
    names: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            names |= {node.module, *(f"{node.module}.{alias.name}" for alias in node.names)}
    files = {Path(settings.BASE_DIR, *name.split(".")).with_suffix(".py") for name in names}
    return {file for file in files if file.is_file()}


@contextmanager
def _maintenance() -> Iterator[Any]:
    """A cursor outside every test database, in autocommit."""
    with connection._nodb_cursor() as cursor:
        yield cursor


def _exists(cursor: Any, name: str) -> bool:
    cursor.execute("SELECT 1 FROM pg_database WHERE datname = %s", [name])
    return cursor.fetchone() is not None


def ensure_template(*, rebuild: bool = False) -> str:
    """The name of the template for the present migrations; built when it does not exist yet.

    Processes that need it at the same time wait for the first one.
    """
    name = _PREFIX + fingerprint()
    with _maintenance() as cursor:
        cursor.execute("SELECT pg_advisory_lock(hashtext(%s))", [name])
        try:
            if rebuild:
                _drop(cursor, name)
            if not _exists(cursor, name):
                _build(cursor, name)
            _note_use(cursor, name)
            _drop_old_templates(cursor)
        finally:
            cursor.execute("SELECT pg_advisory_unlock(hashtext(%s))", [name])
    return name


def _build(cursor: Any, name: str) -> None:
    draft = f"{name}_draft"
    _drop(cursor, draft)
    cursor.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(draft)))
    with _pointed_at(draft):
        for tables_without_migrations in (False, True):  # last, for they may point to the others
            call_command("migrate", interactive=False, verbosity=0, run_syncdb=tables_without_migrations)
        _note_migrations_of_skipped_apps()
    cursor.execute(sql.SQL("ALTER DATABASE {} RENAME TO {}").format(sql.Identifier(draft), sql.Identifier(name)))


def _note_migrations_of_skipped_apps() -> None:
    """What a process with the product's own settings would otherwise run on tables that are there already."""
    with override_settings(MIGRATION_MODULES={}):
        on_disk = MigrationLoader(None).disk_migrations
    recorder = MigrationRecorder(connection)
    for app, name in sorted(key for key in on_disk if key[0] in settings.MIGRATION_MODULES):
        recorder.record_applied(app, name)


@contextmanager
def _pointed_at(database: str) -> Iterator[None]:
    before = connection.settings_dict["NAME"]
    connection.close()
    connection.settings_dict["NAME"] = database
    try:
        yield
    finally:
        connection.close()
        connection.settings_dict["NAME"] = before


def _note_use(cursor: Any, name: str) -> None:
    stamp = datetime.now(UTC).isoformat()
    cursor.execute(sql.SQL("COMMENT ON DATABASE {} IS {}").format(sql.Identifier(name), sql.Literal(stamp)))


def _drop_old_templates(cursor: Any) -> None:
    """Keep the ones used last; the comment says when."""
    cursor.execute(
        "SELECT datname FROM pg_database WHERE datname ~ %s AND pg_get_userbyid(datdba) = current_user"
        " ORDER BY shobj_description(oid, 'pg_database') DESC NULLS LAST OFFSET %s",
        [f"^{_PREFIX}[0-9a-f]+$", _KEPT_TEMPLATES],
    )
    for (name,) in cursor.fetchall():
        try:
            cursor.execute(sql.SQL("DROP DATABASE IF EXISTS {}").format(sql.Identifier(name)))
        except errors.ObjectInUse:
            continue  # somebody is cloning it: it is not old after all


def _end_sessions(cursor: Any, name: str) -> None:
    """End who still uses the database.

    Not DROP … WITH (FORCE): where autovacuum is at work in there, that needs a superuser; a plain one makes it go.
    """
    cursor.execute(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
        " WHERE datname = %s AND backend_type = 'client backend' AND pid <> pg_backend_pid()",
        [name],
    )


def _drop(cursor: Any, name: str) -> None:
    _end_sessions(cursor, name)
    cursor.execute(sql.SQL("DROP DATABASE IF EXISTS {}").format(sql.Identifier(name)))


def let_tests_tamper() -> None:
    """Let the application's role of the tests' own server do what a superuser does past the guards.

    Only there: in the product that role may not, which tests/architecture makes sure nobody relies on.
    """
    found = connection.settings_dict
    with psycopg.connect(host=found["HOST"], user="postgres", dbname="postgres", autocommit=True) as superuser:
        superuser.execute(
            sql.SQL("GRANT SET ON PARAMETER session_replication_role TO {}").format(sql.Identifier(found["USER"]))
        )


def clone(template: str, name: str) -> None:
    """Make ``name`` a fresh copy of the template, ending whoever still uses the old one.

    The old one is put aside until ``remove``: for minutes ext4 will not reuse the inodes of deleted files
    and looks at each of them again and again, which makes a clone after a drop ten times as slow.
    """
    connection.close()
    with _maintenance() as cursor:
        if _exists(cursor, name):
            _end_sessions(cursor, name)
            aside = sql.Identifier(f"{name[:40]}_aside_{uuid.uuid4().hex[:12]}")
            cursor.execute(sql.SQL("ALTER DATABASE {} RENAME TO {}").format(sql.Identifier(name), aside))
        cursor.execute(sql.SQL("CREATE DATABASE {} TEMPLATE {}").format(sql.Identifier(name), sql.Identifier(template)))


def remove(name: str) -> None:
    """Drop a clone and those put aside before it, also what a killed run left."""
    connection.close()
    with _maintenance() as cursor:
        cursor.execute("SELECT datname FROM pg_database WHERE datname ~ %s", [f"^{name[:40]}_aside_[0-9a-f]+$"])
        for aside in [name, *(found for (found,) in cursor.fetchall())]:
            _drop(cursor, aside)
