"""Reads of the ledger."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from credits import selectors as credits_selectors
from credits import services as credits_services
from credits.errors import EntryNotFound, HoldNotFound
from credits.ids import first_id_at
from credits.models import Entry
from credits.states import EntryKind, HoldStatus, LotSource
from tests.factories import credits as ledger
from tests.factories.credits import NOON

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)


def balance(workspace_id, at=NOON):
    return credits_selectors.get_balance(workspace_id=workspace_id, at=at)


class TestGetBalance:
    def test_costs_two_queries_for_any_number_of_lots(self, count_queries):
        workspace_id = ledger.funded(10)
        for _ in range(20):
            ledger.grant(workspace_id, 1)

        with count_queries(2):  # the account, its open lots
            balance(workspace_id)

    def test_lists_lots_in_the_order_they_burn(self):
        workspace_id = ledger.funded(10)
        ledger.grant(workspace_id, 20, source=LotSource.PLAN, expires_at=NOON + DAY)
        ledger.grant(workspace_id, 30, source=LotSource.PROMO)

        assert [share.remaining for share in balance(workspace_id).by_lot] == [30, 20, 10]

    def test_counts_nothing_that_is_past_its_expiry(self):
        workspace_id = ledger.funded(10)
        ledger.grant(workspace_id, 20, source=LotSource.PLAN, expires_at=NOON + DAY)

        then = balance(workspace_id, NOON + DAY)

        assert (then.posted, then.available, [share.remaining for share in then.by_lot]) == (10, 10, [10])

    def test_is_the_same_before_and_after_the_sweep(self):
        workspace_id = ledger.funded(10)
        ledger.grant(workspace_id, 20, source=LotSource.PLAN, expires_at=NOON + DAY)
        ledger.hold(workspace_id, 15, expires_in=2 * DAY)
        before = balance(workspace_id, NOON + DAY)

        credits_services.expire_due_lots(at=NOON + DAY)

        after = balance(workspace_id, NOON + DAY)
        assert (before.posted, before.held, before.available) == (15, 15, 0)
        assert (after.posted, after.held, after.available) == (15, 15, 0)
        assert [share.remaining for share in before.by_lot] == [share.remaining for share in after.by_lot]

    def test_of_a_debtor_shows_the_debt_and_nothing_available(self):
        workspace_id = ledger.workspace().pk
        lot = ledger.grant(workspace_id, 20)
        ledger.capture(ledger.hold(workspace_id, 15))
        ledger.claw_back(workspace_id, lot.lot_id, 20)

        owed = balance(workspace_id)

        assert (owed.posted, owed.debt, owed.available) == (-15, 15, 0)


class TestListEntries:
    def test_is_newest_first_and_in_the_order_of_the_ledger(self):
        workspace_id = ledger.funded(100)
        for _ in range(30):  # many within a microsecond
            ledger.capture(ledger.hold(workspace_id, 1))

        found = list(credits_selectors.list_entries(workspace_id=workspace_id))

        assert [entry.balance_after for entry in found] == list(range(70, 101))
        assert found == sorted(found, key=lambda entry: entry.created_at, reverse=True)

    def test_filters_by_time_to_the_microsecond(self):
        workspace_id = ledger.funded(1, at=NOON)
        ledger.grant(workspace_id, 2, at=NOON + timedelta(microseconds=1))
        ledger.grant(workspace_id, 3, at=NOON + timedelta(microseconds=2))

        found = credits_selectors.list_entries(
            workspace_id=workspace_id,
            since=NOON + timedelta(microseconds=1),
            until=NOON + timedelta(microseconds=2),
        )

        assert [entry.amount for entry in found] == [2]

    def test_filters_by_kind(self):
        workspace_id = ledger.funded(100)
        ledger.capture(ledger.hold(workspace_id, 1))

        found = credits_selectors.list_entries(workspace_id=workspace_id, kinds=[EntryKind.CAPTURE])

        assert [entry.amount for entry in found] == [-1]


class TestGetOne:
    def test_entry_of_another_workspace_is_not_found(self):
        granted = ledger.grant(ledger.workspace().pk, 5)

        with pytest.raises(EntryNotFound):
            credits_selectors.get_entry(workspace_id=ledger.funded(5), entry_id=granted.entry_id)

    def test_hold_of_another_workspace_is_not_found(self):
        placed = ledger.hold(ledger.funded(100))

        with pytest.raises(HoldNotFound):
            credits_selectors.get_hold(workspace_id=ledger.funded(5), hold_id=placed.pk)

    def test_hold_of_its_own_is_found(self):
        placed = ledger.hold(ledger.funded(100))

        assert credits_selectors.get_hold(workspace_id=placed.account_id, hold_id=placed.pk) == placed


class TestListExpiringLots:
    def test_names_those_with_credits_left_soonest_first(self):
        workspace_id = ledger.funded(10)
        late = ledger.grant(workspace_id, 5, expires_at=NOON + 9 * DAY)
        soon = ledger.grant(workspace_id, 5, expires_at=NOON + 2 * DAY)
        ledger.grant(workspace_id, 5, expires_at=NOON + 30 * DAY)

        found = credits_selectors.list_expiring_lots(workspace_id=workspace_id, at=NOON, within=14 * DAY)

        assert [lot.pk for lot in found] == [soon.lot_id, late.lot_id]


class TestStuckHolds:
    def test_are_those_open_for_an_hour_or_past_their_time(self):
        workspace_id = ledger.funded(100)
        old = ledger.hold(workspace_id, 1, at=NOON - timedelta(hours=1), expires_in=DAY)
        overdue = ledger.hold(workspace_id, 1, at=NOON - timedelta(minutes=20), expires_in=timedelta(minutes=10))
        ledger.hold(workspace_id, 1, at=NOON - timedelta(minutes=59), expires_in=DAY)
        settled = ledger.hold(workspace_id, 1, at=NOON - timedelta(hours=9), expires_in=DAY)
        ledger.release(settled)

        found = credits_selectors.list_stuck_holds_for_console(at=NOON)

        assert list(found) == [old, overdue]
        assert credits_selectors.count_stuck_holds_for_console(at=NOON) == 2

    def test_are_summed_by_age(self):
        workspace_id = ledger.funded(100)
        for hours, amount in ((0, 1), (0.5, 2), (2, 3), (7, 4), (30, 5)):
            ledger.hold(workspace_id, amount, at=NOON - timedelta(hours=hours), expires_in=3 * DAY)

        groups = credits_selectors.summarize_open_holds_for_console(at=NOON)

        assert [(group.count, group.credits) for group in groups] == [(1, 1), (1, 2), (1, 3), (1, 4), (1, 5)]


class TestListBalancesOfUser:
    def test_names_every_workspace_with_or_without_credits(self, ada, ada_team, count_queries):
        ledger.grant(ada_team.pk, 5)

        with count_queries(3):  # the person, their workspaces, the accounts
            found = credits_selectors.list_balances_of_user(user_id=ada.pk)

        assert {row.workspace.name: row.account.posted if row.account else None for row in found}["Engines"] == 5
        assert len(found) == 2


def test_ids_are_a_clock():
    moment = datetime(2026, 3, 2, 12, 0, 0, 123456, tzinfo=UTC)
    granted = ledger.grant(ledger.workspace().pk, 5, at=moment)

    assert first_id_at(moment) <= granted.entry_id < first_id_at(moment + timedelta(microseconds=1))
    assert Entry.objects.get(pk=granted.entry_id).created_at == moment


def test_holds_filter_by_status():
    workspace_id = ledger.funded(100)
    open_, released = ledger.hold(workspace_id), ledger.hold(workspace_id)
    ledger.release(released)

    assert list(credits_selectors.list_holds(workspace_id=workspace_id, statuses=[HoldStatus.OPEN])) == [open_]
