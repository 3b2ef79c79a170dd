"""Staff look after their own second factors in the console."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest
from allauth.mfa.models import Authenticator as StoredFactor
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from accounts.models import User
from core import clock as core_clock
from tests.cast import log_in_as
from tests.factories.accounts import PASSWORD, Authenticator, code_for, mails
from tests.factories.passkeys import Passkey, give_passkey, question_on

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("clock", "empty_cache")]
PAGE = "/admin/accounts/my-security/"
Entries = Callable[[], list[str]]


@pytest.fixture
def browser(sam: User, settings: Any) -> Client:
    settings.ALLOWED_HOSTS = [*settings.ALLOWED_HOSTS, "localhost"]
    return log_in_as(sam, console=True, SERVER_NAME="localhost")


def do(browser: Client, deed: str, **answers: str) -> Any:
    return browser.post(PAGE, {"deed": deed, "password": PASSWORD, **answers})


def page(browser: Client) -> str:
    return str(browser.get(PAGE).content.decode())


def factors(user: User) -> list[str]:
    return sorted(StoredFactor.objects.filter(user=user).values_list("type", flat=True))


class TestAddPasskey:
    def test_adds_it_and_shows_the_first_recovery_codes(self, browser: Client, sam: User, entries: Entries) -> None:
        start = len(entries())
        answer = do(
            browser, "add-passkey", name="Desk", credential=Passkey().create(question_on(page(browser), "create"))
        )
        assert len(re.findall(r"<li><code>", answer.content.decode())) == 10
        assert factors(sam) == ["recovery_codes", "webauthn"]
        assert entries()[start:] == ["accounts.factor.added"]
        assert mails(sam.email) == ["accounts.security_notice"]
        assert "Desk" in page(browser)

    def test_a_second_one_leaves_the_codes_alone(self, browser: Client, sam: User) -> None:
        for name in ("Desk", "Phone"):
            answer = do(
                browser, "add-passkey", name=name, credential=Passkey().create(question_on(page(browser), "create"))
            )
        assert answer.status_code == 302
        assert factors(sam) == ["recovery_codes", "webauthn", "webauthn"]

    def test_an_answer_to_an_older_question_is_refused(self, browser: Client, sam: User, entries: Entries) -> None:
        answer = Passkey().create(question_on(page(browser), "create"))
        page(browser)
        start = len(entries())
        assert do(browser, "add-passkey", credential=answer).status_code == 422
        assert factors(sam) == []
        assert entries()[start:] == ["accounts.factor.added!"]

    def test_eleven_are_too_many(self, browser: Client, sam: User) -> None:
        for _ in range(10):
            give_passkey(sam)
        answer = do(browser, "add-passkey", credential=Passkey().create(question_on(page(browser), "create")))
        assert answer.status_code == 409


class TestAddApp:
    def secret(self, browser: Client) -> str:
        found = re.search(r"<code>([A-Z2-7]{32})</code>", page(browser))
        assert found
        return found[1]

    def test_adds_it(self, browser: Client, sam: User, entries: Entries) -> None:
        code = code_for(self.secret(browser), at=core_clock.now())
        start = len(entries())
        assert do(browser, "add-app", code=code).status_code == 200
        assert factors(sam) == ["recovery_codes", "totp"]
        assert entries()[start:] == ["accounts.factor.added"]

    def test_a_wrong_code_adds_nothing(self, browser: Client, sam: User, entries: Entries) -> None:
        self.secret(browser)
        start = len(entries())
        assert b"does not fit" in do(browser, "add-app", code="000000").content
        assert factors(sam) == []
        assert entries()[start:] == ["accounts.factor.added!"]

    def test_a_second_one_is_refused(self, browser: Client, sam: User) -> None:
        code = code_for(self.secret(browser), at=core_clock.now())
        Authenticator(sam)
        assert do(browser, "add-app", code=code).status_code == 409


class TestRemove:
    def id_of(self, user: User, kind: str) -> str:
        return str(StoredFactor.objects.get(user=user, type=kind).pk)

    def test_takes_it_away(self, browser: Client, sam: User, entries: Entries) -> None:
        Authenticator(sam)
        give_passkey(sam)
        start = len(entries())
        assert do(browser, "remove", factor=self.id_of(sam, "totp")).status_code == 302
        assert factors(sam) == ["webauthn"]
        assert entries()[start:] == ["accounts.factor.removed"]
        assert mails(sam.email) == ["accounts.security_notice"]

    def test_the_last_one_stays(self, browser: Client, sam: User) -> None:
        Authenticator(sam)
        assert do(browser, "remove", factor=self.id_of(sam, "totp")).status_code == 409
        assert factors(sam) == ["totp"]

    def test_another_s_is_not_found(self, browser: Client, sam: User, max_: User) -> None:
        Authenticator(max_)
        give_passkey(sam)
        assert do(browser, "remove", factor=self.id_of(max_, "totp")).status_code == 404
        assert factors(max_) == ["totp"]


class TestRenewCodes:
    def test_the_old_ones_are_void(self, browser: Client, sam: User, entries: Entries) -> None:
        from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes

        Authenticator(sam)
        old = RecoveryCodes.activate(sam).get_unused_codes()
        start = len(entries())
        shown = re.findall(r"<li><code>(\d+)</code>", do(browser, "renew-codes").content.decode())
        assert shown == RecoveryCodes.activate(sam).get_unused_codes()
        assert not set(shown) & set(old)
        assert entries()[start:] == ["accounts.factor.renewed"]

    def test_there_are_none_without_a_factor(self, browser: Client) -> None:
        assert do(browser, "renew-codes").status_code == 404


class TestThePage:
    def test_needs_the_password(self, browser: Client, sam: User, entries: Entries) -> None:
        Authenticator(sam)
        start = len(entries())
        assert do(browser, "renew-codes", password="wrong").status_code == 422
        assert factors(sam) == ["totp"]
        assert entries()[start:] == ["accounts.login.refused!"]

    def test_wrong_passwords_are_limited(self, browser: Client, sam: User) -> None:
        Authenticator(sam)
        for _ in range(10):
            do(browser, "renew-codes", password="wrong")
        assert b"Too many tries" in do(browser, "renew-codes").content

    @pytest.mark.parametrize("deed", ["", "nonsense", "remove", "add-passkey", "add-app"])
    def test_refuses_nonsense(self, browser: Client, deed: str) -> None:
        assert do(browser, deed, factor="x\0", credential="").status_code == 422

    def test_costs_no_more_than_twelve_queries(self, browser: Client, sam: User) -> None:
        for _ in range(5):
            give_passkey(sam)
        page(browser)
        with CaptureQueriesContext(connection) as captured:
            page(browser)
        assert len(captured) <= 12

    def test_is_in_the_menu_of_everybody(self, browser: Client) -> None:
        assert f'href="{PAGE}"' in browser.get("/admin/").content.decode()
