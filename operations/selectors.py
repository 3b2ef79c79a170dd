"""Reads about the running system: is it ready, and do its promises hold."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache as remembered

import structlog
from django.conf import settings
from django.core.cache import cache
from django.db import connection, transaction
from django.db.migrations.executor import MigrationExecutor
from kombu import Connection

from core.registries import Violation, invariants

_log = structlog.get_logger(__name__)
_BROKER_SECONDS = 2


def _ask_database() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")


def _ask_cache() -> None:
    cache.get("readyz")


def _ask_broker() -> None:
    with Connection(settings.CELERY_BROKER_URL, connect_timeout=_BROKER_SECONDS) as broker:
        broker.ensure_connection(max_retries=1, timeout=_BROKER_SECONDS)


@remembered
def _refuse_pending_migrations() -> None:
    """Raises while migrations wait. Once none do, this process need not look again."""
    if has_pending_migrations():
        raise RuntimeError("migrations are waiting: run manage.py migrate")


def has_pending_migrations() -> bool:
    """Whether the code has migrations that this database has not seen."""
    executor = MigrationExecutor(connection)
    return bool(executor.migration_plan(executor.loader.graph.leaf_nodes()))


_READINESS: dict[str, Callable[[], None]] = {
    "database": _ask_database,
    "cache": _ask_cache,
    "broker": _ask_broker,
    "migrations": _refuse_pending_migrations,
}


def check_readiness() -> dict[str, bool]:
    """Each part this process needs to answer requests, and whether it is there. The log says why not."""
    return {name: _passes(name, check) for name, check in _READINESS.items()}


def _passes(name: str, check: Callable[[], None]) -> bool:
    try:
        check()
    except Exception as failure:  # noqa: BLE001  every kind of failure means "not ready"
        _log.warning("readiness.failed", part=name, failure=f"{type(failure).__name__}: {failure}")
        return False
    return True


def list_violations() -> list[Violation]:
    """Every app's broken invariants, all seen in one snapshot. A check that fails counts as broken."""
    with transaction.atomic():
        if len(connection.savepoint_ids) == 0:
            with connection.cursor() as cursor:
                cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
        return [violation for name, check in invariants.items() for violation in _violations(name, check)]


def _violations(name: str, check: Callable[[], list[Violation]]) -> list[Violation]:
    try:
        with transaction.atomic():
            return check()
    except Exception as failure:  # noqa: BLE001  reported as what it is: a promise nobody can vouch for
        return [Violation(invariant=name, subject="", detail=f"cannot be checked: {type(failure).__name__}: {failure}")]
