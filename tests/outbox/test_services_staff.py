"""Queues and suppressions, as staff steer them."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from audit.models import Entry
from core.errors import NotFound
from core.ids import new_id
from outbox import services
from outbox.errors import AddressInvalid, AlreadySuppressed, QueueAlready
from outbox.models import Queue, Suppression
from tests.factories.outbox import ENGINEER

pytestmark = pytest.mark.django_db
A_MOMENT = datetime(2026, 3, 2, 9, 30, tzinfo=UTC)
WHY: dict[str, Any] = {"actor": ENGINEER, "reason": "fire", "at": A_MOMENT}


def actions() -> list[str]:
    return list(Entry.objects.filter(action__startswith="outbox.").values_list("action", flat=True))


class TestQueues:
    @pytest.fixture(autouse=True)
    def _queues(self) -> None:
        services.ensure_queues()

    def test_say_who_paused_them_and_why(self) -> None:
        queue = services.pause_queue(name="low", **WHY)
        assert (queue.paused_at, queue.paused_by, queue.pause_reason) == (A_MOMENT, "An engineer", "fire")

    def test_leave_one_entry_a_change(self) -> None:
        services.pause_queue(name="low", **WHY)
        services.resume_queue(name="low", **WHY)
        assert sorted(actions()) == ["outbox.queue.paused", "outbox.queue.resumed"]

    def test_refuse_to_be_paused_twice(self) -> None:
        services.pause_queue(name="low", **WHY)
        with pytest.raises(QueueAlready):
            services.pause_queue(name="low", **WHY)

    def test_refuse_to_be_resumed_while_they_run(self) -> None:
        with pytest.raises(QueueAlready):
            services.resume_queue(name="low", **WHY)

    def test_resume_clean(self) -> None:
        services.pause_queue(name="low", **WHY)
        services.resume_queue(name="low", **WHY)
        assert Queue.objects.values_list("paused_at", "pause_reason").get(pk="low") == (None, "")

    def test_must_exist(self) -> None:
        with pytest.raises(NotFound):
            services.pause_queue(name="nobody", **WHY)


class TestSuppressions:
    def test_keep_no_address(self) -> None:
        row = services.add_suppression(address="Ada@Example.com", **WHY)
        assert "ada@" not in str(vars(row)).lower()
        assert row.address_hint == "A…@Example.com"

    def test_hold_whatever_the_case(self) -> None:
        services.add_suppression(address="ada@example.com", **WHY)
        with pytest.raises(AlreadySuppressed):
            services.add_suppression(address=" ADA@example.com", **WHY)

    def test_refuse_what_is_no_address(self) -> None:
        with pytest.raises(AddressInvalid):
            services.add_suppression(address="ada", **WHY)

    def test_leave_one_entry_a_change(self) -> None:
        row = services.add_suppression(address="ada@example.com", **WHY)
        services.remove_suppression(suppression_id=row.pk, **WHY)
        assert sorted(actions()) == ["outbox.suppression.added", "outbox.suppression.removed"]
        assert not Suppression.objects.exists()

    def test_cannot_be_removed_where_there_is_none(self) -> None:
        with pytest.raises(NotFound):
            services.remove_suppression(suppression_id=new_id(), **WHY)
