"""The counters of the lockout when guesses come at the same moment."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from axes.models import AccessAttempt
from django.test import Client

from accounts import services
from accounts.lockout_rules import MEMORY, PAIR_LIMIT
from audit.models import Entry
from core.clock import now
from tests.factories.accounts import UserFactory
from tests.races import THREADS, at_once

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.slow]
NETWORK = "203.0.113.66"


def count(*, network: str | None = NETWORK, at: Any = None) -> None:
    services.count_login_failure(account="a" * 64, network=network, device="", path="/x", at=at or now())


def counted() -> list[int]:
    return list(AccessAttempt.objects.values_list("failures_since_start", flat=True))


class TestCountLoginFailure:
    def test_the_first_failures_of_an_account_are_all_counted(self) -> None:
        at_once(lambda _number: count(), threads=16)
        assert counted() == [16]

    def test_a_counter_that_starts_anew_counts_all_of_them(self) -> None:
        count(at=now() - MEMORY - timedelta(seconds=1))
        at_once(lambda _number: count())
        assert counted() == [THREADS]

    def test_failures_without_an_address_are_all_counted(self) -> None:
        at_once(lambda _number: count(network=None))
        assert sum(counted()) == THREADS


class TestOverHttp:
    def test_wrong_passwords_at_once_are_refused_and_counted(self, empty_cache: None) -> None:
        user = UserFactory(at=now())
        assert PAIR_LIMIT > THREADS

        def guess(_number: int) -> int:
            body = {"email": user.email, "password": "wrong"}
            browser = Client(REMOTE_ADDR=NETWORK, raise_request_exception=False)
            return browser.post("/_allauth/app/v1/auth/login", body, content_type="application/json").status_code

        answers = at_once(guess, threads=5)
        assert answers == [400] * 5
        assert counted() == [5]

    def test_unknown_keys_at_once_are_refused_counted_and_recorded(self) -> None:
        def refuse(_number: int) -> int:
            return services.record_refused_key(key_prefix="bk_live_ab", network=NETWORK, path="/api/v1/me/", at=now())

        at_once(refuse)
        assert counted() == [THREADS]
        assert Entry.objects.filter(action="accounts.api_key.refused").count() == THREADS
