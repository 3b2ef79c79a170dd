"""Calls, foreign keys and writes go only where the stack lets them."""

from __future__ import annotations

import ast
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
from django.apps import apps
from django.contrib.admin import site
from django.db.models import ForeignObject, ManyToManyField

from core.console import ConsoleAdmin
from tests.architecture.source import APPS, HEIGHT, ROOT, in_folder, listed, of_apps

# The one exception, in the database only: runtime controls may name whom they apply to.
UPWARD_KEYS = {("flags", "accounts.User"), ("flags", "accounts.Workspace")}
# Model signals of Django: an app publishes events of core.events instead
SIGNALS = {"pre_save", "post_save", "pre_delete", "post_delete", "m2m_changed", "pre_init", "post_init"}


def test_the_contracts_of_the_import_linter_hold():
    linter = Path(sys.executable).parent / "lint-imports"
    done = subprocess.run([str(linter), "--no-cache"], cwd=ROOT, capture_output=True, text=True, check=False)

    assert done.returncode == 0, done.stdout


def test_every_private_room_is_protected():
    """A room that an app gains later is private from its first day."""
    contracts = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["importlinter"]["contracts"]
    protected = {name for contract in contracts for name in contract.get("protected_modules", ())}
    there = {
        f"{app}.{room}"
        for app in APPS
        for room in ("models", "sql", "admin", "tasks", "views")
        if app != "core" and ((ROOT / app / f"{room}.py").exists() or (ROOT / app / room / "__init__.py").exists())
    }

    assert there - protected == set()


def test_every_app_stands_in_the_stack_and_is_installed():
    ours = {config.label for config in apps.get_app_configs() if Path(config.path).parent == ROOT}

    assert ours == set(APPS)


def _relations() -> list[tuple[str, str, str]]:
    found = []
    for app in APPS:
        for model in apps.get_app_config(app).get_models(include_auto_created=True):
            for field in model._meta.get_fields():
                if isinstance(field, ForeignObject | ManyToManyField) and field.model is model:
                    found.append((app, f"{model.__name__}.{field.name}", field.related_model._meta.label))
    return found


def test_foreign_keys_point_down():
    upward = [
        f"{app}.{name} -> {target}"
        for app, name, target in _relations()
        if HEIGHT.get(target.split(".")[0], 0) > HEIGHT[app] and (app, target) not in UPWARD_KEYS
    ]

    assert not upward, listed(upward)


def test_siblings_have_no_keys_to_each_other():
    sideways = [
        f"{app}.{name} -> {target}"
        for app, name, target in _relations()
        if app != (other := target.split(".")[0]) and HEIGHT.get(other) == HEIGHT[app]
    ]

    assert not sideways, listed(sideways)


def test_the_trail_has_no_foreign_keys_out_of_it():
    assert [
        f"{name} -> {target}" for app, name, target in _relations() if app == "audit" and "audit." not in target
    ] == []


def _called(call: ast.Call) -> str:
    return call.func.attr if isinstance(call.func, ast.Attribute) else getattr(call.func, "id", "")


def test_foreign_keys_name_their_target_as_text():
    loose = [
        source.at(call)
        for source in of_apps()
        if source.room == "models"
        for call in ast.walk(source.tree)
        if isinstance(call, ast.Call)
        and _called(call) in {"ForeignKey", "OneToOneField", "ManyToManyField"}
        and not (call.args and isinstance(call.args[0], ast.Constant))
        and ast.unparse(call.args[0] if call.args else call) != "settings.AUTH_USER_MODEL"
    ]

    assert not loose, listed(loose)


def test_model_signals_are_not_used():
    imported = [
        f"{source.at(node)} {alias.name}"
        for source in of_apps()
        for node in ast.walk(source.tree)
        if isinstance(node, ast.ImportFrom) and node.module == "django.db.models.signals"
        for alias in node.names
        if alias.name in SIGNALS
    ]

    assert not imported, listed(imported)


@pytest.mark.parametrize("folder", [*APPS, "config"])
def test_only_config_env_reads_the_environment(folder):
    readers = [
        source.at(node)
        for source in in_folder(folder)
        if source.path != "config/env.py"
        for node in ast.walk(source.tree)
        if _reads_environment(node)
    ]

    assert not readers, listed(readers)


def _reads_environment(node: ast.AST) -> bool:
    """``os.getenv(…)``, ``os.environ[…]`` or ``.get`` where the value is used; setting one is no reading."""
    if isinstance(node, ast.Call) and ast.unparse(node.func) in {"os.getenv", "os.environ.get"}:
        return True
    return (
        isinstance(node, ast.Subscript) and ast.unparse(node.value) == "os.environ" and isinstance(node.ctx, ast.Load)
    )


@pytest.mark.parametrize("folder", APPS)
def test_nobody_imports_the_composition(folder):
    importers = [
        source.at(node)
        for source in in_folder(folder)
        for node in ast.walk(source.tree)
        if isinstance(node, ast.ImportFrom) and (node.module or "").split(".")[0] in {"config", "tests", "sandbox"}
    ]

    assert not importers, listed(importers)


def test_no_admin_of_ours_is_bare():
    """Read-only rows, keyset lists and masked data are what core.console's base brings."""
    bare = [
        f"{source.at(node)} {node.name}"
        for source in of_apps()
        if not source.path.startswith("core/console/")
        for node in ast.walk(source.tree)
        if isinstance(node, ast.ClassDef) and any(ast.unparse(base).endswith("ModelAdmin") for base in node.bases)
    ]

    assert not bare, listed(bare)


def test_every_registered_admin_stands_on_the_consoles_base():
    assert [str(model) for model, admin in site._registry.items() if not isinstance(admin, ConsoleAdmin)] == []
