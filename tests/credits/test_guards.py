"""What the database itself refuses, whoever asks."""

from __future__ import annotations

from contextlib import contextmanager
from datetime import timedelta

import pytest
from django.db import IntegrityError, ProgrammingError, connection, transaction

from credits import services as credits_services
from credits.models import Account, Entry, Hold, Lot, Operation, Slice
from tests.factories import credits as ledger
from tests.factories.credits import NOON

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

    @pytest.mark.parametrize("model", [Entry, Slice, Operation])
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
        with connection.cursor() as cursor:
            cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")  # no check may wait while a table is altered
            cursor.execute("ALTER TABLE credits_lot DISABLE TRIGGER credits_as_written")
            cursor.execute("ALTER TABLE credits_hold DISABLE TRIGGER credits_settles_once")

        with pytest.raises(IntegrityError, match=name), open_guard() as cursor:
            cursor.execute(sql)


class TestWhatStays:
    """Whoever opens the guard by hand may still not rewrite what was."""

    @pytest.mark.parametrize("status", ["open", "released", "captured_late", "captured"])
    def test_a_captured_hold_moves_nowhere(self, placed, status):
        done = Hold.objects.get(status="captured")
        values = {"status": status}
        if status == "open":
            values |= {"settled_at": None, "entry_id": None, "captured_amount": 0}

        with pytest.raises(ProgrammingError, match="a hold settles once"), open_guard():
            Hold.objects.filter(pk=done.pk).update(**values)

    @pytest.mark.parametrize("status", ["open", "released", "captured", "expired"])
    def test_an_expired_hold_can_only_be_captured_late(self, placed, status):
        credits_services.expire_due_holds(at=placed.expires_at)
        values = {"status": status} | ({"settled_at": None} if status == "open" else {})

        with pytest.raises(ProgrammingError, match="a hold settles once"), open_guard():
            Hold.objects.filter(pk=placed.pk).update(**values)
        assert ledger.capture(placed, at=placed.expires_at, allow_late=True).is_late

    @pytest.mark.parametrize(
        ("model", "name", "value"),
        [
            (Lot, "priority", 1),
            (Lot, "source", "promo"),
            (Lot, "source_ref", "pi_2"),
            (Lot, "expires_at", NOON),
            (Lot, "paid_amount_minor", 1),
            (Lot, "granted", 10**6),
            (Lot, "created_at", NOON + timedelta(days=1)),
            (Hold, "amount", 1),
            (Hold, "purpose", "other"),
            (Hold, "expires_at", NOON),
            (Hold, "actor_id", "key_other"),
            (Hold, "idempotency_key", "other"),
            (Hold, "created_at", NOON + timedelta(days=1)),
            (Account, "created_at", NOON + timedelta(days=1)),
        ],
    )
    def test_the_terms_of_a_row_stay(self, placed, model, name, value):
        with pytest.raises(ProgrammingError, match="stay"), open_guard():
            model.objects.update(**{name: value})


class TestSums:
    """What is written past the functions must add up when it commits."""

    def commit(self, *statements):
        with open_guard() as cursor:
            for statement in statements:
                cursor.execute(statement)
            cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")

    @pytest.mark.parametrize(
        ("sql", "what"),
        [
            ("UPDATE credits_account SET posted = posted + 1", "the entries do not add up to its balance"),
            ("UPDATE credits_account SET held = held - 1", "the open holds do not add up to what is held"),
            ("UPDATE credits_lot SET remaining = remaining - 1", "the lots do not add up to its balance"),
            (
                "UPDATE credits_hold SET status = 'released', settled_at = now() WHERE status = 'open'",
                "the open holds do not add up to what is held",
            ),
            (
                "INSERT INTO credits_entry"
                " SELECT (jsonb_populate_record(e, jsonb_build_object('id', gen_random_uuid()))).*"
                "  FROM credits_entry e WHERE kind = 'grant'",
                "the entries do not add up to its balance",
            ),
        ],
    )
    def test_that_are_wrong_do_not_commit(self, placed, sql, what):
        with pytest.raises(IntegrityError, match=what):
            self.commit(sql)

    def test_may_be_wrong_on_the_way(self, placed):
        self.commit(
            "UPDATE credits_account SET held = 0",
            "UPDATE credits_hold SET status = 'released', settled_at = now() WHERE status = 'open'",
        )

        assert Account.objects.get().held == 0


def test_the_guards_stand_in_replication_too(placed):
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL session_replication_role = replica")

    with pytest.raises(ProgrammingError, match="functions only"), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("UPDATE credits_account SET posted = posted + 1")
