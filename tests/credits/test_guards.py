"""What the database itself refuses, whoever asks."""

from __future__ import annotations

from contextlib import contextmanager

import pytest
from django.db import IntegrityError, ProgrammingError, connection, transaction

from credits.models import Account, Entry, Hold, Lot, Operation, Slice
from tests.factories import credits as ledger

pytestmark = pytest.mark.django_db


@pytest.fixture
def placed():
    workspace_id = ledger.funded(100)
    ledger.capture(ledger.hold(workspace_id, 10))
    return ledger.hold(workspace_id, 30)


@contextmanager
def open_guard():
    """With the guard open, as only the ledger's functions have it."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SELECT set_config('credits.writer', 'on', true)")
        yield cursor


class TestDirectWrites:
    @pytest.mark.parametrize(
        ("model", "change"),
        [
            (Account, {"posted": 1_000_000}),
            (Account, {"held": 0}),
            (Lot, {"remaining": 0}),
            (Hold, {"status": "released"}),
            (Operation, {"amount": 5}),
        ],
    )
    def test_of_balances_are_refused(self, placed, model, change):
        with pytest.raises(ProgrammingError, match="written by its functions only"), transaction.atomic():
            model.objects.update(**change)

    @pytest.mark.parametrize("model", [Account, Lot, Hold, Operation, Entry, Slice])
    def test_removing_a_row_is_refused(self, placed, model):
        with pytest.raises(ProgrammingError, match="append-only"), transaction.atomic():
            model.objects.all()._raw_delete(model.objects.db)

    @pytest.mark.parametrize("table", ["account", "lot", "hold", "operation", "entry", "slice"])
    def test_truncating_is_refused(self, placed, table):
        with connection.cursor() as cursor:
            cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
            with pytest.raises(ProgrammingError, match="append-only"), transaction.atomic():
                cursor.execute(f"TRUNCATE credits_{table} CASCADE")

    @pytest.mark.parametrize("model", [Entry, Slice])
    def test_of_history_are_refused_even_to_the_functions(self, placed, model):
        with pytest.raises(ProgrammingError, match="append-only"), open_guard():
            model.objects.update(amount=5)

    @pytest.mark.parametrize("model", [Entry, Slice, Hold, Lot, Account, Operation])
    def test_adding_a_row_is_refused(self, placed, model):
        row = model.objects.values_list(*(f.attname for f in model._meta.concrete_fields if not f.generated)).first()
        names = [f.attname for f in model._meta.concrete_fields if not f.generated]

        with pytest.raises(ProgrammingError, match="functions only"), transaction.atomic():
            model.objects.bulk_create([model(**dict(zip(names, row, strict=True)))])

    def test_stay_refused_in_the_transaction_of_a_ledger_call(self, placed):
        ledger.hold(placed.account_id, 1)

        with pytest.raises(ProgrammingError, match="functions only"), transaction.atomic():
            Account.objects.update(held=0)


class TestConstraints:
    @pytest.mark.parametrize(
        ("name", "sql"),
        [
            ("held_not_negative", "UPDATE credits_account SET held = -1"),
            ("held_is_covered", "UPDATE credits_account SET posted = 29"),
            ("held_is_covered", "UPDATE credits_account SET posted = -1"),
            ("debt_not_negative", "UPDATE credits_account SET debt = -1"),
            ("free_credits_pay_debt", "UPDATE credits_account SET debt = 5"),
            ("frozen_coherent", "UPDATE credits_account SET frozen_reason = 'x'"),
            ("remaining_in_range", "UPDATE credits_lot SET remaining = -1"),
            ("remaining_in_range", "UPDATE credits_lot SET remaining = granted + 1"),
            ("taken_back_once", "UPDATE credits_lot SET clawed_amount = granted + 1"),
            ("taken_back_once", "UPDATE credits_lot SET clawed_amount = 1, reversed_amount = granted"),
            ("taken_back_once", "UPDATE credits_lot SET reversed_amount = -1"),
            ("price_has_currency", "UPDATE credits_lot SET paid_amount_minor = 5"),
            ("source_known", "UPDATE credits_lot SET source = 'gift'"),
            ("priority_in_range", "UPDATE credits_lot SET priority = 101"),
            ("status_coherent", "UPDATE credits_hold SET status = 'captured' WHERE status = 'open'"),
            ("status_coherent", "UPDATE credits_hold SET status = 'open' WHERE status = 'captured'"),
            ("status_coherent", "UPDATE credits_hold SET status = 'gone'"),
            ("captured_in_range", "UPDATE credits_hold SET captured_amount = 11 WHERE status = 'captured'"),
        ],
    )
    def test_refuse_what_can_never_be(self, placed, name, sql):
        with pytest.raises(IntegrityError, match=name), open_guard() as cursor:
            cursor.execute(sql)
