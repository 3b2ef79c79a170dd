import threading

import psycopg
import pytest
from django.db import connection, transaction

from audit import services
from audit.errors import AlreadyAcknowledged
from audit.events import ChangedOutsideApplication
from audit.models import Entry, Stray
from audit.services import FindingKind, _reconciliation
from audit.watch import WatchTable
from core import events, jobs
from core.errors import InvalidInput, NotFound
from core.ids import from_public
from outbox.models import Job
from tests.audit.conftest import AT, MAX, SAM
from tests.factories.outbox import run as run_job

pytestmark = pytest.mark.django_db(transaction=True)


def run(*statements):
    """Each group is one transaction, as psql would send it."""
    with transaction.atomic(), connection.cursor() as cursor:
        for statement in statements:
            cursor.execute(statement)


@pytest.fixture
def vault():
    """Two watched tables: the vault, and the lines that stand for entries of their own."""
    run("CREATE TABLE vault (id int PRIMARY KEY, gold int)", "CREATE TABLE vault_line (id int PRIMARY KEY)")
    with connection.schema_editor() as editor:
        WatchTable("vault", covered_by="vault_line").database_forwards("audit", editor, None, None)
        WatchTable("vault_line", covered_by="vault_line").database_forwards("audit", editor, None, None)


def strays():
    return list(Stray.objects.order_by("id").values_list("table_name", "operation", "row_id"))


def insert_with_entry(number):
    with transaction.atomic():
        services.record(action="test.gold.stored", at=AT, actor=SAM)
        run(f"INSERT INTO vault VALUES ({number}, 1)")


class TestReconcile:
    def test_a_change_with_an_entry_is_in_order(self, vault):
        insert_with_entry(1)

        assert services.reconcile(at=AT).stray_ids == ()

    def test_a_change_without_one_was_made_outside_the_application(self, vault):
        insert_with_entry(1)
        run("UPDATE vault SET gold = 1000000 WHERE id = 1")

        services.reconcile(at=AT)

        assert strays() == [("vault", "update", "1")]

    def test_an_entry_of_another_transaction_does_not_cover_it(self, vault):
        services.record(action="test.gold.stored", at=AT, actor=SAM)
        run("INSERT INTO vault VALUES (1, 1)")

        services.reconcile(at=AT)

        assert strays() == [("vault", "insert", "1")]

    def test_a_covering_line_stands_for_an_entry(self, vault):
        run("INSERT INTO vault VALUES (1, 1)", "INSERT INTO vault_line VALUES (1)")

        assert services.reconcile(at=AT).stray_ids == ()

    def test_changing_a_covering_line_covers_nothing(self, vault):
        run("INSERT INTO vault_line VALUES (1)")
        run("UPDATE vault_line SET id = 2", "INSERT INTO vault VALUES (1, 1)")

        services.reconcile(at=AT)

        assert strays() == [("vault_line", "update", "2"), ("vault", "insert", "1")]

    def test_emptying_a_watched_table_is_found(self, vault):
        run("TRUNCATE vault")

        services.reconcile(at=AT)

        assert strays() == [("vault", "truncate", "")]

    def test_each_change_is_looked_at_once(self, vault):
        run("INSERT INTO vault VALUES (1, 1)")

        assert len(services.reconcile(at=AT).stray_ids) == 1
        assert services.reconcile(at=AT).stray_ids == ()

    def test_batches_come_to_the_same(self, vault, monkeypatch):
        monkeypatch.setattr(services._reconciliation, "CHECK_AT_ONCE", 2)
        monkeypatch.setattr(services._reconciliation, "SEAL_AT_ONCE", 2)
        for number in range(5):
            insert_with_entry(number)
        run("DELETE FROM vault WHERE id IN (1, 3)")

        assert len(services.reconcile(at=AT).stray_ids) == 2
        assert services.verify(at=AT).checkpoints == 3

    def test_it_says_so(self, vault):
        heard = []
        events.subscribe(ChangedOutsideApplication, heard.append)
        run("INSERT INTO vault VALUES (1, 1)")

        advance = services.reconcile(at=AT)

        assert heard == [ChangedOutsideApplication(stray_ids=advance.stray_ids, found_at=AT)]

    def test_verification_names_it(self, vault):
        run("INSERT INTO vault VALUES (1, 1)")

        report = services.verify(at=AT)

        assert [finding.kind for finding in report.findings] == [FindingKind.CHANGED_OUTSIDE]
        assert report.findings[0].detail.startswith("insert of vault 1, at ")

    def test_a_transaction_still_running_is_neither_sealed_nor_judged(self, vault):
        begun, go_on = threading.Event(), threading.Event()

        def slow():
            with transaction.atomic():
                run("INSERT INTO vault VALUES (1, 1)")
                begun.set()
                go_on.wait(20)
                services.record(action="test.gold.stored", at=AT, actor=SAM)
            connection.close()

        thread = threading.Thread(target=slow)
        thread.start()
        begun.wait(20)
        insert_with_entry(2)
        services.reconcile(at=AT)
        early = Entry.objects.count(), sealed()
        go_on.set()
        thread.join()
        services.reconcile(at=AT)

        assert early == (1, 0)
        assert (sealed(), strays(), services.verify(at=AT).findings) == (2, [], [])

    def test_a_restored_copy_that_counts_transactions_anew_is_settled_too(self, vault):
        run("UPDATE audit_mark SET pending_seq = 0, pending_change = 0, pending_txid = 9000000000000000")
        insert_with_entry(1)

        services.reconcile(at=AT)

        assert sealed() == 1


def sealed():
    with connection.cursor() as cursor:
        cursor.execute("SELECT coalesce(sum(entries), 0) FROM audit_checkpoint")
        return int(cursor.fetchone()[0])


class TestAcknowledgeStray:
    @pytest.fixture
    def stray(self, vault):
        run("INSERT INTO vault VALUES (1, 1)")
        return services.reconcile(at=AT).stray_ids[0]

    def test_an_explained_change_lets_verification_pass(self, stray):
        services.acknowledge_stray(stray_id=stray, actor=MAX, reason="repair of case 7", at=AT)

        assert services.verify(at=AT).findings == []

    def test_it_leaves_one_entry(self, stray):
        services.acknowledge_stray(stray_id=stray, actor=MAX, reason="repair of case 7", at=AT)

        assert [entry.action for entry in Entry.objects.all()] == ["audit.stray.acknowledged"]

    def test_twice_is_refused(self, stray):
        services.acknowledge_stray(stray_id=stray, actor=MAX, reason="repair", at=AT)

        with pytest.raises(AlreadyAcknowledged):
            services.acknowledge_stray(stray_id=stray, actor=MAX, reason="repair", at=AT)

    def test_without_a_reason_it_is_refused(self, stray):
        with pytest.raises(InvalidInput):
            services.acknowledge_stray(stray_id=stray, actor=MAX, reason="", at=AT)

    def test_an_unknown_one_is_not_found(self, vault):
        with pytest.raises(NotFound):
            services.acknowledge_stray(stray_id=77, actor=MAX, reason="repair", at=AT)


def is_mark_free():
    """Whether somebody else could move the mark now."""
    with psycopg.connect(**psycopg_parameters(), autocommit=True) as other:
        try:
            other.execute("SELECT 1 FROM audit_mark FOR UPDATE NOWAIT")
        except psycopg.errors.LockNotAvailable:
            return False
    return True


def psycopg_parameters():
    found = connection.get_connection_params()
    return {name: found[name] for name in ("dbname", "user", "password", "host", "port") if found.get(name)}


class TestJobs:
    @pytest.mark.parametrize("name", ["audit.reconcile", "audit.verify_and_keep"])
    def test_they_let_go_of_the_mark_between_batches(self, monkeypatch, name):
        for _ in range(3):
            services.record(action="test.gold.stored", at=AT, actor=SAM)
        free = []
        step = _reconciliation._step
        monkeypatch.setattr(_reconciliation, "SEAL_AT_ONCE", 1)

        def watched_step(sql, limit):
            more = step(sql, limit)
            free.append(is_mark_free())
            return more

        monkeypatch.setattr(_reconciliation, "_step", watched_step)
        job = Job.objects.get(pk=from_public("job", jobs.enqueue(name)))

        assert run_job(job).status == "done"
        assert len(free) > 3
        assert all(free)
