"""The console's door with a passkey in place of a code."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from typing import Any

import pytest
from allauth.mfa.models import Authenticator as StoredFactor
from django.test import Client

from accounts.models import User
from core import clock as core_clock
from tests.factories.accounts import PASSWORD, Authenticator, mails
from tests.factories.passkeys import Passkey, give_passkey, question_on

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("clock", "empty_cache")]
DOOR = "/admin/login/"
Entries = Callable[[], list[str]]
NONSENSE = [
    "",
    "null",
    "[]",
    "{}",
    "[" * 5000,
    '{"id": 1}',
    '{"id": "x", "rawId": "x", "response": 5, "type": "public-key"}',
    '{"id": "eA", "rawId": "eA", "response": {"clientDataJSON": "eA"}, "type": "public-key"}',
    json.dumps({"id": "eA", "rawId": "eA", "response": {"clientDataJSON": "e30", "attestationObject": "oA"}}),
    "x" * 30_000,
]


@pytest.fixture
def browser() -> Client:
    return Client(REMOTE_ADDR="198.51.100.7", SERVER_NAME="localhost")


@pytest.fixture(autouse=True)
def localhost(settings: Any) -> None:
    settings.ALLOWED_HOSTS = [*settings.ALLOWED_HOSTS, "localhost"]


def give_password(browser: Client, user: User) -> str:
    browser.post(DOOR, {"email": user.email, "password": PASSWORD})
    return str(browser.get(DOOR).content.decode())


def is_inside(browser: Client) -> bool:
    return bool(browser.get("/admin/").status_code == 200)


class TestLogin:
    def test_password_and_passkey_let_in(self, browser: Client, sam: User, entries: Entries) -> None:
        passkey = give_passkey(sam)
        page = give_password(browser, sam)
        answer = browser.post(DOOR, {"credential": passkey.get(question_on(page, "get"))})
        assert answer["Location"] == "/admin/"
        assert is_inside(browser)
        assert entries()[0] == "accounts.user.logged_in"

    def test_its_use_is_noted(self, browser: Client, sam: User) -> None:
        passkey = give_passkey(sam)
        page = give_password(browser, sam)
        browser.post(DOOR, {"credential": passkey.get(question_on(page, "get"))})
        assert StoredFactor.objects.get().last_used_at == core_clock.now()

    def test_an_answer_counts_once(self, browser: Client, sam: User) -> None:
        passkey = give_passkey(sam)
        answer = passkey.get(question_on(give_password(browser, sam), "get"))
        browser.post(DOOR, {"credential": answer})
        again = Client(REMOTE_ADDR="198.51.100.7", SERVER_NAME="localhost")
        give_password(again, sam)
        assert again.post(DOOR, {"credential": answer}).status_code == 422
        assert not is_inside(again)

    def test_another_s_passkey_does_not(self, browser: Client, sam: User, max_: User, entries: Entries) -> None:
        give_passkey(sam)
        other = give_passkey(max_)
        page = give_password(browser, sam)
        assert browser.post(DOOR, {"credential": other.get(question_on(page, "get"))}).status_code == 422
        assert not is_inside(browser)
        assert entries() == ["accounts.login.refused!"]

    def test_an_answer_for_another_site_does_not(self, browser: Client, sam: User) -> None:
        passkey = give_passkey(sam)
        passkey.origin = "https://ballast.evil.example"
        page = give_password(browser, sam)
        assert browser.post(DOOR, {"credential": passkey.get(question_on(page, "get"))}).status_code == 422

    def test_a_false_signature_does_not(self, browser: Client, sam: User) -> None:
        passkey = give_passkey(sam)
        answer = json.loads(passkey.get(question_on(give_password(browser, sam), "get")))
        forged = answer["response"]["signature"]
        answer["response"]["signature"] = forged[:-4] + ("AAAA" if not forged.endswith("AAAA") else "BBBB")
        assert browser.post(DOOR, {"credential": json.dumps(answer)}).status_code == 422
        assert not is_inside(browser)

    @pytest.mark.parametrize("nonsense", NONSENSE)
    def test_nonsense_does_not(self, browser: Client, sam: User, nonsense: str) -> None:
        give_passkey(sam)
        give_password(browser, sam)
        assert browser.post(DOOR, {"credential": nonsense}).status_code == 422

    def test_wrong_ones_lock_the_login(self, browser: Client, sam: User) -> None:
        give_passkey(sam)
        give_password(browser, sam)
        answers = [browser.post(DOOR, {"credential": "{}"}).status_code for _ in range(10)]
        assert answers[-1] == 429

    def test_without_the_password_it_opens_nothing(self, browser: Client, sam: User) -> None:
        passkey = give_passkey(sam)
        page = give_password(Client(SERVER_NAME="localhost"), sam)
        browser.post(DOOR, {"credential": passkey.get(question_on(page, "get"))})
        assert not is_inside(browser)

    def test_a_code_still_does_where_there_is_an_app(self, browser: Client, sam: User) -> None:
        give_passkey(sam)
        app = Authenticator(sam)
        give_password(browser, sam)
        browser.post(DOOR, {"code": app.code(at=core_clock.now())})
        assert is_inside(browser)

    def test_one_of_the_product_s_own_pages_does_too(self, browser: Client, sam: User) -> None:
        product = Client(SERVER_NAME="localhost")
        api, passkey = "/_allauth/browser/v1", Passkey()
        product.post(f"{api}/auth/login", {"email": sam.email, "password": PASSWORD}, content_type="application/json")
        product.post(f"{api}/auth/reauthenticate", {"password": PASSWORD}, content_type="application/json")
        options = product.get(f"{api}/account/authenticators/webauthn").json()["data"]["creation_options"]
        body = {"name": "Laptop", "credential": json.loads(passkey.create(json.dumps(options)))}
        product.post(f"{api}/account/authenticators/webauthn", body, content_type="application/json")
        page = give_password(browser, sam)
        browser.post(DOOR, {"credential": passkey.get(question_on(page, "get"))})
        assert is_inside(browser)


class TestEnrollment:
    def test_who_has_no_second_factor_adds_a_passkey_and_is_in(
        self, browser: Client, sam: User, entries: Entries
    ) -> None:
        page = give_password(browser, sam)
        answer = browser.post(DOOR, {"credential": Passkey().create(question_on(page, "create"))})
        assert len(re.findall(r"<li><code>", answer.content.decode())) == 10
        assert is_inside(browser)
        assert entries()[:2] == ["accounts.factor.added", "accounts.user.logged_in"]
        assert "accounts.security_notice" in mails(sam.email)

    def test_and_comes_back_with_it(self, browser: Client, sam: User) -> None:
        passkey = Passkey()
        browser.post(DOOR, {"credential": passkey.create(question_on(give_password(browser, sam), "create"))})
        again = Client(REMOTE_ADDR="198.51.100.7", SERVER_NAME="localhost")
        again.post(DOOR, {"credential": passkey.get(question_on(give_password(again, sam), "get"))})
        assert is_inside(again)

    def test_is_not_open_to_who_has_a_factor(self, browser: Client, sam: User) -> None:
        question = question_on(give_password(browser, sam), "create")
        Authenticator(sam)
        assert browser.post(DOOR, {"credential": Passkey().create(question)}).status_code == 422
        assert StoredFactor.objects.filter(type="webauthn").count() == 0

    @pytest.mark.parametrize("nonsense", NONSENSE)
    def test_nonsense_adds_nothing(self, browser: Client, sam: User, nonsense: str) -> None:
        give_password(browser, sam)
        assert browser.post(DOOR, {"credential": nonsense}).status_code == 422
        assert not StoredFactor.objects.exists()
