"""The fixtures every other test leans on."""

import socket

import pytest
from django.contrib.contenttypes.models import ContentType
from django.core.cache import cache
from django.db import connection, transaction

from accounts.models import User
from core.clock import now
from tests.conftest import A_MOMENT


@pytest.mark.django_db
def test_a_test_database_is_a_clone_and_not_the_configured_one():
    with connection.cursor() as cursor:
        cursor.execute("SELECT current_database()")

        assert cursor.fetchone()[0].startswith("test_")


@pytest.mark.django_db(transaction=True)
class TestCommittingTests:
    def test_a_committed_row_is_there_for_others(self):
        with transaction.atomic():
            User.objects.create(email="first@ballast.test")

        assert User.objects.count() == 1

    def test_nothing_is_left_for_the_next_test(self):
        assert User.objects.count() == 0

    def test_what_migrations_seeded_is_still_there(self):
        assert ContentType.objects.exists()


def test_sockets_beyond_loopback_are_refused():
    with pytest.raises(UserWarning, match=r"192\.0\.2\.1"), socket.socket() as outside:
        outside.connect(("192.0.2.1", 80))


def test_time_stands_still(clock):
    before = now()
    clock.shift(60)

    assert before == A_MOMENT
    assert (now() - before).total_seconds() == 60


@pytest.mark.django_db
class TestCountQueries:
    def test_the_right_number_passes(self, count_queries):
        with count_queries(1):
            User.objects.exists()

    def test_a_wrong_number_shows_the_queries(self, count_queries):
        with pytest.raises(pytest.fail.Exception, match=r"1 queries instead of 0:\n1\. SELECT"), count_queries(0):
            User.objects.exists()


def test_the_cache_works(empty_cache):
    cache.set("color", "green")

    assert cache.get("color") == "green"
