"""What is written past the ledger's functions leaves a line, and a reconciliation names it."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import connection, transaction

from accounts.selectors import actor_of
from audit import services as audit_services
from audit.models import Stray
from credits import services as credits_services
from credits.models import (
    Account,
    AdjustmentLimit,
    AllowanceUse,
    Entry,
    EntryNote,
    ExpiryWarning,
    Hold,
    Lot,
    Operation,
    Slice,
)
from credits.states import ReasonCode
from tests.factories import credits as ledger
from tests.factories.credits import NOON

LEDGER = [Account, Lot, Hold, Entry, Slice, Operation]
BESIDE = [AllowanceUse, EntryNote, ExpiryWarning, AdjustmentLimit]
BARE_ACCOUNT = "SELECT credits__open_account(id, now()) FROM accounts_workspace WHERE name <> 'Engines' LIMIT 1"


def run(sql, model=Account):
    """As somebody with full power over the database who knows how the guards are passed. ``{t}`` is the table."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SELECT set_config('credits.writer', 'on', true)")
        cursor.execute(sql.replace("{t}", table_of(model)))


def table_of(model):
    return model._meta.db_table


def lower_the_guards(model):
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")  # no check may wait while a table is altered
        cursor.execute(
            "SELECT tgname FROM pg_trigger WHERE tgrelid = %s::regclass AND tgname LIKE 'credits%%'", [table_of(model)]
        )
        for (name,) in cursor.fetchall():
            cursor.execute(f"ALTER TABLE {table_of(model)} DISABLE TRIGGER {name}")


def lines(model):
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT operation, txid = txid_current() FROM audit_change WHERE table_name = %s ORDER BY id",
            [table_of(model)],
        )
        return cursor.fetchall()


@pytest.fixture
def everything(sam, ada_team):
    """A row of every table, made as the product makes them, but by nobody whom the trail would name."""
    workspace_id = ada_team.pk
    ledger.grant(workspace_id, 50, expires_at=NOON + timedelta(days=3))
    lot = ledger.grant(workspace_id, 100)
    captured = ledger.capture(ledger.hold(workspace_id, 30))
    ledger.release(ledger.hold(workspace_id, 5))
    ledger.hold(workspace_id, 10)
    ledger.reverse(workspace_id, captured.entry_id)
    ledger.claw_back(workspace_id, lot.lot_id, 20)
    ledger.adjust(workspace_id, -3)
    credits_services.warn_of_expiry(at=NOON)
    credits_services.expire_due(at=NOON + timedelta(days=4))
    return workspace_id


@pytest.fixture
def given(everything, sam):
    """And what staff did."""
    credits_services.grant_by_staff(
        workspace_id=everything, amount=5, actor=actor_of(sam), reason="Sorry", reason_code=ReasonCode.GOODWILL,
        at=NOON + timedelta(days=4), idempotency_key="desk", customer_note="Sorry.",
    )  # fmt: skip


@pytest.mark.django_db
class TestWatching:
    @pytest.mark.parametrize("model", [*LEDGER, ExpiryWarning])
    def test_the_functions_leave_no_line(self, everything, model):
        assert model.objects.exists()
        assert lines(model) == []

    @pytest.mark.parametrize("model", [*LEDGER, *BESIDE])
    def test_every_column_that_somebody_edits_leaves_one(self, given, model):
        before = len(lines(model))
        lower_the_guards(model)
        names = [field.column for field in model._meta.concrete_fields if not field.generated]

        for name in names:
            run("UPDATE {t} SET {c} = {c} WHERE ctid = (SELECT min(ctid) FROM {t})".replace("{c}", name), model)

        assert lines(model)[before:] == [("update", True)] * len(names)

    @pytest.mark.parametrize("model", [*LEDGER, *BESIDE])
    def test_a_row_that_somebody_removes_leaves_one(self, given, model):
        if model is Lot:
            run("DELETE FROM credits_expirywarning")
        elif model is Account:
            run(BARE_ACCOUNT)
        before = len(lines(model))
        lower_the_guards(model)

        run("DELETE FROM {t} WHERE ctid = (SELECT max(ctid) FROM {t})", model)

        assert lines(model)[before:] == [("delete", True)]

    @pytest.mark.parametrize("model", [*LEDGER, AllowanceUse, EntryNote, AdjustmentLimit])
    def test_a_row_that_somebody_adds_leaves_one(self, given, model):
        before = len(lines(model))
        lower_the_guards(model)
        fresh = {"id": "gen_random_uuid()", "key": "'forged'", "on_date": "'2020-01-01'", "role": "'nobody'"}
        if model is Slice:
            fresh = {"entry_id": "gen_random_uuid()"}
        elif model is EntryNote:
            fresh = {"entry_id": "(SELECT id FROM credits_entry WHERE kind = 'expire')"}
        elif model is Account:
            fresh = {"workspace_id": "(SELECT id FROM accounts_workspace WHERE name <> 'Engines' LIMIT 1)"}
        names = [field.column for field in model._meta.concrete_fields if not field.generated]
        into, row = ", ".join(names), ", ".join(fresh.get(name, name) for name in names)

        run("INSERT INTO {t} ({n}) SELECT {v} FROM {t} LIMIT 1".replace("{n}", into).replace("{v}", row), model)

        assert lines(model)[before:] == [("insert", True)]

    @pytest.mark.parametrize("model", LEDGER)
    def test_switched_to_replication_it_leaves_one_too(self, everything, model):
        lower_the_guards(model)
        run("SET LOCAL session_replication_role = replica")

        run("DELETE FROM {t} WHERE ctid = (SELECT max(ctid) FROM {t})", model)

        assert lines(model) == [("delete", True)]

    def test_a_private_function_called_by_hand_leaves_one(self, everything):
        run(BARE_ACCOUNT)

        assert lines(Account) == [("insert", True)]


@pytest.mark.django_db(transaction=True)
class TestReconciliation:
    def test_names_what_was_changed_outside_and_nothing_else(self, everything, given):
        run("UPDATE credits_lot SET reversed_amount = reversed_amount WHERE remaining > 0")
        run("UPDATE credits_account SET next_expiry_at = NULL")
        run("UPDATE credits_allowanceuse SET used_credits = 0")

        audit_services.reconcile(at=NOON)

        found = set(Stray.objects.filter(table_name__startswith="credits_").values_list("table_name", "operation"))
        assert found == {
            ("credits_lot", "update"), ("credits_account", "update"), ("credits_allowanceuse", "update"),
        }  # fmt: skip

    def test_has_nothing_to_say_of_a_freeze_by_staff(self, everything, lou):
        credits_services.freeze_account(workspace_id=everything, actor=actor_of(lou), reason="Fraud", at=NOON)

        audit_services.reconcile(at=NOON)

        assert not Stray.objects.filter(table_name__startswith="credits_").exists()

    def test_names_a_freeze_that_has_no_entry(self, everything):
        run(f"SELECT credits_set_frozen('{everything}', true, 'Fraud', now())")

        audit_services.reconcile(at=NOON)

        found = Stray.objects.filter(table_name__startswith="credits_").values_list("table_name", "row_id")
        assert list(found) == [("credits_account", str(everything))]
