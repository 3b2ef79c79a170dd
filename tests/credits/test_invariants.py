"""Each invariant finds the damage it is there for."""

from __future__ import annotations

import pytest
from django.db import connection

from core.registries import invariants as registered
from credits import invariants
from tests.factories import credits as ledger
from tests.factories.credits import NOON

pytestmark = pytest.mark.django_db

DAMAGE = {
    "credits.entries_add_up_to_the_balance": "UPDATE credits_account SET posted = posted + 1",
    "credits.open_holds_add_up_to_held": "UPDATE credits_account SET held = held - 1",
    "credits.lots_add_up_to_the_balance": "UPDATE credits_lot SET remaining = remaining - 1 WHERE remaining > 1",
    "credits.slices_add_up_to_their_entry": "UPDATE credits_slice SET amount = amount + 1",
    "credits.slices_add_up_to_their_lot": "DELETE FROM credits_slice",
    "credits.balances_run_from_entry_to_entry": "UPDATE credits_entry SET balance_after = balance_after + 1",
    "credits.captures_agree_with_their_holds": "UPDATE credits_entry SET amount = amount - 1 WHERE kind = 'capture'",
    "credits.grants_agree_with_their_lots": "UPDATE credits_lot SET granted = granted + 1",
    "credits.claw_backs_agree_with_their_lots": "UPDATE credits_lot SET clawed_amount = clawed_amount + 1",
    "credits.nothing_is_taken_back_twice": "UPDATE credits_lot SET reversed_amount = 1",
    "credits.reversals_mirror_their_entry": "UPDATE credits_entry SET amount = amount + 1 WHERE kind = 'reverse'",
    "credits.entries_were_asked_for": "DELETE FROM credits_operation",
    "credits.rows_have_an_account": "DELETE FROM credits_lot; DELETE FROM credits_account",
    "credits.slices_have_entry_and_lot": "DELETE FROM credits_entry",
    "credits.guards_stand": "DROP TRIGGER credits_kept ON credits_entry",
    "credits.next_expiry_is_known": "UPDATE credits_account SET next_expiry_at = NULL",
}


@pytest.fixture
def ledgers():
    """An account with one of everything."""
    workspace_id = ledger.workspace().pk
    ledger.grant(workspace_id, 50, expires_at=NOON.replace(year=2027))
    lot = ledger.grant(workspace_id, 100)
    captured = ledger.capture(ledger.hold(workspace_id, 30))
    ledger.hold(workspace_id, 10)
    ledger.reverse(workspace_id, captured.entry_id)
    ledger.claw_back(workspace_id, lot.lot_id, 20)


def damage(sql):
    """Change rows as somebody with full power over the database would."""
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")  # no check may wait while a table is altered
        for table in ("account", "lot", "hold", "entry", "slice", "operation"):
            cursor.execute(f"ALTER TABLE credits_{table} DISABLE TRIGGER USER")
        cursor.execute(sql)


def test_they_hold_for_a_ledger_with_one_of_everything(ledgers):
    assert invariants.check_all() == []


@pytest.mark.parametrize("name", sorted(invariants.STATEMENTS))
def test_each_finds_its_damage(ledgers, name):
    damage(DAMAGE[name])

    assert name in {violation.invariant for violation in invariants.check_all()}


@pytest.mark.parametrize(
    ("sql", "subject", "detail"),
    [
        ("CREATE FUNCTION credits_gift() RETURNS int LANGUAGE sql RETURN 1", "credits_gift", "unknown"),
        ("ALTER FUNCTION credits_set_frozen RENAME TO set_frozen", "credits_set_frozen", "gone"),
        (
            "CREATE OR REPLACE FUNCTION credits__refuse_change() RETURNS trigger LANGUAGE plpgsql"
            " AS 'BEGIN RETURN NEW; END'",
            "credits__refuse_change",
            "altered",
        ),
    ],
)
def test_they_find_a_function_that_is_not_ours(db, sql, subject, detail):
    with connection.cursor() as cursor:
        cursor.execute(sql)

    found = invariants.functions_are_as_installed()

    assert [(violation.subject, violation.detail) for violation in found] == [(subject, detail)]


@pytest.mark.parametrize(
    ("table", "trigger"),
    [
        (table, trigger)
        for table in ("account", "lot", "hold", "operation", "entry", "slice")
        for trigger in ("direct_write", "kept", "kept_whole", "as_written")
    ]
    + [("hold", "settles_once"), *((table, "sums") for table in ("account", "lot", "hold", "entry"))],
)
def test_they_find_each_guard_that_is_off(db, table, trigger):
    with connection.cursor() as cursor:
        cursor.execute(f"ALTER TABLE credits_{table} DISABLE TRIGGER credits_{trigger}")

    assert [v.subject for v in invariants.check("credits.guards_stand")] == [f"credits_{table}.credits_{trigger}"]


def test_each_names_the_row_and_what_is_wrong(ledgers):
    damage(DAMAGE["credits.entries_add_up_to_the_balance"])

    violation = invariants.check("credits.entries_add_up_to_the_balance")[0]

    assert len(violation.subject) == 36
    assert violation.detail.startswith("posted 131, entries 130")


def test_all_are_registered():
    assert {name for name, _ in registered.items()} >= invariants.STATEMENTS.keys()
