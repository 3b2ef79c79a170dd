import pytest
from django.db import connection

from audit.watch import WatchTable

pytestmark = pytest.mark.django_db


@pytest.fixture
def watched():
    """A table made for the test, and a way to watch it."""

    def watch(**options):
        with connection.cursor() as cursor:
            cursor.execute("CREATE TABLE audit_sample (key text PRIMARY KEY, amount int, note text)")
        with connection.schema_editor(atomic=False) as editor:
            WatchTable("audit_sample", pk="key", **options).database_forwards("audit", editor, None, None)

    return watch


def run(*statements):
    with connection.cursor() as cursor:
        for statement in statements:
            cursor.execute(statement)


def changes():
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT operation, row_id, txid = txid_current() FROM audit_change"
            " WHERE table_name = 'audit_sample' ORDER BY id"
        )
        return cursor.fetchall()


class TestWatchTable:
    def test_each_change_of_a_row_is_logged_with_its_transaction(self, watched):
        watched()

        run(
            "INSERT INTO audit_sample VALUES ('a', 1, '')",
            "UPDATE audit_sample SET amount = 2",
            "DELETE FROM audit_sample",
        )

        assert changes() == [("insert", "a", True), ("update", "a", True), ("delete", "a", True)]

    def test_an_update_of_other_columns_is_not_logged(self, watched):
        watched(columns=("amount",))

        run(
            "INSERT INTO audit_sample VALUES ('a', 1, '')",
            "UPDATE audit_sample SET note = 'x'",
            "UPDATE audit_sample SET note = 'y', amount = 2",
        )

        assert changes() == [("insert", "a", True), ("update", "a", True)]

    def test_only_the_named_operations_are_logged(self, watched):
        watched(operations=("delete",))

        run("INSERT INTO audit_sample VALUES ('a', 1, '')", "DELETE FROM audit_sample")

        assert changes() == [("delete", "a", True)]

    def test_only_rows_that_a_condition_holds_of_are_logged(self, watched):
        watched(when={"insert": "NEW.amount > 1", "update": "NEW.amount > OLD.amount"}, columns=("note",))

        run(
            "INSERT INTO audit_sample VALUES ('a', 1, ''), ('b', 2, '')",
            "UPDATE audit_sample SET amount = 0 WHERE key = 'a'",
            "UPDATE audit_sample SET amount = 3 WHERE key = 'a'",
            "UPDATE audit_sample SET note = 'x' WHERE key = 'b'",
        )

        assert changes() == [("insert", "b", True), ("update", "a", True), ("update", "b", True)]

    def test_emptying_the_table_is_logged(self, watched):
        watched()

        run("TRUNCATE audit_sample")

        assert changes() == [("truncate", "", True)]

    def test_a_replica_is_watched_too(self, watched):
        watched()

        run(
            "SET LOCAL session_replication_role = replica",
            "INSERT INTO audit_sample VALUES ('a', 1, '')",
            "UPDATE audit_sample SET amount = 2",
            "DELETE FROM audit_sample",
            "TRUNCATE audit_sample",
            "SET LOCAL session_replication_role = origin",
        )

        assert [operation for operation, _, _ in changes()] == ["insert", "update", "delete", "truncate"]

    def test_backwards_it_leaves_nothing_behind(self, watched):
        watched()
        with connection.schema_editor(atomic=False) as editor:
            WatchTable("audit_sample", pk="key").database_backwards("audit", editor, None, None)

        run("INSERT INTO audit_sample VALUES ('a', 1, '')")

        assert changes() == []

    def test_an_unknown_operation_is_refused(self):
        with pytest.raises(ValueError, match="unknown operations"):
            WatchTable("audit_sample", operations=("select",))
