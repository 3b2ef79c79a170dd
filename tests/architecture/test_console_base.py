"""What every page of the console must have: a base class, a known permission, an order an index serves."""

from __future__ import annotations

import ast
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.db import connection

from accounts.roles import PERMISSIONS
from core import registries
from core.console import console_site
from core.console.nav import nav
from core.console.panels import panels

OWN = (
    "accounts",
    "audit",
    "billing",
    "compliance",
    "credits",
    "flags",
    "moderation",
    "operations",
    "outbox",
    "providers",
    "support",
)
ADMINS = list(console_site._registry.values())


def label_of(console_admin: Any) -> str:
    return str(console_admin.model._meta.label)


def admin_modules() -> list[Path]:
    base = Path(settings.BASE_DIR)
    return [path for app in OWN for path in [*base.glob(f"{app}/admin.py"), *base.glob(f"{app}/admin/*.py")]]


class TestBaseClass:
    def test_is_under_every_admin_of_ours(self) -> None:
        stray = [cls.__name__ for _model, cls in console_site.turned_away if cls.__module__.partition(".")[0] in OWN]
        assert stray == []

    @pytest.mark.parametrize("path", admin_modules(), ids=str)
    def test_is_never_djangos_own(self, path: Path) -> None:
        used = {node.attr for node in ast.walk(ast.parse(path.read_text())) if isinstance(node, ast.Attribute)}
        assert used.isdisjoint({"ModelAdmin", "TabularInline", "StackedInline"})

    def test_keeps_the_libraries_raw_tables_out(self) -> None:
        foreign = [label_of(a) for a in ADMINS if a.model._meta.app_label not in OWN]
        assert foreign == []


class TestPermissions:
    def test_of_every_page_are_in_the_role_table(self) -> None:
        asked = {a.view_permission for a in ADMINS} | {a.reveal_permission for a in ADMINS if a.reveal_permission}
        asked |= {action.permission for a in ADMINS for action in a.all_actions()}
        asked |= {panel.permission for kind in panels.kinds() for panel in panels.of(kind)}
        asked |= {view.permission for _route, view, _name in console_site.views}
        asked |= {card.permission for card in registries.home_cards}
        assert {str(permission) for permission in asked} - set(PERMISSIONS) == set()


class TestNavigation:
    def test_gives_each_key_to_one_line(self) -> None:
        keys = Counter(item.key for item in nav if item.key)
        assert [key for key, count in keys.items() if count > 1] == []


class TestActionKeys:
    @pytest.mark.parametrize("console_admin", ADMINS, ids=label_of)
    def test_are_shared_only_by_actions_that_exclude_each_other(self, console_admin: Any) -> None:
        keys = Counter(action.key for action in console_admin.all_actions() if action.key and not action.available)
        assert [key for key, count in keys.items() if count > 1] == []
        assert "g" not in keys


def indexes_of(table: str) -> list[str]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT indexdef FROM pg_indexes WHERE tablename = %s", [table])
        return [row[0] for row in cursor.fetchall()]


def columns_of(definition: str) -> list[str]:
    inner = definition[definition.index("(") + 1 : definition.rindex(")")]
    return [part.split()[0].strip('"') for part in inner.split(",")]


def column_of(meta: Any, name: str) -> str:
    return str(meta.get_field(name.lstrip("-")).column)


@pytest.mark.parametrize("console_admin", ADMINS, ids=label_of)
class TestOrder:
    def test_is_served_by_an_index(self, console_admin: Any, db: None) -> None:
        meta = console_admin.opts
        for _label, ordering in console_admin.get_sorts().values():
            wanted = [column_of(meta, name) for name in ordering]
            served = [columns_of(definition)[: len(wanted)] == wanted for definition in indexes_of(meta.db_table)]
            assert any(served), f"{meta.db_table} has no index on ({', '.join(wanted)})"

    def test_has_no_null_in_it(self, console_admin: Any) -> None:
        for _label, ordering in console_admin.get_sorts().values():
            for name in ordering:
                assert not console_admin.opts.get_field(name.lstrip("-")).null
