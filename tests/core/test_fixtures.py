"""The fixtures every other test leans on."""

import socket

import pytest
from django.conf import settings
from django.contrib.contenttypes.models import ContentType
from django.core.cache import cache, caches
from django.db import connection, transaction

from accounts.models import User
from core.clock import now
from tests import stores
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


def test_the_cache_is_in_the_workers_own_database():
    assert caches["default"]._servers == [settings.REDIS_URL]


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


class TestRedisDatabases:
    def test_this_run_holds_its_own(self, settings):
        with pytest.raises(stores.Taken, match="Another test run uses Redis database"):
            claim(settings.REDIS_URL)

    def test_who_comes_second_is_turned_away_however_often_they_ask(self, settings, monkeypatch):
        monkeypatch.setattr(stores, "_NAME", "tests-of-claims")
        with stores.claimed([settings.REDIS_URL]):
            for _ in range(2):
                with pytest.raises(stores.Taken):
                    claim(settings.REDIS_URL)

    def test_what_was_held_is_let_go(self, settings, monkeypatch):
        monkeypatch.setattr(stores, "_NAME", "tests-of-claims")
        for _ in range(2):
            claim(settings.REDIS_URL)


def claim(url: str) -> None:
    """Hold the database for a moment."""
    with stores.claimed([url]):
        pass
