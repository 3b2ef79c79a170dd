"""The console's door: password, second factor, staff session, and no way around."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from allauth.mfa.models import Authenticator as StoredFactor
from django.test import Client

from accounts import services
from accounts.models import User
from accounts.roles import StaffRole
from accounts.states import Capability
from core import clock as core_clock
from tests.accounts.conftest import App
from tests.cast import log_in_as
from tests.factories.accounts import (
    A_MORNING,
    PASSWORD,
    Authenticator,
    actor,
    code_for,
    key_in_mail,
    mails,
    restrict,
)
from tests.factories.passkeys import give_passkey

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("clock", "empty_cache")]
DOOR = "/admin/login/"
HOME = "/admin/"
Entries = Callable[[], list[str]]


def knock(browser: Client, **answers: str) -> Any:
    return browser.post(DOOR, answers)


def give_password(browser: Client, user: User, password: str = PASSWORD) -> Any:
    return knock(browser, email=user.email, password=password)


def is_inside(browser: Client) -> bool:
    return bool(browser.get(HOME).status_code == 200)


@pytest.fixture
def device(sam: User) -> Authenticator:
    """Sam's authenticator app."""
    return Authenticator(sam)


@pytest.fixture
def browser() -> Client:
    return Client(REMOTE_ADDR="198.51.100.7")


class TestSecondFactor:
    def test_the_password_alone_does_not_let_in(self, browser: Client, sam: User, device: Authenticator) -> None:
        assert give_password(browser, sam).status_code == 302
        assert not is_inside(browser)

    def test_password_and_code_let_in(self, browser: Client, sam: User, device: Authenticator) -> None:
        give_password(browser, sam)
        assert knock(browser, code=device.code(at=core_clock.now()))["Location"] == HOME
        assert is_inside(browser)

    def test_a_recovery_code_lets_in_once(self, browser: Client, sam: User, device: Authenticator) -> None:
        from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes

        code = RecoveryCodes.activate(sam).get_unused_codes()[0]
        give_password(browser, sam)
        knock(browser, code=code)
        assert is_inside(browser)
        again = Client(REMOTE_ADDR="198.51.100.7")
        give_password(again, sam)
        assert knock(again, code=code).status_code == 422

    def test_a_wrong_code_does_not(self, browser: Client, sam: User, device: Authenticator, entries: Entries) -> None:
        give_password(browser, sam)
        assert knock(browser, code="000000").status_code == 422
        assert not is_inside(browser)
        assert entries() == ["accounts.login.refused!"]

    def test_wrong_codes_lock_the_login(self, browser: Client, sam: User, device: Authenticator) -> None:
        give_password(browser, sam)
        answers = [knock(browser, code=f"{n:06}").status_code for n in range(10)]
        assert answers[-1] == 429
        assert give_password(browser, sam).status_code == 429

    def test_a_code_of_the_product_login_is_used_up_here_too(
        self, browser: Client, sam: User, device: Authenticator
    ) -> None:
        app = App()
        app.log_in(sam.email)
        code = device.code(at=core_clock.now())
        app.post("/auth/2fa/authenticate", {"code": code})
        give_password(browser, sam)
        assert knock(browser, code=code).status_code == 422

    def test_the_password_must_be_given_again_after_ten_minutes(
        self, browser: Client, sam: User, device: Authenticator, clock: time_machine.Traveller
    ) -> None:
        give_password(browser, sam)
        clock.shift(601)
        knock(browser, code=device.code(at=core_clock.now()))
        assert not is_inside(browser)

    def test_one_can_start_over(self, browser: Client, sam: User, device: Authenticator) -> None:
        give_password(browser, sam)
        knock(browser, step="restart")
        assert b'name="password"' in browser.get(DOOR).content

    def test_login_leaves_one_entry(self, browser: Client, sam: User, device: Authenticator, entries: Entries) -> None:
        give_password(browser, sam)
        knock(browser, code=device.code(at=core_clock.now()))
        assert entries() == ["accounts.user.logged_in"]

    def test_each_step_has_a_new_session_id(self, browser: Client, sam: User, device: Authenticator) -> None:
        browser.get(DOOR)
        give_password(browser, sam)
        halfway = browser.session.session_key
        knock(browser, code=device.code(at=core_clock.now()))
        assert browser.session.session_key != halfway


class TestEnrollment:
    def secret(self, browser: Client) -> str:
        found = re.search(r"<code>([A-Z2-7]{32})</code>", browser.get(DOOR).content.decode())
        assert found
        return found[1]

    def test_who_has_no_second_factor_adds_one_and_is_in(self, browser: Client, sam: User, entries: Entries) -> None:
        start = len(entries())
        give_password(browser, sam)
        answer = knock(browser, code=code_for(self.secret(browser), at=core_clock.now()))
        assert answer.status_code == 200
        assert is_inside(browser)
        assert entries()[start : start + 2] == ["accounts.factor.added", "accounts.user.logged_in"]

    def test_the_recovery_codes_are_shown_once(self, browser: Client, sam: User) -> None:
        give_password(browser, sam)
        page = knock(browser, code=code_for(self.secret(browser), at=core_clock.now())).content.decode()
        assert len(re.findall(r"<li><code>", page)) == 10

    def test_the_owner_is_told(self, browser: Client, sam: User) -> None:
        give_password(browser, sam)
        knock(browser, code=code_for(self.secret(browser), at=core_clock.now()))
        assert "accounts.security_notice" in mails(sam.email)

    def test_a_wrong_code_adds_nothing(self, browser: Client, sam: User) -> None:
        give_password(browser, sam)
        self.secret(browser)
        assert knock(browser, code="000000").status_code == 422
        assert not StoredFactor.objects.exists()

    def test_is_not_offered_to_who_has_one(self, browser: Client, sam: User, device: Authenticator) -> None:
        give_password(browser, sam)
        assert b"data:image/svg" not in browser.get(DOOR).content

    def test_a_passkey_is_not_gone_around(self, browser: Client, sam: User) -> None:
        give_passkey(sam)
        give_password(browser, sam)
        assert b"data:image/svg" not in browser.get(DOOR).content

    def test_is_not_asked_for_where_the_setting_says_so(self, browser: Client, sam: User, settings: Any) -> None:
        settings.STAFF_MFA_REQUIRED = False
        give_password(browser, sam)
        assert is_inside(browser)

    def test_who_has_one_is_asked_even_then(
        self, browser: Client, sam: User, device: Authenticator, settings: Any
    ) -> None:
        settings.STAFF_MFA_REQUIRED = False
        give_password(browser, sam)
        assert not is_inside(browser)

    def test_sessions_from_without_end_when_the_setting_returns(
        self, browser: Client, sam: User, settings: Any
    ) -> None:
        settings.STAFF_MFA_REQUIRED = False
        give_password(browser, sam)
        settings.STAFF_MFA_REQUIRED = True
        assert not is_inside(browser)


class TestNoOtherWay:
    def test_a_session_of_the_product_login_is_not_enough(self, sam: User) -> None:
        assert not is_inside(log_in_as(sam))

    def test_a_verified_second_factor_in_the_product_is_not_enough(self, sam: User, device: Authenticator) -> None:
        browser = Client()
        body = {"email": sam.email, "password": PASSWORD}
        browser.post("/_allauth/browser/v1/auth/login", body, content_type="application/json")
        code = {"code": device.code(at=core_clock.now())}
        browser.post("/_allauth/browser/v1/auth/2fa/authenticate", code, content_type="application/json")
        assert browser.get("/api/v1/me/").status_code == 200
        assert not is_inside(browser)

    def test_a_session_token_as_cookie_is_not_enough(self, sam: User) -> None:
        app = App()
        app.log_in(sam.email)
        browser = Client()
        browser.cookies["sessionid"] = app.token
        assert not is_inside(browser)

    def test_basic_authentication_and_keys_are_nothing_here(self, sam: User) -> None:
        import base64

        basic = base64.b64encode(f"{sam.email}:{PASSWORD}".encode()).decode()
        assert Client().get(HOME, headers={"Authorization": f"Basic {basic}"}).status_code == 302

    def test_a_password_reset_keeps_the_second_factor(self, browser: Client, sam: User, device: Authenticator) -> None:
        app = App()
        app.post("/auth/password/request", {"email": sam.email})
        key = key_in_mail("accounts.password_reset", sam.email)
        app.post("/auth/password/reset", {"key": key, "password": "another-long-one-9"})
        give_password(browser, sam, "another-long-one-9")
        assert not is_inside(browser)
        assert b"data:image/svg" not in browser.get(DOOR).content

    def test_customers_are_told_what_strangers_are_told(self, browser: Client, ada: User, sam: User) -> None:
        customer = give_password(browser, ada)
        wrong = give_password(browser, sam, "wrong")
        assert customer.status_code == wrong.status_code == 422
        assert b"may enter the console" in customer.content

    def test_the_flag_without_a_role_is_nothing(self, ada: User) -> None:
        User.objects.filter(pk=ada.pk).update(is_staff=True, is_superuser=True)
        assert not is_inside(log_in_as(ada, console=True))

    @pytest.mark.parametrize("stop", [services.suspend_user, services.ban_user])
    def test_a_stopped_colleague_is_out_at_once(self, sam: User, max_: User, stop: Callable[..., Any]) -> None:
        browser = log_in_as(sam, console=True)
        assert is_inside(browser)
        stop(user_id=sam.pk, actor=actor(max_), reason="Laptop stolen", at=A_MORNING)
        assert not is_inside(browser)

    def test_a_colleague_who_may_not_log_in_is_kept_out(
        self, browser: Client, sam: User, max_: User, device: Authenticator
    ) -> None:
        restrict(sam, Capability.LOGIN, by=actor(max_))
        give_password(browser, sam)
        assert not is_inside(browser)

    def test_a_lost_role_works_on_the_next_request(self, sam: User, max_: User) -> None:
        browser = log_in_as(sam, console=True)
        services.revoke_staff_role(
            user_id=sam.pk, role=StaffRole.SUPPORT, actor=actor(max_), reason="Left", at=A_MORNING
        )
        assert not is_inside(browser)

    def test_losing_the_role_between_password_and_code_ends_it(
        self, browser: Client, sam: User, max_: User, device: Authenticator
    ) -> None:
        give_password(browser, sam)
        services.revoke_staff_role(
            user_id=sam.pk, role=StaffRole.SUPPORT, actor=actor(max_), reason="Left", at=A_MORNING
        )
        knock(browser, code=device.code(at=core_clock.now()))
        assert not is_inside(browser)


class TestStaffSession:
    def test_ends_after_half_an_hour_without_use(self, sam: User, clock: time_machine.Traveller) -> None:
        browser = log_in_as(sam, console=True)
        clock.shift(29 * 60)
        assert is_inside(browser)
        clock.shift(31 * 60)
        assert not is_inside(browser)

    def test_ends_after_four_hours_of_use(self, sam: User, clock: time_machine.Traveller) -> None:
        browser = log_in_as(sam, console=True)
        for _ in range(8):
            assert is_inside(browser)
            clock.shift(29 * 60)
        clock.shift(9 * 60)
        assert not is_inside(browser)

    def test_its_use_is_marked_at_most_once_a_minute(self, sam: User, clock: time_machine.Traveller) -> None:
        from allauth.usersessions.models import UserSession

        browser = log_in_as(sam, console=True)
        start = UserSession.objects.get().last_seen_at
        clock.shift(59)
        browser.get(HOME)
        assert UserSession.objects.get().last_seen_at == start
        clock.shift(1)
        browser.get(HOME)
        assert UserSession.objects.get().last_seen_at == start + timedelta(seconds=60)

    def test_logout_ends_it(self, sam: User, entries: Entries) -> None:
        browser = log_in_as(sam, console=True)
        key = browser.session.session_key
        browser.post("/admin/logout/")
        replay = Client()
        replay.cookies["sessionid"] = str(key)
        assert not is_inside(replay)
        assert entries()[-1] == "accounts.user.logged_out"


class TestThePage:
    def test_is_not_kept_by_browsers(self, browser: Client, db: None) -> None:
        assert "no-store" in browser.get(DOOR)["Cache-Control"]

    def test_leads_where_one_wanted_to_go(self, browser: Client, sam: User, device: Authenticator) -> None:
        url = f"{DOOR}?next=/admin/home/"
        browser.post(url, {"email": sam.email, "password": PASSWORD})
        assert browser.post(url, {"code": device.code(at=core_clock.now())})["Location"] == "/admin/home/"

    @pytest.mark.parametrize("target", ["https://evil.example/", "//evil.example", "javascript:alert(1)"])
    def test_never_leads_elsewhere(self, browser: Client, sam: User, device: Authenticator, target: str) -> None:
        url = f"{DOOR}?next={target}"
        browser.post(url, {"email": sam.email, "password": PASSWORD})
        assert browser.post(url, {"code": device.code(at=core_clock.now())})["Location"] == HOME

    def test_sends_on_who_is_inside(self, sam: User) -> None:
        assert log_in_as(sam, console=True).get(DOOR)["Location"] == HOME

    def test_refuses_nonsense(self, browser: Client, db: None) -> None:
        for answers in ({}, {"email": "x\0y", "password": "\0"}, {"email": "a" * 300, "password": "b" * 5000}):
            assert knock(browser, **answers).status_code == 422

    def test_needs_the_csrf_token(self, sam: User) -> None:
        strict = Client(enforce_csrf_checks=True)
        assert give_password(strict, sam).status_code == 403

    def test_locks_as_the_products_login_does(self, browser: Client, sam: User, max_: User) -> None:
        answers = [give_password(browser, sam, "wrong").status_code for _ in range(10)]
        assert answers == [422] * 9 + [429]
        services.unlock_login(user_id=sam.pk, actor=actor(max_), reason="He asked", at=A_MORNING)
        assert give_password(browser, sam).status_code == 302
