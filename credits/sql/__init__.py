"""The ledger's SQL, one file a subject and version.

A released file never changes. To replace a function, add ``<name>.v2.sql`` and a migration that installs it.
"""

from __future__ import annotations

import re
from pathlib import Path

from django.db.migrations import RunSQL

# The files that make the functions as they are now, in the order they are installed.
INSTALLED = ("guards.v1", "shared.v1", "holds.v1", "lots.v1")
_FOLDER = Path(__file__).parent
_FUNCTION = re.compile(r"^CREATE (?:OR REPLACE )?FUNCTION (\w+)\(", re.M)
_BODY = re.compile(r"^CREATE (?:OR REPLACE )?FUNCTION (\w+)\((?:(?!^CREATE ).)*? AS \$\$(.*?)\$\$", re.M | re.S)


def text(name: str) -> str:
    """The SQL in ``<name>.sql``."""
    return (_FOLDER / f"{name}.sql").read_text(encoding="utf-8")


def bodies() -> dict[str, str]:
    """Every function of the ledger with its body as the server keeps it; empty where that is a parsed expression."""
    found: dict[str, str] = {}
    for name in INSTALLED:
        written = text(name)
        found |= dict.fromkeys(_FUNCTION.findall(written), "")
        found |= dict(_BODY.findall(written))
    return found


def install(name: str, *, undo: str = "") -> RunSQL:
    """A migration operation that runs ``<name>.sql``; ``undo`` names the file that takes it back."""
    # A list of one statement string with no parameters: RunSQL then neither splits it nor reads % in it.
    return RunSQL([(text(name), None)], [(text(undo), None)] if undo else RunSQL.noop)
