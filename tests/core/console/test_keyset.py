from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from django.test.utils import CaptureQueriesContext

from accounts.models import User
from core.console import keyset
from core.console.counting import capped_count

NEWEST = ("-created_at", "-id")
START = datetime(2026, 1, 1, 12, 0, 0, 123456, tzinfo=UTC)


@pytest.fixture
def users(db):
    """Seven users; three of them made in the same microsecond."""
    moments = [0, 1, 1, 1, 2, 3, 4]
    made = [
        User.objects.create(email=f"u{n}@example.com", created_at=START + timedelta(microseconds=m))
        for n, m in enumerate(moments)
    ]
    return sorted(made, key=lambda user: (user.created_at, user.id), reverse=True)


def page_of(text="", *, ordering=NEWEST, size=3):
    cursor = keyset.decode(text, model=User, ordering=ordering) if text else None
    return keyset.paginate(User.objects.all(), ordering=ordering, cursor=cursor, size=size)


class TestPaginate:
    def test_visits_every_row_once_though_rows_share_a_moment(self, users):
        seen, page = [], page_of()
        while True:
            seen += page.rows
            if page.next is None:
                break
            page = page_of(page.next)
        assert seen == users

    def test_goes_back_to_the_page_before(self, users):
        first = page_of()
        second = page_of(first.next)
        third = page_of(second.next)
        assert page_of(third.previous).rows == second.rows
        assert page_of(second.previous).rows == first.rows

    def test_offers_no_way_back_from_the_first_page(self, users):
        assert page_of().previous is None

    def test_offers_no_way_on_from_the_last_page(self, users):
        assert page_of(size=7).next is None

    def test_reads_from_the_other_end(self, users):
        page = page_of(ordering=keyset.reversed_ordering(NEWEST))
        assert page.rows == users[::-1][:3]

    def test_costs_one_query_without_offset(self, users, django_assert_num_queries):
        following = page_of().next
        with django_assert_num_queries(1) as captured:
            page_of(following)
        assert "OFFSET" not in captured.captured_queries[0]["sql"]

    def test_is_empty_where_nothing_is(self, db):
        assert page_of() == keyset.Page([], None, None)


class TestDecode:
    def test_ignores_what_we_did_not_sign(self, users):
        assert keyset.decode("rubbish", model=User, ordering=NEWEST) is None

    def test_ignores_a_cursor_of_another_order(self, users):
        other = page_of(ordering=("created_at", "id")).next
        assert keyset.decode(other, model=User, ordering=NEWEST) is None

    def test_keeps_microseconds(self, users):
        cursor = keyset.decode(page_of().next, model=User, ordering=NEWEST)
        assert cursor.values[0] == users[2].created_at


class TestFollowing:
    def test_lets_one_index_range_serve_it(self, users):
        condition = keyset.following(NEWEST, (START, users[0].id))
        sql = str(User.objects.filter(condition).order_by(*NEWEST).only("id").query)
        assert '"created_at" <= ' in sql


class TestCappedCount:
    def test_is_exact_below_the_limit(self, users):
        assert str(capped_count(User.objects.all(), limit=7)) == "7"

    def test_stops_at_the_limit(self, users):
        assert str(capped_count(User.objects.all(), limit=5)) == "5+"

    def test_counts_inside_a_limited_subquery(self, users, django_assert_num_queries):
        from django.db import connection

        with CaptureQueriesContext(connection) as captured:
            capped_count(User.objects.all())
        assert "LIMIT 10001" in captured.captured_queries[0]["sql"]
