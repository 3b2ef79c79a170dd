"""What probes and Prometheus see."""

import ipaddress

import pytest
from django.core.cache import cache
from django.db import connection
from django.test import Client

from core.metrics import REQUESTS


class TestHealthz:
    def test_it_answers_without_asking_anything(self):
        assert Client().get("/healthz").json() == {"status": "alive"}

    def test_it_is_never_cached(self):
        assert "no-store" in Client().get("/healthz")["Cache-Control"]

    def test_it_only_answers_reads(self):
        assert Client().post("/healthz").status_code == 405


@pytest.mark.parametrize("path", ["/healthz", "/metrics"])
class TestProbes:
    def test_they_may_call_by_address(self, settings, path):
        settings.ALLOWED_HOSTS = ["ballast.example"]

        assert Client().get(path, headers={"Host": "10.0.0.7:8000"}).status_code != 400

    def test_they_are_not_sent_to_https(self, settings, path):
        settings.SECURE_SSL_REDIRECT = True
        settings.SECURE_REDIRECT_EXEMPT = [r"^healthz$", r"^readyz$", r"^metrics$"]

        assert Client().get(path).status_code != 301

    def test_they_keep_the_headers_of_every_page(self, path):
        assert Client().get(path)["X-Content-Type-Options"] == "nosniff"


def test_every_other_page_asks_for_a_known_host(settings):
    settings.ALLOWED_HOSTS = ["ballast.example"]

    assert Client().get("/api/v1/", headers={"Host": "10.0.0.7:8000"}).status_code == 400


@pytest.mark.django_db
class TestReadyz:
    def test_it_is_ready_with_everything_there(self):
        answer = Client().get("/readyz")

        assert answer.status_code == 200
        assert answer.json() == {
            "status": "ready",
            "checks": {"database": "ok", "cache": "ok", "broker": "ok", "migrations": "ok"},
        }

    def test_a_broker_that_does_not_answer_is_named(self, settings):
        settings.CELERY_BROKER_URL = "redis://127.0.0.1:1/0"
        answer = Client().get("/readyz")

        assert answer.status_code == 503
        assert answer.json()["checks"] == {"database": "ok", "cache": "ok", "broker": "failed", "migrations": "ok"}

    def test_it_does_not_tell_strangers_why(self, settings):
        settings.CELERY_BROKER_URL = "redis://:secret@127.0.0.1:1/0"

        assert "secret" not in Client().get("/readyz").content.decode()

    def test_a_cache_that_does_not_answer_is_named(self, settings):
        settings.CACHES = {"default": {**settings.CACHES["default"], "LOCATION": "redis://127.0.0.1:1/0"}}
        try:
            assert Client().get("/readyz").json()["checks"]["cache"] == "failed"
        finally:
            cache.close()


class TestMetrics:
    def test_nobody_sees_them_while_nothing_is_set(self):
        answer = Client().get("/metrics")

        assert answer.status_code == 403
        assert "METRICS_TOKEN" in answer.content.decode()

    def test_the_token_opens_them(self, settings):
        settings.METRICS_TOKEN = "a-token"
        answer = Client().get("/metrics", headers={"Authorization": "Bearer a-token"})

        assert answer.status_code == 200
        assert "ballast_http_requests_total" in answer.content.decode()

    @pytest.mark.parametrize("header", ["", "Bearer ", "Bearer a-tokem", "Bearer ä"])
    def test_another_token_does_not(self, settings, header):
        settings.METRICS_TOKEN = "a-token"

        assert Client().get("/metrics", headers={"Authorization": header}).status_code == 403

    def test_an_allowed_network_opens_them(self, settings):
        settings.METRICS_NETWORKS = [ipaddress.ip_network("10.1.0.0/16")]

        assert Client(REMOTE_ADDR="10.1.2.3").get("/metrics").status_code == 200
        assert Client(REMOTE_ADDR="10.2.2.3").get("/metrics").status_code == 403

    def test_a_claimed_address_opens_nothing(self, settings):
        settings.METRICS_NETWORKS = [ipaddress.ip_network("10.1.0.0/16")]

        assert Client().get("/metrics", headers={"X-Forwarded-For": "10.1.2.3"}).status_code == 403

    def test_requests_are_counted_by_route_and_status(self):
        before = REQUESTS.labels("GET", "healthz", "200")._value.get()
        Client().get("/healthz")

        assert REQUESTS.labels("GET", "healthz", "200")._value.get() == before + 1

    def test_made_up_methods_and_paths_make_no_new_labels(self):
        before = REQUESTS.labels("OTHER", "unmatched", "404")._value.get()
        Client().generic("BREW", "/no/such/page")

        assert REQUESTS.labels("OTHER", "unmatched", "404")._value.get() == before + 1


@pytest.mark.django_db
def test_asking_the_database_costs_one_query(count_queries):
    Client().get("/readyz")  # the migrations are looked at once a process
    with count_queries(1):  # 1. SELECT 1
        Client().get("/readyz")


def test_the_database_is_the_tests_own():
    assert connection.settings_dict["NAME"].startswith("test_")
