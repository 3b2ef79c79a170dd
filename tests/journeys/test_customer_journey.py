"""A customer's first hour over HTTP, and the trail it leaves."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from datetime import datetime
from typing import Any

import pytest
import requests

from accounts.models import User
from audit.models import Entry
from core import clock
from tests.factories.accounts import PASSWORD, key_in_mail, personal
from tests.factories.credits import grant
from tests.journeys.server import running

# New for each run: confirmation mails to one address are limited across runs.
EMAIL = f"grace-{uuid.uuid4().hex[:8]}@example.com"


class App:
    """The customer's app: it knows the address of the API and nothing of what is behind it."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.headers: dict[str, str] = {}

    def call(self, method: str, path: str, body: Any = None, **headers: str) -> requests.Response:
        answer = requests.request(
            method, f"{self.url}{path}", json=body, headers={**self.headers, **headers}, timeout=30
        )
        assert answer.headers["X-Request-Id"].startswith("req_")
        return answer

    def get(self, path: str) -> Any:
        answer = self.call("GET", path)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def post(self, path: str, body: Any = None, *, status: int = 200, **headers: str) -> Any:
        answer = self.call("POST", path, body, **headers)
        assert answer.status_code == status, answer.text
        return answer.json()


@pytest.fixture
def app(transactional_db: None, environment: dict[str, str], tmp_path) -> Iterator[App]:
    with running(tmp_path / "server.log", environment) as url:
        yield App(url)


def sign_up(app: App) -> User:
    """Sign up and confirm the address, as the mail asks for."""
    asked = app.post("/_allauth/app/v1/auth/signup", {"email": EMAIL, "password": PASSWORD}, status=401)
    assert any(flow["id"] == "verify_email" and flow.get("is_pending") for flow in asked["data"]["flows"])
    key = key_in_mail("accounts.verify_email", EMAIL)
    token = asked["meta"]["session_token"]
    confirmed = app.call("POST", "/_allauth/app/v1/auth/email/verify", {"key": key}, **{"X-Session-Token": token})
    assert confirmed.status_code in {200, 401}, confirmed.text
    return User.objects.get(email=EMAIL)


def log_in(app: App) -> None:
    answer = app.post("/_allauth/app/v1/auth/login", {"email": EMAIL, "password": PASSWORD})
    app.headers = {"X-Session-Token": answer["meta"]["session_token"]}


def balance(app: App) -> tuple[int, int, int]:
    found = app.get("/api/v1/credits/")
    return found["posted"], found["held"], found["available"]


def place(app: App, amount: int, key: str, **headers: str) -> requests.Response:
    body = {"amount_credits": amount, "purpose": "A picture of a loom", "expires_in_seconds": 600}
    return app.call("POST", "/api/v1/credits/holds/", body, **{"Idempotency-Key": key, **headers})


def who_am_i(app: App, user: User) -> None:
    me = app.get("/api/v1/me/")
    assert (me["id"], me["email"]) == (user.public_id, EMAIL)
    assert me["created_at"].endswith("Z")
    assert datetime.fromisoformat(me["created_at"]).utcoffset() is not None


def refused_without_credits(app: App) -> None:
    assert balance(app) == (0, 0, 0)
    refused = place(app, 10, "first")
    assert (refused.status_code, refused.json()["code"]) == (409, "insufficient_credits")
    assert (refused.json()["available"], refused.json()["requested"]) == (0, 10)


def hold_and_capture_a_part(app: App) -> str:
    placed = place(app, 30, "second")
    assert placed.status_code == 201
    hold_id: str = placed.json()["id"]
    assert hold_id.startswith("hld_")
    assert balance(app) == (100, 30, 70)
    again = place(app, 30, "second")
    assert (again.json()["id"], again.headers["Idempotent-Replay"]) == (hold_id, "true")
    other = place(app, 31, "second")
    assert (other.status_code, other.json()["code"]) == (422, "idempotency_key_reused")
    capture = f"/api/v1/credits/holds/{hold_id}/capture/"
    captured = app.post(capture, {"amount_credits": 12}, **{"Idempotency-Key": "third"})
    assert captured["captured_credits"] == 12
    assert balance(app) == (88, 0, 88)
    return hold_id


def give_a_hold_up(app: App) -> None:
    released = place(app, 8, "fourth").json()["id"]
    app.post(f"/api/v1/credits/holds/{released}/release/", **{"Idempotency-Key": "fifth"})
    assert balance(app) == (88, 0, 88)


def do_many_at_once(app: App, settled: str) -> None:
    operations = [
        {"op": "place", "amount_credits": 5, "purpose": "One"},
        {"op": "place", "amount_credits": 5_000, "purpose": "Too much"},
        {"op": "capture", "hold": settled},
    ]
    batch = app.post("/api/v1/credits/holds/batch/", {"operations": operations}, **{"Idempotency-Key": "sixth"})
    refusals = [result["problem"] and result["problem"]["code"] for result in batch["results"]]
    assert refusals == [None, "insufficient_credits", "hold_settled"]
    assert balance(app) == (88, 5, 83)


def read_the_ledger(app: App) -> None:
    entries = app.get("/api/v1/credits/entries/")["results"]
    assert [(entry["kind"], entry["amount_credits"]) for entry in entries] == [("capture", -12), ("grant", 100)]
    assert all(entry["id"].startswith("led_") and entry["created_at"].endswith("Z") for entry in entries)


def make_use_and_revoke_a_key(app: App) -> None:
    made = app.post("/api/v1/api-keys/", {"name": "A script", "scopes": ["credits:read"]}, status=201)
    script = App(app.url)
    script.headers = {"Authorization": f"Bearer {made['secret']}"}
    assert balance(script) == (88, 5, 83)
    assert place(script, 1, "seventh").json()["code"] == "scope_missing"
    assert "secret" not in app.get("/api/v1/api-keys/")["results"][0]
    assert app.call("DELETE", f"/api/v1/api-keys/{made['id']}/").status_code == 200
    dead = script.call("GET", "/api/v1/credits/")
    assert (dead.status_code, dead.json()["code"]) == (401, "credentials_invalid")


def log_out(app: App) -> None:
    session = app.get("/api/v1/me/sessions/")["results"][0]
    assert session["is_current"]
    assert app.call("DELETE", f"/api/v1/me/sessions/{session['id']}/").status_code == 204
    assert app.call("GET", "/api/v1/me/").status_code == 401


@pytest.mark.slow
class TestCustomerJourney:
    def test_it_goes_from_sign_up_to_log_out_and_leaves_its_trail(self, app):
        user = sign_up(app)
        log_in(app)
        who_am_i(app, user)
        refused_without_credits(app)
        grant(personal(user).pk, 100, at=clock.now())
        settled = hold_and_capture_a_part(app)
        give_a_hold_up(app)
        do_many_at_once(app, settled)
        read_the_ledger(app)
        make_use_and_revoke_a_key(app)
        log_out(app)

        trail = Entry.objects.filter(actor_id=user.public_id).order_by("seq")
        actions = [entry.action for entry in trail]
        changes_of_access = ("accounts.api_key.created", "accounts.api_key.revoked", "accounts.session.ended")
        assert [actions.count(action) for action in changes_of_access] == [1, 1, 1]
        assert all(entry.request_id.startswith("req_") for entry in trail)
