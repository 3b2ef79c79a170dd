"""Who may do what in the console: every page and action by every staff role, against a table that people read.

The table is ``console_matrix.txt``. A page that is not in it fails, and so does a line without its page.
``CONSOLE_MATRIX=write`` writes it anew from what the console answers; read the difference before you commit it.
Actions and bulk actions are sent an empty form: 422 says that only the input was missing, not the permission.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.test import Client
from django.urls import reverse

from accounts.roles import StaffRole
from tests.architecture.console_pages import COVERED, Page, Samples, every_page, url_names
from tests.cast import log_in_as
from tests.factories.accounts import UserFactory

pytestmark = pytest.mark.slow

TABLE = Path(__file__).with_name("console_matrix.txt")
ROLES = list(StaffRole)


def read_table() -> dict[str, list[str]]:
    """``{"accounts_user_change GET": ["200", …]}``, one status a role."""
    lines = [line.split() for line in TABLE.read_text().splitlines() if line and not line.startswith("#")]
    return {f"{key} {method}": statuses for key, method, *statuses in lines}


def write_table(found: dict[str, list[str]]) -> None:
    heading = f"{'# page':64}{'method':8}" + "".join(f"{role.value:14}" for role in ROLES)
    lines = [heading.rstrip()]
    for row, statuses in found.items():
        key, method = row.split()
        lines.append((f"{key:64}{method:8}" + "".join(f"{status:14}" for status in statuses)).rstrip())
    TABLE.write_text("\n".join(lines) + "\n")


def ask(client: Client, page: Page) -> str:
    send = client.get if page.method == "GET" else client.post
    return str(send(page.url()).status_code)


@pytest.fixture
def samples(db: None) -> Samples:
    return Samples()


@pytest.fixture
def clients(db: None) -> list[Client]:
    """One signed-in browser a role."""
    return [
        log_in_as(UserFactory(email=f"{role.value}@ballast.test", name=str(role.label), role=role), console=True)
        for role in ROLES
    ]


class TestEveryPage:
    def test_answers_each_role_as_the_table_says(self, clients: list[Client], samples: Samples) -> None:
        found = {page.row: [ask(client, page) for client in clients] for page in every_page(samples)}
        if os.environ.get("CONSOLE_MATRIX") == "write":
            write_table(found)
        expected = read_table()
        wrong = [
            f"{row}: expected {' '.join(expected.get(row, ['nothing: not in the table']))}, got {' '.join(statuses)}"
            for row, statuses in found.items()
            if expected.get(row) != statuses
        ]
        gone = [f"{row}: in the table, not in the console" for row in expected if row not in found]
        assert wrong + gone == []

    def test_sends_everybody_else_to_the_login_page(self, client: Client, samples: Samples) -> None:
        customer = log_in_as(UserFactory())
        login = reverse("admin:login")
        for page in every_page(samples):
            for who in (client, customer):
                answer = who.get(page.url()) if page.method == "GET" else who.post(page.url())
                assert (answer.status_code, answer["Location"].partition("?")[0]) == (302, login), page.row

    def test_lets_staff_without_the_second_factor_see_nothing(self, samples: Samples) -> None:
        half_way = log_in_as(UserFactory(role=StaffRole.FOUNDER))
        for page in every_page(samples):
            assert ask(half_way, page) == "302", page.row


class TestEveryRoute:
    def test_is_walked(self, samples: Samples) -> None:
        walked = {page.key.partition("[")[0] for page in every_page(samples)}
        assert url_names() - walked - COVERED - set(unused_routes()) == set()


def unused_routes() -> Iterator[str]:
    """Routes every admin class has, where it has nothing to put behind them."""
    from core.console import console_site

    for console_admin in console_site._registry.values():
        for kind in ("panel", "reveal", "action", "bulk"):
            yield console_admin.url_name(kind).removeprefix("admin:")
