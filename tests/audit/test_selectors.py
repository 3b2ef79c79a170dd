"""What the trail's searches ask the database for."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from audit import selectors, services, tokens
from audit.models import Entry
from core.context import Context, bound
from tests.factories.audit import SAM

pytestmark = pytest.mark.django_db
NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)


@pytest.fixture(autouse=True)
def a_week_from_one_network(monkeypatch: pytest.MonkeyPatch, db: None) -> None:
    """One entry a day from two machines side by side, and one from far away; three are looked at."""
    monkeypatch.setattr(selectors, "NEWEST_OF_ADDRESS", 3)
    for day in range(7):
        with bound(Context(client_ip=f"203.0.113.{day % 2}")):
            services.record(action=f"tests.day.{day}", at=NOON + timedelta(days=day), actor=SAM)
    with bound(Context(client_ip="198.51.100.1")):
        services.record(action="tests.elsewhere.seen", at=NOON + timedelta(days=8), actor=SAM)


def found(text: str) -> list[str]:
    condition = selectors.find_condition_for_console(text)
    assert condition is not None
    return [entry.action for entry in Entry.objects.filter(condition).order_by("occurred_at")]


class TestFindConditionForConsole:
    def test_of_a_network_looks_at_the_newest(self) -> None:
        assert found("ip:203.0.113.0/24") == ["tests.day.4", "tests.day.5", "tests.day.6"]

    def test_of_an_address_looks_at_the_newest(self) -> None:
        assert found("ip:203.0.113.0") == ["tests.day.2", "tests.day.4", "tests.day.6"]

    def test_looks_within_the_days_asked_for(self) -> None:
        assert found("ip:203.0.113.0/24 to:2026-03-04") == ["tests.day.0", "tests.day.1", "tests.day.2"]

    def test_asks_the_rest_of_those(self) -> None:
        assert found("ip:203.0.113.0/24 action:tests.day.5") == ["tests.day.5"]
        assert found("ip:203.0.113.0/24 action:tests.day.1") == []

    def test_finds_nothing_where_nobody_came_from(self) -> None:
        assert found("ip:192.0.2.0/24") == []

    def test_asks_once_for_the_places_and_only_for_addresses(self, count_queries: Any) -> None:
        with count_queries(1):  # the payloads, along an index
            selectors.find_condition_for_console("ip:203.0.113.0/24")
        with count_queries(0):
            selectors.find_condition_for_console("action:tests.*")

    def test_leaves_exports_whole(self) -> None:
        condition = tokens.parse_tokens("ip:203.0.113.0/24")
        assert condition is not None
        assert Entry.objects.filter(condition).count() == 7

    @pytest.mark.parametrize("text", ["", "nonsense", "ip:nowhere", "ip:203.0.113.0/24 nonsense"])
    def test_does_not_understand(self, text: str) -> None:
        assert selectors.find_condition_for_console(text) is None
