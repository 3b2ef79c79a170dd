"""API keys, session tokens and cookies, as callers of the API meet them."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
import time_machine
from django.contrib.sessions.backends.base import SessionBase
from django.contrib.sessions.models import Session
from django.test import Client

from accounts import keys, services, sessions
from accounts.models import ApiKey, Membership, User, Workspace
from accounts.states import Capability, KeyMode, MemberRole
from tests.cast import log_in_as, session_token
from tests.factories.accounts import A_MORNING, PASSWORD, SUPPORT, ApiKeyFactory, actor, join, restrict

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("clock", "empty_cache")]
ME = "/api/v1/me/"
WHY = {"actor": SUPPORT, "reason": "Seen abuse", "at": A_MORNING}


def with_key(secret: str, method: str = "GET", path: str = ME, **defaults: Any) -> Any:
    headers = {"Authorization": f"Bearer {secret}"}
    return Client(**defaults).generic(method, path, b"{}", content_type="application/json", headers=headers)


def with_token(token: str, method: str = "GET", path: str = ME, body: bytes = b"{}") -> Any:
    return Client().generic(method, path, body, content_type="application/json", headers={"X-Session-Token": token})


def refused(answer: Any) -> tuple[int, str]:
    return answer.status_code, answer.json()["code"]


def end_meanwhile(user: User, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let somebody end the user's sessions after the next call has read its own."""
    is_over = sessions.is_over

    def end(session: SessionBase, *, at: datetime) -> bool:
        services.end_sessions(user_id=user.pk, actor=actor(user), at=at)
        return is_over(session, at=at)

    monkeypatch.setattr(sessions, "is_over", end)


class TestApiKey:
    def test_acts_for_its_maker(self, ada: User) -> None:
        made = ApiKeyFactory(by=ada)
        assert with_key(made.secret).json()["id"] == ada.public_id

    def test_is_known_by_one_query(self, ada: User, count_queries: Callable[..., Any]) -> None:
        made = ApiKeyFactory(by=ada)
        services.touch_api_key(key_id=made.key.pk, at=A_MORNING)
        with count_queries(1):  # the key with its maker, workspace, role and restrictions
            assert with_key(made.secret).status_code == 200

    def test_its_use_is_noted_once_a_minute(self, ada: User, clock: time_machine.Traveller) -> None:
        made = ApiKeyFactory(by=ada)
        with_key(made.secret)
        first = ApiKey.objects.get().last_used_at
        clock.shift(59)
        with_key(made.secret)
        assert ApiKey.objects.get().last_used_at == first
        clock.shift(1)
        with_key(made.secret)
        assert ApiKey.objects.get().last_used_at > first

    @pytest.mark.parametrize("secret", ["", "x", "bk_live_", "bk_live_" + "a" * 49, "bk_test_" + "é" * 49])
    def test_a_typing_error_costs_no_query(self, db: None, count_queries: Callable[..., Any], secret: str) -> None:
        with count_queries(0):
            assert refused(with_key(secret)) == (401, "credentials_invalid")

    def test_the_answer_names_the_scheme(self, db: None) -> None:
        assert with_key("x")["WWW-Authenticate"] == 'Bearer realm="api"'

    def test_an_unknown_key_is_refused_and_recorded(self, db: None, entries: Callable[[], list[str]]) -> None:
        assert refused(with_key(keys.new_key(KeyMode.LIVE))) == (401, "credentials_invalid")
        assert entries() == ["accounts.api_key.refused!"]

    def test_guessing_keys_ends_in_429(self, db: None) -> None:
        answers = [with_key(keys.new_key(KeyMode.LIVE)).status_code for _ in range(31)]
        assert answers[-1] == 429

    def test_guessing_keys_does_not_stop_good_ones_from_the_same_network(self, ada: User) -> None:
        made = ApiKeyFactory(by=ada)
        for _ in range(31):
            with_key(keys.new_key(KeyMode.LIVE))
        assert with_key(made.secret).status_code == 200

    def test_guessing_keys_does_not_stop_logins_from_the_same_network(self, ada: User) -> None:
        for _ in range(110):
            services.record_refused_key(key_prefix="bk_live_x", network="127.0.0.1", path="/", at=A_MORNING)
        body = {"email": ada.email, "password": PASSWORD}
        answer = Client().post("/_allauth/app/v1/auth/login", body, content_type="application/json")
        assert answer.status_code == 200

    def test_stops_when_it_is_revoked(self, ada: User) -> None:
        made = ApiKeyFactory(by=ada)
        services.revoke_api_key_as_staff(key_id=made.key.pk, **WHY)
        assert refused(with_key(made.secret)) == (401, "credentials_invalid")

    def test_stops_when_it_expires(self, ada: User, clock: time_machine.Traveller) -> None:
        made = ApiKeyFactory(by=ada, expires_at=A_MORNING + timedelta(hours=1))
        assert with_key(made.secret).status_code == 200
        clock.shift(3600)
        assert refused(with_key(made.secret)) == (401, "credentials_invalid")

    @pytest.mark.parametrize("stop", [services.suspend_user, services.ban_user, services.close_user])
    def test_stops_at_once_with_its_maker(self, ada: User, stop: Callable[..., Any]) -> None:
        made = ApiKeyFactory(by=ada)
        stop(user_id=ada.pk, **WHY)
        assert refused(with_key(made.secret)) == (401, "credentials_invalid")

    def test_works_again_with_its_reinstated_maker(self, ada: User) -> None:
        made = ApiKeyFactory(by=ada)
        services.suspend_user(user_id=ada.pk, **WHY)
        services.reinstate_user(user_id=ada.pk, **WHY)
        assert with_key(made.secret).status_code == 200

    def test_stops_when_its_maker_may_not_log_in(self, ada: User) -> None:
        made = ApiKeyFactory(by=ada)
        restrict(ada, Capability.LOGIN)
        assert refused(with_key(made.secret)) == (401, "credentials_invalid")

    def test_stops_when_its_maker_is_no_member_any_more(self, ada: User, bo: User, ada_team: Workspace) -> None:
        Membership.objects.filter(user=bo, workspace=ada_team).update(role=MemberRole.ADMIN)
        made = ApiKeyFactory(by=bo, workspace=ada_team)
        Membership.objects.filter(user=bo, workspace=ada_team).delete()
        assert refused(with_key(made.secret)) == (401, "credentials_invalid")

    def test_lacks_what_its_scopes_do_not_say(self, ada: User) -> None:
        made = ApiKeyFactory(by=ada, scopes=["credits:read"])
        answer = with_key(made.secret)
        assert refused(answer) == (403, "scope_missing")
        assert answer.json()["scope"] == "account:read"

    @pytest.mark.parametrize(
        ("method", "path"),
        [
            ("PATCH", ME),
            ("GET", "/api/v1/me/sessions/"),
            ("DELETE", "/api/v1/me/sessions/"),
            ("POST", "/api/v1/workspaces/"),
            ("GET", "/api/v1/api-keys/"),
            ("POST", "/api/v1/api-keys/"),
            ("POST", "/api/v1/invitations/accept/"),
            ("POST", "/api/v1/me/email-change/"),
        ],
    )
    def test_never_does_what_no_scope_allows(self, ada: User, method: str, path: str) -> None:
        made = ApiKeyFactory(by=ada, scopes=["account:read", "credits:write"])
        assert refused(with_key(made.secret, method, path)) == (403, "scope_missing")

    def test_is_bound_to_its_networks(self, ada: User) -> None:
        made = ApiKeyFactory(by=ada, allowed_networks=["192.0.2.0/24"])
        assert with_key(made.secret, REMOTE_ADDR="192.0.2.9").status_code == 200
        assert refused(with_key(made.secret, REMOTE_ADDR="198.51.100.1")) == (403, "address_not_allowed")
        forged = Client(REMOTE_ADDR="198.51.100.1").get(
            ME, headers={"Authorization": f"Bearer {made.secret}", "X-Forwarded-For": "192.0.2.9"}
        )
        assert refused(forged) == (403, "address_not_allowed")

    def test_sees_its_own_workspace_alone(self, ada: User, ada_team: Workspace) -> None:
        made = ApiKeyFactory(by=ada, workspace=ada_team)
        listed = with_key(made.secret, path="/api/v1/workspaces/").json()["results"]
        assert [w["id"] for w in listed] == [ada_team.public_id]

    def test_names_no_other_workspace(self, ada: User, ada_team: Workspace) -> None:
        made = ApiKeyFactory(by=ada)
        assert with_key(made.secret, path=f"/api/v1/workspaces/{ada_team.public_id}/").status_code == 404

    def test_the_context_knows_the_key(self, ada: User, entries: Callable[[], list[str]]) -> None:
        from core import context

        made = ApiKeyFactory(by=ada)
        seen = {}

        def look(*args: Any, **kwargs: Any) -> Any:
            seen.update(actor=context.current().actor, key=context.current().api_key_id)

        with pytest.MonkeyPatch.context() as patch:
            patch.setattr("accounts.services.touch_api_key", look)
            patch.setattr("accounts.authentication.services.touch_api_key", look)
            with_key(made.secret)
        assert (seen["key"], seen["actor"].kind) == (made.key.public_id, "api_key")


class TestSessionToken:
    def test_acts_for_its_user_by_two_queries(self, ada: User, count_queries: Callable[..., Any]) -> None:
        token = session_token(ada)
        with count_queries(2):  # the session; the user with restrictions
            assert with_token(token).json()["email"] == ada.email

    @pytest.mark.parametrize("token", ["x", "0" * 32, "0" * 31 + "\x7f", "é" * 32, "../" * 20])
    def test_nonsense_is_refused(self, db: None, token: str) -> None:
        assert refused(with_token(token)) == (401, "credentials_invalid")

    def test_nothing_at_all_is_refused(self, db: None) -> None:
        assert refused(Client().get(ME)) == (401, "not_authenticated")

    @pytest.mark.parametrize("stop", [services.suspend_user, services.ban_user, services.close_user])
    def test_stops_at_once_with_its_user(self, ada: User, stop: Callable[..., Any]) -> None:
        token = session_token(ada)
        stop(user_id=ada.pk, **WHY)
        assert refused(with_token(token)) == (401, "credentials_invalid")

    def test_stops_even_where_the_row_of_the_session_survived(self, ada: User) -> None:
        token = session_token(ada)
        User.objects.filter(pk=ada.pk).update(status="suspended")
        assert refused(with_token(token)) == (401, "credentials_invalid")

    def test_stops_when_its_user_may_not_log_in(self, ada: User) -> None:
        token = session_token(ada)
        restrict(ada, Capability.LOGIN, ends_at=A_MORNING + timedelta(hours=1))
        assert refused(with_token(token)) == (401, "credentials_invalid")

    def test_stops_when_it_is_ended_while_a_call_of_it_is_on_its_way(
        self, ada: User, clock: time_machine.Traveller, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        token = session_token(ada)
        clock.shift(61)  # a call after a minute marks the session as used
        end_meanwhile(ada, monkeypatch)
        assert refused(with_token(token)) == (401, "credentials_invalid")
        assert not Session.objects.exists()

    def test_ends_two_weeks_after_login_however_much_it_is_used(self, ada: User, clock: time_machine.Traveller) -> None:
        token = session_token(ada)
        for _ in range(13):
            clock.shift(86_400)
            assert with_token(token).status_code == 200
        clock.shift(86_401)
        assert refused(with_token(token)) == (401, "credentials_invalid")

    def test_a_key_beats_a_token(self, ada: User, cleo: User) -> None:
        made = ApiKeyFactory(by=ada)
        headers = {"Authorization": f"Bearer {made.secret}", "X-Session-Token": session_token(cleo)}
        assert Client().get(ME, headers=headers).json()["id"] == ada.public_id


class TestCookie:
    def test_reads_without_csrf(self, ada: User) -> None:
        assert log_in_as(ada).get(ME).json()["id"] == ada.public_id

    def test_changes_need_csrf(self, ada: User) -> None:
        browser = log_in_as(ada, enforce_csrf_checks=True)
        answer = browser.patch(ME, {"name": "Ada King"}, content_type="application/json")
        assert answer.status_code == 403
        assert User.objects.get(pk=ada.pk).name == "Ada Lovelace"

    def test_stops_at_once_with_its_user(self, ada: User) -> None:
        browser = log_in_as(ada)
        services.suspend_user(user_id=ada.pk, **WHY)
        assert browser.get(ME).status_code == 401

    def test_stops_when_it_is_ended_while_a_call_of_it_is_on_its_way(
        self, ada: User, clock: time_machine.Traveller, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        browser = log_in_as(ada)
        clock.shift(61)
        end_meanwhile(ada, monkeypatch)
        assert refused(browser.get(ME)) == (401, "not_authenticated")

    def test_ends_two_weeks_after_login(self, ada: User, clock: time_machine.Traveller) -> None:
        browser = log_in_as(ada)
        clock.shift(14 * 86_400 - 1)
        assert browser.get(ME).status_code == 200
        clock.shift(2)
        assert browser.get(ME).status_code == 401


class TestReadOnly:
    @pytest.mark.parametrize(
        ("method", "path"),
        [
            ("PATCH", ME),
            ("POST", "/api/v1/workspaces/"),
            ("POST", "/api/v1/api-keys/"),
            ("POST", "/api/v1/me/email-change/"),
        ],
    )
    def test_a_read_only_user_changes_nothing(self, ada: User, method: str, path: str) -> None:
        restrict(ada, Capability.WRITE)
        assert refused(with_token(session_token(ada), method, path)) == (403, "account_restricted")

    def test_a_read_only_user_reads(self, ada: User) -> None:
        restrict(ada, Capability.WRITE)
        assert with_token(session_token(ada)).json()["restricted"] == ["write"]

    def test_a_read_only_user_ends_sessions(self, ada: User) -> None:
        restrict(ada, Capability.WRITE)
        token = session_token(ada)
        assert with_token(token, "DELETE", "/api/v1/me/sessions/").status_code == 200

    def test_nobody_changes_a_read_only_workspace(self, ada: User, ada_team: Workspace, cleo: User) -> None:
        services.restrict_workspace(workspace_id=ada_team.pk, capability=Capability.WRITE, **WHY)
        path = f"/api/v1/workspaces/{ada_team.public_id}/"
        assert refused(with_token(session_token(ada), "PATCH", path)) == (403, "account_restricted")
        assert with_token(session_token(ada), "GET", path).status_code == 200

    def test_it_ends_by_the_clock(self, ada: User, clock: time_machine.Traveller) -> None:
        restrict(ada, Capability.WRITE, ends_at=A_MORNING + timedelta(minutes=5))
        token = session_token(ada)
        clock.shift(300)
        assert with_token(token, "PATCH", ME, b'{"name": "Ada King"}').status_code == 200


def test_the_cast_joins_teams_as_customers_do(cleo: User, ada_team: Workspace) -> None:
    assert join(ada_team, cleo).role == MemberRole.MEMBER
    assert actor(cleo).kind == "customer"
