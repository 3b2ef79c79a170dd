"""The lockout, as guessers and owners meet it over HTTP."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import time_machine
from axes.models import AccessAttempt
from django.test import Client

from accounts import services
from accounts.lockout_rules import ACCOUNT_LIMIT, NETWORK_LIMIT, PAIR_LIMIT
from accounts.models import User
from core import clock as core_clock
from tests.accounts.conftest import App
from tests.factories.accounts import PASSWORD, SUPPORT, UserFactory, key_in_mail

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("empty_cache", "clock")]


def guess(email: str, times: int, *, address: str = "203.0.113.66", spread: bool = False) -> None:
    """Wrong passwords, straight at the counters: the rate limits of the edge are not what is tested here."""
    from accounts.devices import account_digest

    for n in range(times):
        services.count_login_failure(
            account=account_digest(email),
            network=f"203.0.113.{n % 250}" if spread else address,
            device="",
            path="/",
            at=core_clock.now(),
        )


def browser_of(user: User, address: str) -> Client:
    """A browser that has logged in and out again: it keeps the device cookie."""
    browser = Client(REMOTE_ADDR=address)
    _log_in(browser, user.email)
    browser.delete("/_allauth/browser/v1/auth/session")
    return browser


def _log_in(browser: Client, email: str, password: str = PASSWORD) -> int:
    body = {"email": email, "password": password}
    return browser.post("/_allauth/browser/v1/auth/login", body, content_type="application/json").status_code


class TestPair:
    def test_ten_failures_lock_account_and_network_together(self, ada: User) -> None:
        app = App("203.0.113.66")
        answers = [app.log_in(ada.email, "wrong").status_code for _ in range(PAIR_LIMIT)]
        assert answers == [400] * (PAIR_LIMIT - 1) + [429]
        assert app.log_in(ada.email).status_code == 429

    def test_the_answer_says_when_to_come_back(self, ada: User) -> None:
        guess(ada.email, PAIR_LIMIT)
        answer = App("203.0.113.66").log_in(ada.email)
        assert answer["Content-Type"] == "application/problem+json"
        assert (answer.json()["code"], answer["Retry-After"]) == ("too_many_attempts", "900")

    def test_the_owner_elsewhere_is_not_touched(self, ada: User) -> None:
        guess(ada.email, PAIR_LIMIT)
        assert App("198.51.100.7").log_in(ada.email).status_code == 200

    def test_it_ends_after_fifteen_minutes(self, ada: User, clock: time_machine.Traveller) -> None:
        guess(ada.email, PAIR_LIMIT)
        clock.shift(15 * 60 + 1)
        assert App("203.0.113.66").log_in(ada.email).status_code == 200

    def test_tries_during_the_lock_do_not_prolong_it(self, ada: User, clock: time_machine.Traveller) -> None:
        guess(ada.email, PAIR_LIMIT)
        clock.shift(14 * 60)
        App("203.0.113.66").log_in(ada.email, "wrong")
        clock.shift(61)
        assert App("203.0.113.66").log_in(ada.email).status_code == 200

    def test_unknown_accounts_are_locked_alike(self) -> None:
        app = App("203.0.113.66")
        assert [app.log_in("nobody@example.com", "x").status_code for _ in range(PAIR_LIMIT)][-1] == 429

    def test_a_correct_login_starts_the_counter_anew(self, ada: User) -> None:
        guess(ada.email, PAIR_LIMIT - 1, address="198.51.100.7")
        assert App("198.51.100.7").log_in(ada.email).status_code == 200
        assert not AccessAttempt.objects.exists()

    def test_a_whole_ipv6_network_counts_as_one(self, ada: User) -> None:
        for n in range(PAIR_LIMIT):
            App(f"2001:db8:1:2::{n:x}").log_in(ada.email, "wrong")
        assert App("2001:db8:1:2:ffff::1").log_in(ada.email).status_code == 429
        assert App("2001:db8:1:3::1").log_in(ada.email).status_code == 200

    def test_a_forged_header_is_no_address(self, ada: User) -> None:
        app = App("203.0.113.66")
        answers = [
            app.send(
                "POST", "/auth/login", {"email": ada.email, "password": "x"}, **{"X-Forwarded-For": f"192.0.2.{n}"}
            ).status_code
            for n in range(PAIR_LIMIT)
        ]
        assert answers[-1] == 429


class TestDevice:
    def test_a_known_browser_passes_even_from_the_guessers_network(self, ada: User) -> None:
        browser = browser_of(ada, "203.0.113.66")
        guess(ada.email, PAIR_LIMIT)
        assert App("203.0.113.66").log_in(ada.email).status_code == 429
        assert _log_in(browser, ada.email) == 200

    def test_it_has_a_counter_of_its_own(self, ada: User) -> None:
        browser = browser_of(ada, "203.0.113.66")
        answers = [_log_in(browser, ada.email, "wrong") for _ in range(PAIR_LIMIT)]
        assert answers[-1] == 429
        assert App("203.0.113.66").log_in(ada.email).status_code == 200

    def test_a_mark_for_one_account_is_none_for_another(self, ada: User, cleo: User) -> None:
        browser = browser_of(ada, "203.0.113.66")
        guess(cleo.email, PAIR_LIMIT)
        assert _log_in(browser, cleo.email) == 429

    def test_a_forged_mark_is_none(self, ada: User) -> None:
        guess(ada.email, PAIR_LIMIT)
        browser = Client(REMOTE_ADDR="203.0.113.66")
        browser.cookies["ballast_device"] = "WyJmb3JnZWQiLCAiIl0:1tQ:xxxx"
        assert _log_in(browser, ada.email) == 429


class TestNetwork:
    def test_a_hundred_failures_over_any_accounts_lock_the_network(self, ada: User) -> None:
        for n in range(NETWORK_LIMIT):
            guess(f"victim-{n}@example.com", 1)
        assert App("203.0.113.66").log_in(ada.email).status_code == 429

    def test_who_has_logged_in_from_there_passes(self, ada: User) -> None:
        App("203.0.113.66").log_in(ada.email)
        for n in range(NETWORK_LIMIT):
            guess(f"victim-{n}@example.com", 1)
        assert App("203.0.113.66").log_in(ada.email).status_code == 200


class TestAccount:
    def test_guesses_from_everywhere_make_strangers_wait(self, ada: User, clock: time_machine.Traveller) -> None:
        guess(ada.email, ACCOUNT_LIMIT, spread=True)
        assert App("192.0.2.9").log_in(ada.email).status_code == 429
        clock.shift(6)
        assert App("192.0.2.9").log_in(ada.email).status_code == 200

    def test_the_wait_grows_to_five_minutes_and_no_further(self, ada: User, clock: time_machine.Traveller) -> None:
        guess(ada.email, 240, spread=True)
        assert App("192.0.2.9").log_in(ada.email)["Retry-After"] == "300"
        clock.shift(301)
        assert App("192.0.2.9").log_in(ada.email).status_code == 200

    def test_the_owner_passes_from_a_known_network(self, ada: User) -> None:
        App("198.51.100.7").log_in(ada.email)
        guess(ada.email, 240, spread=True)
        assert App("198.51.100.7").log_in(ada.email).status_code == 200

    def test_a_reset_by_mail_makes_the_network_known(self, ada: User) -> None:
        guess(ada.email, 240, spread=True)
        app = App("192.0.2.9")
        app.post("/auth/password/request", {"email": ada.email})
        key = key_in_mail("accounts.password_reset", ada.email)
        app.post("/auth/password/reset", {"key": key, "password": "another-long-one-9"})
        assert app.log_in(ada.email, "another-long-one-9").status_code == 200


class TestStaffHelp:
    def test_unlocking_lets_the_owner_in(self, ada: User) -> None:
        guess(ada.email, PAIR_LIMIT)
        services.unlock_login(user_id=ada.pk, actor=SUPPORT, reason="She called", at=core_clock.now())
        assert App("203.0.113.66").log_in(ada.email).status_code == 200


class TestPrivacy:
    def test_no_name_agent_or_password_is_kept(self, ada: User) -> None:
        app = App("203.0.113.66")
        app.send("POST", "/auth/login", {"email": "my-password-by-mistake@example.com", "password": "secret-thing"})
        kept = str(list(AccessAttempt.objects.values_list()))
        assert "mistake" not in kept
        assert "secret-thing" not in kept


def test_the_refusal_is_recorded_as_locked(ada: User, entries: Callable[[], list[str]]) -> None:
    guess(ada.email, PAIR_LIMIT)
    App("203.0.113.66").log_in(ada.email)
    assert entries() == ["accounts.login.refused!"]


def test_old_counters_and_networks_are_forgotten(ada: User, clock: time_machine.Traveller) -> None:
    App("198.51.100.7").log_in(ada.email)
    guess(UserFactory().email, 1)
    clock.shift(91 * 86_400)
    assert services.forget_old_logins(at=core_clock.now()) == 2
