"""The product API of accounts: me, teams, keys."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import get_resolver

from accounts.models import ApiKey, Membership, User, Workspace
from accounts.states import Capability, MemberRole
from core import clock as core_clock
from credits.models import Entry as LedgerEntry
from tests.accounts.conftest import App
from tests.cast import log_in_as, session_token
from tests.factories import credits as ledger
from tests.factories.accounts import ApiKeyFactory, UserFactory, invite, join, key_in_mail, restrict

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("empty_cache")]
Entries = Callable[[], list[str]]
V1 = "/api/v1"


class Caller:
    """Somebody with a session token."""

    def __init__(self, user: User) -> None:
        self.token = session_token(user)

    def send(self, method: str, path: str, body: Any = None, **headers: str) -> Any:
        client = Client(headers={"X-Session-Token": self.token, **headers})
        return client.generic(method, V1 + path, _json(body), content_type="application/json")

    def get(self, path: str, **headers: str) -> Any:
        return self.send("GET", path, **headers)

    def post(self, path: str, body: Any = None, **headers: str) -> Any:
        return self.send("POST", path, body, **headers)


def _json(body: Any) -> bytes:
    import json

    return b"" if body is None else json.dumps(body).encode()


class TestMe:
    def test_says_who_one_is(self, ada: User) -> None:
        me = Caller(ada).get("/me/").json()
        assert (me["id"], me["email"], me["restricted"]) == (ada.public_id, ada.email, [])

    def test_changes_the_name_and_leaves_one_entry(self, ada: User, entries: Entries) -> None:
        caller = Caller(ada)
        start = len(entries())
        assert caller.send("PATCH", "/me/", {"name": "Ada King"}).json()["name"] == "Ada King"
        assert entries()[start:] == ["accounts.user.edited"]

    def test_the_same_name_again_is_no_error(self, ada: User) -> None:
        assert Caller(ada).send("PATCH", "/me/", {"name": ada.name}).status_code == 200

    @pytest.mark.parametrize(
        "body",
        [{"email": "x@y.zz"}, {"status": "active"}, {"name": 5}, {"name": "a\u0000"}, {"locale": "tlh"}, []],
    )
    def test_refuses_what_it_does_not_know(self, ada: User, body: Any) -> None:
        assert Caller(ada).send("PATCH", "/me/", body).status_code == 400


class TestSessions:
    def test_are_listed_without_their_keys(self, ada: User) -> None:
        other, caller = Caller(ada), Caller(ada)
        listed = caller.get("/me/sessions/")
        assert [s["is_current"] for s in listed.json()["results"]].count(True) == 1
        assert other.token not in listed.text
        assert caller.token not in listed.text

    def test_another_one_is_ended(self, ada: User, entries: Entries) -> None:
        other, caller = Caller(ada), Caller(ada)
        victim = next(s["id"] for s in caller.get("/me/sessions/").json()["results"] if not s["is_current"])
        start = len(entries())
        assert caller.send("DELETE", f"/me/sessions/{victim}/").status_code == 204
        assert other.get("/me/").status_code == 401
        assert entries()[start:] == ["accounts.session.ended"]

    def test_all_others_are_ended(self, ada: User) -> None:
        other, caller = Caller(ada), Caller(ada)
        assert caller.send("DELETE", "/me/sessions/").json() == {"sessions_ended": 1}
        assert other.get("/me/").status_code == 401
        assert caller.get("/me/").status_code == 200

    def test_ending_this_one_logs_out(self, ada: User) -> None:
        caller = Caller(ada)
        own = caller.get("/me/sessions/").json()["results"][0]["id"]
        caller.send("DELETE", f"/me/sessions/{own}/")
        assert caller.get("/me/").status_code == 401

    def test_those_of_others_are_unknown(self, ada: User, cleo: User) -> None:
        theirs = Caller(cleo).get("/me/sessions/").json()["results"][0]["id"]
        assert Caller(ada).send("DELETE", f"/me/sessions/{theirs}/").status_code == 404

    def test_the_list_costs_three_queries(self, ada: User, count_queries: Callable[..., Any]) -> None:
        caller = Caller(ada)
        with count_queries(3):  # session; user; the live sessions
            caller.get("/me/sessions/")


class TestAccessLog:
    def test_says_which_role_looked_and_names_nobody(self, ada: User, sam: User) -> None:
        log_in_as(sam, console=True).get(f"/admin/accounts/user/{ada.public_id}/")
        answer = Caller(ada).get("/me/access-log/")
        (look,) = answer.json()["results"]
        assert (look["staff_role"], look["action"]) == ("Support", "console.page.read")
        assert "Sam" not in answer.text
        assert sam.public_id not in answer.text

    def test_says_why_a_masked_value_was_shown(self, ada: User, sam: User) -> None:
        url = f"/admin/accounts/user/{ada.public_id}/reveal/email/"
        log_in_as(sam, console=True).post(url, {"why": "identity", "note": "on the phone"})
        (look,) = Caller(ada).get("/me/access-log/").json()["results"]
        assert (look["action"], look["reason"]) == (
            "console.field.revealed",
            "To check who they are: on the phone",
        )

    def test_says_what_of_theirs_was_looked_at(self, ada: User, ada_team: Workspace, max_: User) -> None:
        ledger.grant(ada_team.pk, 100, at=core_clock.now())
        entry = LedgerEntry.objects.get()
        placed = ledger.hold(ada_team.pk, 10, at=core_clock.now())
        key = ApiKeyFactory(by=ada, workspace=ada_team).key
        held = restrict(ada, Capability.SPEND)
        staff = log_in_as(max_, console=True)
        pages = {
            f"credits/account/acc_{ada_team.public_id[4:]}": f"acc_{ada_team.public_id[4:]}",
            f"credits/hold/{placed.public_id}": placed.public_id,
            f"credits/entry/{entry.public_id}": entry.public_id,
            f"accounts/workspace/{ada_team.public_id}": ada_team.public_id,
            f"accounts/apikey/{key.public_id}": key.public_id,
            f"accounts/restriction/{held.public_id}": held.public_id,
        }
        for page, seen in pages.items():
            assert staff.get(f"/admin/{page}/").status_code == 200, page
            look = Caller(ada).get("/me/access-log/").json()["results"][0]
            assert (look["action"], look["description"]) == ("console.page.read", f"Page read: {seen}")
        actions = [look["action"] for look in Caller(ada).get("/me/access-log/").json()["results"]]
        assert actions.count("console.page.read") == len(pages)

    def test_shows_a_look_at_oneself_alone(self, ada: User, cleo: User, sam: User) -> None:
        log_in_as(sam, console=True).get(f"/admin/accounts/user/{cleo.public_id}/")
        assert Caller(ada).get("/me/access-log/").json()["results"] == []

    def test_costs_the_same_for_many(self, ada: User, sam: User) -> None:
        staff, caller = log_in_as(sam, console=True), Caller(ada)

        def cost() -> int:
            with CaptureQueriesContext(connection) as captured:
                caller.get("/me/access-log/")
            return len(captured)

        staff.get(f"/admin/accounts/user/{ada.public_id}/")
        first = cost()
        for _ in range(10):
            staff.get(f"/admin/accounts/user/{ada.public_id}/")
        assert cost() == first == 4  # session; user; entries; roles


class TestEmailChange:
    def test_goes_from_request_to_the_new_address(self, ada: User, clock: time_machine.Traveller) -> None:
        caller = Caller(ada)
        assert caller.post("/me/email-change/", {"new_email": "ada@new.example"}).status_code == 202
        assert caller.get("/me/email-change/").json()["status"] == "requested"
        clock.shift(timedelta(hours=24))
        token = key_in_mail("accounts.email_change_confirm", "ada@new.example")
        assert (
            Client()
            .post(f"{V1}/email-changes/confirm/", {"token": token}, content_type="application/json")
            .json()["status"]
            == "applied"
        )
        assert User.objects.get(pk=ada.pk).email == "ada@new.example"

    def test_needs_a_fresh_proof(self, ada: User, clock: time_machine.Traveller) -> None:
        caller = Caller(ada)
        clock.shift(timedelta(minutes=16))
        answer = caller.post("/me/email-change/", {"new_email": "ada@new.example"})
        assert (answer.status_code, answer.json()["code"]) == (403, "reauthentication_required")

    def test_reauthentication_is_a_fresh_proof(self, ada: User, clock: time_machine.Traveller) -> None:
        app = App()
        app.log_in(ada.email)
        clock.shift(timedelta(minutes=16))
        app.post("/auth/reauthenticate", {"password": "rusty-violin-quarterly-71"})
        assert app.post(f"{V1}/me/email-change/", {"new_email": "ada@new.example"}).status_code == 202

    def test_is_stopped_by_the_old_address_without_login(self, ada: User) -> None:
        Caller(ada).post("/me/email-change/", {"new_email": "ada@new.example"})
        token = key_in_mail("accounts.email_change_notice", ada.email)
        answer = Client().post(f"{V1}/email-changes/cancel/", {"token": token}, content_type="application/json")
        assert answer.json()["status"] == "canceled"

    def test_is_stopped_by_its_user(self, ada: User) -> None:
        caller = Caller(ada)
        caller.post("/me/email-change/", {"new_email": "ada@new.example"})
        assert caller.send("DELETE", "/me/email-change/").json()["status"] == "canceled"
        assert caller.get("/me/email-change/").status_code == 404

    def test_an_unknown_token_is_refused(self, db: None) -> None:
        answer = Client().post(f"{V1}/email-changes/confirm/", {"token": "x"}, content_type="application/json")
        assert answer.json()["code"] == "token_unusable"


class TestWorkspaces:
    def test_are_those_one_belongs_to(self, ada: User, bo: User, ada_team: Workspace, cleo_team: Workspace) -> None:
        listed = Caller(bo).get("/workspaces/").json()["results"]
        assert {(w["name"], w["role"]) for w in listed} == {("Engines", "member"), ("Workspace of Bo Diddley", "owner")}

    def test_a_team_is_opened(self, ada: User, entries: Entries) -> None:
        caller = Caller(ada)
        start = len(entries())
        made = caller.post("/workspaces/", {"name": "Mills"})
        assert (made.status_code, made.json()["role"]) == (201, "owner")
        assert entries()[start:] == ["accounts.workspace.created"]

    def test_a_team_is_renamed_by_those_who_manage(self, ada: User, bo: User, ada_team: Workspace) -> None:
        path = f"/workspaces/{ada_team.public_id}/"
        assert Caller(bo).send("PATCH", path, {"name": "Mine"}).json()["code"] == "member_role_missing"
        assert Caller(ada).send("PATCH", path, {"name": "Mills"}).json()["name"] == "Mills"
        assert Caller(ada).send("PATCH", path, {"name": "Mills"}).status_code == 200

    @pytest.mark.parametrize("path", ["", "members/", "invitations/"])
    def test_those_of_others_are_unknown(self, ada: User, cleo_team: Workspace, path: str) -> None:
        assert Caller(ada).get(f"/workspaces/{cleo_team.public_id}/{path}").status_code == 404

    @pytest.mark.parametrize("path", ["/workspaces/", "MEMBERS", "INVITATIONS", "/api-keys/"])
    def test_lists_cost_the_same_at_one_and_at_twenty(self, ada: User, ada_team: Workspace, path: str) -> None:
        caller = Caller(ada)
        url = {
            "MEMBERS": f"/workspaces/{ada_team.public_id}/members/",
            "INVITATIONS": f"/workspaces/{ada_team.public_id}/invitations/",
        }.get(path, path)

        def rows(count: int) -> None:
            for n in range(count):
                join(ada_team, UserFactory())
                invite(ada_team, f"{count}-{n}@example.com", by=ada)
                caller.post("/workspaces/", {"name": f"Team {n}"})
                ApiKeyFactory(by=ada)

        def cost() -> int:
            with CaptureQueriesContext(connection) as captured:
                assert caller.get(url).status_code == 200
            return len(captured)

        rows(1)
        first = cost()
        rows(19)
        assert cost() == first
        assert first <= 4  # session; user; the workspace; the rows with all they show


class TestMembers:
    def test_are_seen_by_members(self, bo: User, ada_team: Workspace) -> None:
        listed = Caller(bo).get(f"/workspaces/{ada_team.public_id}/members/").json()["results"]
        assert {m["name"] for m in listed} == {"Ada Lovelace", "Bo Diddley"}

    def test_get_another_role_and_go(self, ada: User, bo: User, ada_team: Workspace) -> None:
        member = Membership.objects.get(user=bo, workspace=ada_team)
        path = f"/workspaces/{ada_team.public_id}/members/{member.public_id}/"
        caller = Caller(ada)
        assert caller.send("PATCH", path, {"role": "admin"}).json()["role"] == "admin"
        assert caller.send("DELETE", path).status_code == 204
        assert caller.send("DELETE", path).status_code == 404

    def test_leave_of_their_own_accord(self, bo: User, ada_team: Workspace) -> None:
        member = Membership.objects.get(user=bo, workspace=ada_team)
        path = f"/workspaces/{ada_team.public_id}/members/{member.public_id}/"
        assert Caller(bo).send("DELETE", path).status_code == 204


class TestInvitations:
    def test_lead_into_the_team(self, ada: User, cleo: User, ada_team: Workspace) -> None:
        path = f"/workspaces/{ada_team.public_id}/invitations/"
        made = Caller(ada).post(path, {"email": cleo.email, "role": "admin"})
        assert (made.status_code, made.json()["status"]) == (201, "pending")
        token = key_in_mail("accounts.invitation", cleo.email)
        assert token not in made.text
        assert Caller(cleo).post("/invitations/accept/", {"token": token}).status_code == 201
        assert Membership.objects.get(user=cleo, workspace=ada_team).role == MemberRole.ADMIN

    def test_are_taken_back(self, ada: User, ada_team: Workspace) -> None:
        invitation, _token = invite(ada_team, "dora@example.com", by=ada)
        path = f"/workspaces/{ada_team.public_id}/invitations/{invitation.public_id}/"
        assert Caller(ada).send("DELETE", path).json()["status"] == "revoked"

    def test_are_not_seen_by_plain_members(self, bo: User, ada_team: Workspace) -> None:
        assert Caller(bo).get(f"/workspaces/{ada_team.public_id}/invitations/").status_code == 403


class TestApiKeys:
    BODY = {"name": "CI", "scopes": ["account:read"]}

    def test_the_secret_is_told_once(self, ada: User, entries: Entries) -> None:
        caller = Caller(ada)
        start = len(entries())
        made = caller.post("/api-keys/", self.BODY)
        secret = made.json()["secret"]
        assert made.status_code == 201
        assert secret not in caller.get("/api-keys/").text
        assert entries()[start:] == ["accounts.api_key.created"]
        assert Client(headers={"Authorization": f"Bearer {secret}"}).get(f"{V1}/me/").status_code == 200

    def test_are_rotated_and_revoked(self, ada: User) -> None:
        caller = Caller(ada)
        old = caller.post("/api-keys/", self.BODY).json()
        new = caller.post(f"/api-keys/{old['id']}/rotate/", {"overlap_seconds": 60}).json()
        assert new["secret"] != old["secret"]
        assert caller.send("DELETE", f"/api-keys/{old['id']}/").json()["is_live"] is False
        assert Client(headers={"Authorization": f"Bearer {old['secret']}"}).get(f"{V1}/me/").status_code == 401
        assert Client(headers={"Authorization": f"Bearer {new['secret']}"}).get(f"{V1}/me/").status_code == 200

    def test_belong_to_the_named_workspace(self, ada: User, ada_team: Workspace) -> None:
        Caller(ada).post("/api-keys/", self.BODY, **{"X-Workspace": ada_team.public_id})
        assert ApiKey.objects.get().workspace == ada_team

    @pytest.mark.parametrize("named", ["wsp_00000000000000000000000000", "nonsense"])
    def test_an_unknown_workspace_is_404(self, ada: User, named: str) -> None:
        assert Caller(ada).get("/api-keys/", **{"X-Workspace": named}).status_code == 404

    def test_a_foreign_workspace_is_404(self, ada: User, cleo_team: Workspace) -> None:
        assert Caller(ada).get("/api-keys/", **{"X-Workspace": cleo_team.public_id}).status_code == 404

    def test_those_of_others_are_unknown(self, ada: User, cleo: User) -> None:
        theirs = ApiKeyFactory(by=cleo).key
        caller = Caller(ada)
        assert caller.send("DELETE", f"/api-keys/{theirs.public_id}/").status_code == 404
        assert caller.post(f"/api-keys/{theirs.public_id}/rotate/", {}).status_code == 404

    @pytest.mark.parametrize(
        "body",
        [
            {},
            {"name": "x", "scopes": []},
            {"name": "x", "scopes": ["all"]},
            {"name": "x", "scopes": "account:read"},
            {"name": "x", "scopes": ["account:read"], "secret": "mine"},
            {"name": "x", "scopes": ["account:read"], "expires_at": "yesterday"},
            {"name": "x", "scopes": ["account:read"], "expires_at": "2001-01-01T00:00:00Z"},
            {"name": "x", "scopes": ["account:read"], "allowed_networks": ["everywhere"]},
            {"name": "x" * 101, "scopes": ["account:read"]},
        ],
    )
    def test_refuses_nonsense(self, ada: User, body: Any) -> None:
        assert Caller(ada).post("/api-keys/", body).status_code == 400


def test_every_route_of_this_app_says_401_to_strangers(db: None) -> None:
    answers = {}
    ids = {"workspace_id": "wsp", "membership_id": "mem", "invitation_id": "inv", "key_id": "key"}
    values = {name: f"{prefix}_00000000000000000000000000" for name, prefix in ids.items()}
    for pattern in get_resolver("accounts.urls").url_patterns:
        path = str(pattern.pattern)
        if path.startswith("email-changes/"):
            continue
        for name, value in values.items():
            path = path.replace(f"<{ids[name]}:{name}>", value)
        path = path.replace("<ses:session_id>", f"ses_{'0' * 32}")
        answers[path] = Client().get(f"{V1}/{path}").status_code
    assert set(answers.values()) == {401}, answers


def test_a_restricted_user_sees_what_is_taken(ada: User) -> None:
    restrict(ada, Capability.SPEND, at=core_clock.now())
    assert Caller(ada).get("/me/").json()["restricted"] == ["spend"]
