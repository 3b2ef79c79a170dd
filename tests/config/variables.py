"""The variables that the code reads, found in the code."""

import ast
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
_READERS = {
    "_text", "_one_of", "_integer", "_flag", "_url", "_list", "_hosts", "_networks", "_address", "_mailbox", "_token",
    "_login", "secret", "_dsn", "_origin", "_redis",
}  # fmt: skip
# Set by the product for itself, never by people
_OWN = {"DJANGO_SETTINGS_MODULE", "PROMETHEUS_MULTIPROC_DIR"}


def _read_in(file: Path) -> set[str]:
    calls = [node for node in ast.walk(ast.parse(file.read_text())) if isinstance(node, ast.Call) and node.args]
    return {
        str(call.args[0].value)
        for call in calls
        if isinstance(call.args[0], ast.Constant)
        and (getattr(call.func, "id", None) or getattr(call.func, "attr", None)) in _READERS
    }


VARIABLES = frozenset().union(*(_read_in(file) for file in (ROOT / "config").rglob("*.py"))) - _OWN
