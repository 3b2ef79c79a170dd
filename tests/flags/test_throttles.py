"""Every answer of the API says how much may still be called; one call too many is 429."""

from __future__ import annotations

import re

import pytest
import redis
from django.test import Client

from flags import limiter, policies

pytestmark = [pytest.mark.urls("tests.core.api_views"), pytest.mark.django_db]


@pytest.fixture(autouse=True)
def a_small_limit(settings, monkeypatch):
    """Three calls a minute for an address, counted from nothing."""
    settings.LIMIT_SCALE = 1
    monkeypatch.setattr("flags.throttles.API_IP", policies.LimitPolicy("api-ip", "client address", 3, 60))
    client = redis.Redis.from_url(settings.REDIS_URL)
    for name in client.scan_iter("ballast:limits:*"):
        client.delete(name)
    client.close()
    limiter.use_limiter(None)
    yield
    limiter.use_limiter(None)


def call(**headers: str):
    return Client(raise_request_exception=False).get("/api/filtered/", headers=headers)


class TestPolicyThrottle:
    def test_the_call_after_the_last_is_429_with_the_wait(self):
        answers = [call() for _ in range(4)]

        assert [answer.status_code for answer in answers] == [200, 200, 200, 429]
        assert answers[-1].json()["code"] == "rate_limited"
        assert answers[-1].json()["policy"] == "api-ip"
        assert 1 <= int(answers[-1]["Retry-After"]) <= 120

    def test_each_answer_carries_policy_and_standing(self):
        answer = call()

        assert answer["RateLimit-Policy"] == '"api-ip";q=3;w=60'
        assert re.fullmatch(r'"api-ip";r=2;t=\d+', answer["RateLimit"])

    def test_errors_carry_them_too(self):
        assert '"api-ip";r=2' in Client().get("/api/nothing/")["RateLimit"]

    def test_pages_are_not_counted(self):
        answer = Client(raise_request_exception=False).get("/page/unforeseen/")

        assert not answer.has_header("RateLimit")

    def test_a_forged_forwarding_header_does_not_make_another_caller(self):
        answers = [call(**{"X-Forwarded-For": f"198.51.100.{n}"}) for n in range(4)]

        assert answers[-1].status_code == 429

    def test_behind_a_proxy_callers_are_told_apart(self, settings):
        settings.TRUSTED_PROXY_COUNT = 1
        answers = [call(**{"X-Forwarded-For": f"198.51.100.{n}"}) for n in range(4)]

        assert {answer.status_code for answer in answers} == {200}

    def test_an_ipv6_subscriber_is_one_caller(self, settings):
        settings.TRUSTED_PROXY_COUNT = 1
        answers = [call(**{"X-Forwarded-For": f"2001:db8:1:2::{n}"}) for n in range(4)]

        assert answers[-1].status_code == 429

    def test_a_429_changes_nothing_and_asks_no_view(self):
        for _ in range(3):
            call()

        assert Client().get("/api/raise/unforeseen/").status_code == 429
