"""Sign-up, login, reset and second factors, as an app meets them over HTTP."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
import time_machine
from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator as StoredFactor
from django.test import Client

from accounts.models import Membership, User, Workspace
from accounts.states import Capability, MemberRole
from core import clock as core_clock
from tests.accounts.conftest import App
from tests.factories.accounts import PASSWORD, Authenticator, UserFactory, code_for, key_in_mail, mails, restrict

pytestmark = pytest.mark.django_db
Entries = Callable[[], list[str]]
NEW = {"email": "dora@example.com", "password": PASSWORD}


class TestSignUp:
    def test_makes_a_user_with_a_personal_workspace(self, app: App) -> None:
        app.post("/auth/signup", NEW)
        user = User.objects.get(email="dora@example.com")
        workspace = Workspace.objects.get(personal_owner=user)
        assert Membership.objects.get(workspace=workspace, user=user).role == MemberRole.OWNER

    def test_does_not_log_in_before_the_address_is_proved(self, app: App) -> None:
        answer = app.post("/auth/signup", NEW)
        assert answer.status_code == 401
        assert {"id": "verify_email", "is_pending": True} in answer.json()["data"]["flows"]

    def test_sends_the_link_through_the_outbox(self, app: App) -> None:
        app.post("/auth/signup", NEW)
        assert mails("dora@example.com") == ["accounts.verify_email"]

    def test_verification_in_the_same_app_logs_in(self, app: App) -> None:
        app.post("/auth/signup", NEW)
        answer = app.post("/auth/email/verify", {"key": key_in_mail("accounts.verify_email", "dora@example.com")})
        assert answer.status_code == 200
        assert app.get("/auth/session").json()["data"]["user"]["id"].startswith("usr_")

    def test_verification_works_once(self, app: App) -> None:
        app.post("/auth/signup", NEW)
        key = key_in_mail("accounts.verify_email", "dora@example.com")
        app.post("/auth/email/verify", {"key": key})
        assert App().post("/auth/email/verify", {"key": key}).status_code == 400

    def test_leaves_one_entry_for_each_deed(self, app: App, entries: Entries) -> None:
        app.post("/auth/signup", NEW)
        assert entries() == ["accounts.user.signed_up"]
        app.post("/auth/email/verify", {"key": key_in_mail("accounts.verify_email", "dora@example.com")})
        assert entries()[1:] == ["accounts.email.verified", "accounts.user.logged_in"]

    def test_a_taken_address_answers_as_a_free_one(self, app: App, ada: User) -> None:
        taken = App("198.51.100.8").post("/auth/signup", {**NEW, "email": "ada@example.com"})
        free = app.post("/auth/signup", NEW)
        assert taken.status_code == free.status_code
        assert {**taken.json(), "meta": 0} == {**free.json(), "meta": 0}

    def test_tells_the_owner_of_a_taken_address(self, app: App, ada: User) -> None:
        app.post("/auth/signup", {**NEW, "email": "ADA@example.com"})
        assert mails("ada@example.com") == ["accounts.account_exists"]

    @pytest.mark.parametrize(
        "password", ["short", "password1234", "123456789012", "dora@example.com", "qwerty123456", "abababababab"]
    )
    def test_refuses_weak_passwords(self, app: App, password: str) -> None:
        assert app.post("/auth/signup", {**NEW, "password": password}).status_code == 400

    @pytest.mark.parametrize(
        "password",
        [
            "  spaces are kept  ",
            "Zwölf Boxkämpfer jagen Viktor quer über den Sylter Deich 🦆, dreizehn bleiben daheim.",
            "correct horse battery staple",
        ],
    )
    def test_takes_long_passwords_of_any_characters_unchanged(self, app: App, password: str) -> None:
        app.post("/auth/signup", {**NEW, "password": password})
        assert User.objects.get(email="dora@example.com").check_password(password)

    @pytest.mark.parametrize("body", [[], "x", {"email": 5, "password": []}, {"email": "a\0b@c.de", "password": "x\0"}])
    def test_refuses_nonsense(self, app: App, body: object) -> None:
        assert app.post("/auth/signup", body).status_code == 400


class TestLogIn:
    def test_gives_a_session(self, app: App, ada: User) -> None:
        assert app.log_in("Ada@Example.com").status_code == 200
        assert app.token

    def test_gives_a_new_session_id(self, app: App, ada: User) -> None:
        browser = Client(REMOTE_ADDR="198.51.100.7")
        browser.get("/_allauth/browser/v1/config")
        before = browser.session.session_key
        browser.post(
            "/_allauth/browser/v1/auth/login",
            {"email": ada.email, "password": PASSWORD},
            content_type="application/json",
        )
        assert browser.session.session_key != before

    def test_leaves_one_entry(self, app: App, ada: User, entries: Entries) -> None:
        app.log_in(ada.email)
        assert entries() == ["accounts.user.logged_in"]

    def test_a_wrong_password_leaves_one_refused_entry(self, app: App, ada: User, entries: Entries) -> None:
        assert app.log_in(ada.email, "wrong").status_code == 400
        assert entries() == ["accounts.login.refused!"]

    def test_a_wrong_password_and_an_unknown_address_answer_alike(self, app: App, ada: User) -> None:
        wrong, unknown = app.log_in(ada.email, "wrong"), app.log_in("nobody@example.com", "wrong")
        assert (wrong.status_code, wrong.json()) == (unknown.status_code, unknown.json())

    def test_a_wrong_password_and_an_unknown_address_cost_alike(
        self, app: App, ada: User, django_assert_num_queries: Callable[..., object]
    ) -> None:
        from django.db import connection
        from django.test.utils import CaptureQueriesContext

        counts = []
        for email in (ada.email, "nobody@example.com"):
            with CaptureQueriesContext(connection) as captured:
                app.log_in(email, "wrong")
            counts.append(len(captured))
        assert abs(counts[0] - counts[1]) <= 1

    @pytest.mark.parametrize("status", ["suspended", "banned", "closed"])
    def test_a_disabled_account_is_told_after_the_right_password(self, app: App, ada: User, status: str) -> None:
        User.objects.filter(pk=ada.pk).update(status=status)
        answer = app.log_in(ada.email)
        assert (answer.status_code, answer.json()["code"]) == (403, "account_disabled")

    def test_a_disabled_account_looks_like_any_other_before_it(self, app: App, ada: User) -> None:
        User.objects.filter(pk=ada.pk).update(status="banned")
        assert app.log_in(ada.email, "wrong").status_code == 400

    def test_a_restriction_keeps_out_and_says_until_when(self, app: App, ada: User) -> None:
        restrict(ada, Capability.LOGIN, at=core_clock.now(), ends_at=core_clock.now() + timedelta(days=2))
        answer = app.log_in(ada.email)
        assert (answer.status_code, answer.json()["code"]) == (403, "account_restricted")
        assert answer.json()["ends_at"]

    def test_a_session_ends_with_logout(self, app: App, ada: User) -> None:
        app.log_in(ada.email)
        token = app.token
        app.send("DELETE", "/auth/session")
        app.token = token
        assert app.get("/auth/session").status_code == 410

    def test_logout_leaves_one_entry(self, app: App, ada: User, entries: Entries) -> None:
        app.log_in(ada.email)
        app.send("DELETE", "/auth/session")
        assert entries() == ["accounts.user.logged_in", "accounts.user.logged_out"]

    def test_a_new_network_is_told_by_mail_from_the_second_on(self, ada: User, empty_cache: None) -> None:
        App("198.51.100.7").log_in(ada.email)
        assert mails(ada.email) == []
        App("203.0.113.9").log_in(ada.email)
        assert mails(ada.email) == ["accounts.security_notice"]


class TestPasswordReset:
    def test_a_known_and_an_unknown_address_answer_alike(self, app: App, ada: User) -> None:
        known = app.post("/auth/password/request", {"email": ada.email})
        unknown = app.post("/auth/password/request", {"email": "nobody@example.com"})
        assert (known.status_code, known.json()) == (unknown.status_code, unknown.json())
        assert mails("nobody@example.com") == ["accounts.unknown_account"]

    def test_sets_the_password_and_ends_every_session(self, app: App, ada: User, entries: Entries) -> None:
        other = App("203.0.113.9")
        other.log_in(ada.email)
        app.post("/auth/password/request", {"email": ada.email})
        key = key_in_mail("accounts.password_reset", ada.email)
        answer = app.post("/auth/password/reset", {"key": key, "password": "another-long-one-9"})
        assert answer.status_code == 401  # set, but not logged in
        assert other.get("/auth/session").status_code == 410
        assert app.log_in(ada.email, "another-long-one-9").status_code == 200
        assert "accounts.password.reset" in entries()

    def test_the_link_works_once(self, app: App, ada: User) -> None:
        app.post("/auth/password/request", {"email": ada.email})
        key = key_in_mail("accounts.password_reset", ada.email)
        app.post("/auth/password/reset", {"key": key, "password": "another-long-one-9"})
        assert app.post("/auth/password/reset", {"key": key, "password": "a-third-long-one-9"}).status_code == 400

    def test_keeps_the_second_factor(self, app: App, ada: User) -> None:
        Authenticator(ada)
        app.post("/auth/password/request", {"email": ada.email})
        key = key_in_mail("accounts.password_reset", ada.email)
        app.post("/auth/password/reset", {"key": key, "password": "another-long-one-9"})
        answer = app.log_in(ada.email, "another-long-one-9")
        assert answer.status_code == 401
        assert [f for f in answer.json()["data"]["flows"] if f["id"] == "mfa_authenticate"]

    def test_changing_the_password_keeps_this_session_and_ends_the_others(self, app: App, ada: User) -> None:
        other = App("203.0.113.9")
        other.log_in(ada.email)
        app.log_in(ada.email)
        answer = app.post(
            "/account/password/change", {"current_password": PASSWORD, "new_password": "a-new-long-one-5"}
        )
        assert answer.status_code == 200
        assert app.get("/auth/session").status_code == 200
        assert other.get("/auth/session").status_code == 410


@pytest.mark.usefixtures("clock")
class TestSecondFactor:
    def test_a_code_is_asked_for_and_lets_in(self, app: App, ada: User) -> None:
        device = Authenticator(ada)
        assert app.log_in(ada.email).status_code == 401
        assert app.post("/auth/2fa/authenticate", {"code": device.code(at=core_clock.now())}).status_code == 200

    @pytest.mark.parametrize("later", [0, 29, 31, 58])
    def test_a_code_counts_once_for_as_long_as_it_fits(
        self, app: App, ada: User, clock: time_machine.Traveller, later: int
    ) -> None:
        device = Authenticator(ada)
        app.log_in(ada.email)
        code = device.code(at=core_clock.now())
        assert app.post("/auth/2fa/authenticate", {"code": code}).status_code == 200
        clock.shift(later)
        again = App("203.0.113.9")
        again.log_in(ada.email)
        assert again.post("/auth/2fa/authenticate", {"code": code}).status_code == 400

    def test_a_phone_half_a_minute_behind_is_taken(self, app: App, ada: User) -> None:
        device = Authenticator(ada)
        app.log_in(ada.email)
        code = device.code(at=core_clock.now() - timedelta(seconds=30))
        assert app.post("/auth/2fa/authenticate", {"code": code}).status_code == 200

    def test_a_wrong_code_is_counted_and_recorded(self, app: App, ada: User, entries: Entries) -> None:
        Authenticator(ada)
        app.log_in(ada.email)
        assert app.post("/auth/2fa/authenticate", {"code": "000000"}).status_code == 400
        assert entries() == ["accounts.login.refused!"]

    def test_codes_cannot_be_guessed_for_long(self, app: App, ada: User) -> None:
        Authenticator(ada)
        app.log_in(ada.email)
        answers = [app.post("/auth/2fa/authenticate", {"code": f"{n:06}"}) for n in range(12)]
        assert answers[9].status_code == 429
        assert answers[-1].json()["errors"][0]["code"] == "too_many_login_attempts"

    def test_the_secret_is_encrypted_in_the_database(self, ada: User) -> None:
        device = Authenticator(ada)
        assert device.secret not in str(StoredFactor.objects.get(user=ada).data)

    @pytest.mark.django_db(transaction=True)
    def test_adding_one_needs_a_fresh_proof_and_leaves_one_entry(self, app: App, ada: User, entries: Entries) -> None:
        app.log_in(ada.email)
        secret = app.get("/account/authenticators/totp").json()["meta"]["secret"]
        code = {"code": code_for(secret, at=core_clock.now())}
        assert app.post("/account/authenticators/totp", code).status_code == 401
        app.post("/auth/reauthenticate", {"password": PASSWORD})
        assert app.post("/account/authenticators/totp", code).status_code == 200
        assert entries() == ["accounts.user.logged_in", "accounts.factor.added"]
        assert "accounts.security_notice" in mails(ada.email)


class TestAddresses:
    @pytest.mark.parametrize("method", ["POST", "PATCH", "DELETE"])
    def test_the_library_cannot_change_them(self, app: App, ada: User, method: str) -> None:
        app.log_in(ada.email)
        answer = app.send(method, "/account/email", {"email": "new@example.com", "primary": True})
        assert answer.status_code == 405

    def test_they_can_be_read(self, app: App, ada: User) -> None:
        app.log_in(ada.email)
        assert app.get("/account/email").json()["data"][0]["email"] == ada.email

    def test_there_are_no_phones(self, app: App, ada: User) -> None:
        app.log_in(ada.email)
        assert app.get("/account/phone").status_code == 404

    def test_an_unproved_address_has_its_link_sent_again_at_login(self, app: App) -> None:
        user = UserFactory(is_email_verified=False)
        assert app.log_in(user.email).status_code == 401
        assert mails(user.email) == ["accounts.verify_email"]
        assert not EmailAddress.objects.get(user=user).verified


def test_ending_sessions_through_the_library_leaves_one_entry(app: App, ada: User, entries: Entries) -> None:
    other = App("203.0.113.9")
    other.log_in(ada.email)
    app.log_in(ada.email)
    listed = app.get("/auth/sessions").json()["data"]
    victims = [s["id"] for s in listed if not s["is_current"]]
    assert app.send("DELETE", "/auth/sessions", {"sessions": victims}).status_code == 200
    assert other.get("/auth/session").status_code == 410
    assert entries()[2:] == ["accounts.session.ended"]
