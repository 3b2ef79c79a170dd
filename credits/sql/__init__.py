"""The ledger's SQL, one file a subject and version.

A released file never changes. To replace a function, add ``<name>.v2.sql`` and a migration that installs it.
"""

from __future__ import annotations

from pathlib import Path

from django.db.migrations import RunSQL

_FOLDER = Path(__file__).parent


def text(name: str) -> str:
    """The SQL in ``<name>.sql``."""
    return (_FOLDER / f"{name}.sql").read_text(encoding="utf-8")


def install(name: str, *, undo: str = "") -> RunSQL:
    """A migration operation that runs ``<name>.sql``; ``undo`` names the file that takes it back."""
    # A list of one statement string with no parameters: RunSQL then neither splits it nor reads % in it.
    return RunSQL([(text(name), None)], [(text(undo), None)] if undo else RunSQL.noop)
