from datetime import UTC, date, datetime

import pytest
from django.db import connection

from audit import health, services, tasks
from audit.guards import find_missing_guards, find_unsorted_rows
from audit.models import Entry
from tests.audit.conftest import AT, SAM

pytestmark = pytest.mark.django_db


def partition_of(seq):
    with connection.cursor() as cursor:
        cursor.execute("SELECT tableoid::regclass::text FROM audit_entry WHERE seq = %s", [seq])
        return cursor.fetchone()[0]


class TestMakePartitionsAhead:
    def test_three_months_ahead_are_made_for_all_three_tables(self):
        assert services.make_partitions_ahead(at=datetime(2031, 11, 30, tzinfo=UTC)) == 12

    def test_a_second_time_makes_nothing(self):
        services.make_partitions_ahead(at=datetime(2031, 11, 30, tzinfo=UTC))

        assert services.make_partitions_ahead(at=datetime(2031, 11, 30, tzinfo=UTC)) == 0

    def test_new_months_are_guarded(self):
        services.make_partitions_ahead(at=datetime(2031, 11, 30, tzinfo=UTC))

        assert find_missing_guards() == []

    def test_the_daily_job_makes_them(self, clock):
        clock.move_to(datetime(2031, 1, 1, tzinfo=UTC))
        tasks.make_partitions_ahead()

        services.record(action="test.row.placed", at=datetime(2031, 4, 30, 23, 59, tzinfo=UTC), actor=SAM)
        assert partition_of(Entry.objects.get().seq) == "audit_entry_y2031m04"


class TestEnsurePartitions:
    def test_an_entry_in_a_month_nobody_made_is_kept_and_named(self):
        services.record(action="test.row.placed", at=datetime(2001, 5, 17, tzinfo=UTC), actor=SAM)

        assert find_unsorted_rows() == [("audit_entry", 1), ("audit_payload", 1)]

    def test_such_rows_are_put_where_they_belong(self):
        services.record(action="test.row.placed", at=datetime(2001, 5, 17, tzinfo=UTC), actor=SAM)

        services.ensure_partitions(since=date(2001, 5, 1), until=date(2001, 5, 31))

        assert find_unsorted_rows() == []
        assert partition_of(Entry.objects.get().seq) == "audit_entry_y2001m05"
        assert services.verify(at=AT).findings == []

    def test_a_month_begins_and_ends_in_utc(self):
        services.ensure_partitions(since=date(2001, 5, 1), until=date(2001, 6, 1))
        with connection.cursor() as cursor:
            cursor.execute("SET LOCAL TIME ZONE 'Asia/Tokyo'")
        services.record(action="test.row.placed", at=datetime(2001, 5, 31, 23, 59, tzinfo=UTC), actor=SAM)

        assert partition_of(Entry.objects.get().seq) == "audit_entry_y2001m05"


class TestTrailIsHealthy:
    def test_it_is_at_first(self):
        assert health.trail_is_healthy() is None

    def test_rows_in_no_month_are_told(self):
        services.record(action="test.row.placed", at=datetime(2001, 5, 17, tzinfo=UTC), actor=SAM)

        assert health.trail_is_healthy() == "1 rows of audit_entry are in no month"

    def test_a_month_without_a_partition_is_told(self, clock):
        clock.move_to(datetime(2045, 1, 1, tzinfo=UTC))

        assert health.trail_is_healthy() == "this month has no partition"

    def test_a_guard_switched_off_is_told(self):
        with connection.cursor() as cursor:
            cursor.execute("ALTER TABLE audit_entry DISABLE TRIGGER audit_entry_append_only")

        assert "triggers of the trail are gone or off, first audit_entry: " in health.trail_is_healthy()
