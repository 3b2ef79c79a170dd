"""Whatever is wrong with a request, it gets its problem document with the right status, and nothing changes.

Every operation of the OpenAPI document takes part by being in it.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.conf import settings
from django.test import Client

from core import clock
from tests import snapshot
from tests.factories.accounts import WorkspaceFactory
from tests.journeys.operations import (
    WRITES,
    Operation,
    call,
    nobodys,
    operations,
    spoiled_bodies,
    unreadable_bodies,
)
from tests.journeys.world import Customer, make_customer, revoked_secret

pytestmark = [pytest.mark.django_db, pytest.mark.slow]

ALL = operations("get", *WRITES)
CHANGES = operations(*WRITES)
WITH_BODY = [each for each in CHANGES if each.body is not None]
WITH_LOGIN = [each for each in ALL if each.needs_login]
WITH_IDS = [each for each in ALL if each.path_ids]
WITH_KEY = [each for each in CHANGES if each.needs_key]
IN_WORKSPACE = [each for each in ALL if each.acts_in_workspace]

# Using a credential leaves a mark on it (when it was last used), and guessing keys is counted.
MARKS_OF_USE = {"accounts_apikey", "django_session", "accounts_refusedkey", "usersessions_usersession"}


def over(found: list[Operation]) -> pytest.MarkDecorator:
    return pytest.mark.parametrize("operation", found, ids=str)


@pytest.fixture
def ada() -> Customer:
    return make_customer("ada@example.com")


@pytest.fixture
def client() -> Client:
    return Client(raise_request_exception=False)


@contextmanager
def nothing_changes() -> Iterator[None]:
    before = snapshot.take()
    yield
    found = snapshot.changed(before, snapshot.take()) - MARKS_OF_USE
    assert not found, f"changed: {sorted(found)}"


def problem(answer: Any, status: int, *, what: str = "") -> dict[str, Any]:
    """The problem document of ``answer``, which must have ``status``."""
    found = (answer.status_code, answer.get("Content-Type"))
    assert found == (status, "application/problem+json"), f"{what}: {found} {answer.content[:500]!r}"
    body: dict[str, Any] = answer.json()
    assert (body["status"], body["request_id"]) == (status, answer["X-Request-Id"])
    return body


class TestNothingChanges:
    def test_it_notices_one_row(self, ada):
        with pytest.raises(AssertionError, match="accounts_workspace"), nothing_changes():
            WorkspaceFactory()


class TestBodies:
    @over(WITH_BODY)
    def test_a_field_that_does_not_fit_is_named_and_nothing_changes(self, operation, ada, client):
        with nothing_changes():
            for spoiled in spoiled_bodies(operation.body):
                body = problem(call(operation, client, customer=ada, body=spoiled.body), 400, what=spoiled.what)
                named = {error["field"].partition(".")[0] for error in body["errors"]}
                assert spoiled.field in named, f"{spoiled.what}: {body}"

    @over(WITH_BODY)
    def test_what_is_no_json_object_is_refused_and_nothing_changes(self, operation, ada, client):
        with nothing_changes():
            for spoiled in unreadable_bodies():
                body = problem(call(operation, client, customer=ada, body=spoiled.body), 400, what=spoiled.what)
                assert body["code"] == "malformed_body", spoiled.what

    @over(WITH_BODY)
    def test_another_content_type_is_415_and_nothing_changes(self, operation, ada, client):
        with nothing_changes():
            for content_type in ("text/plain", "multipart/form-data; boundary=x", "application/xml", ""):
                answer = call(operation, client, customer=ada, body=b"amount=1", content_type=content_type)
                problem(answer, 415, what=content_type)

    @over(CHANGES)
    def test_an_oversized_body_is_413_and_nothing_changes(self, operation, ada, client):
        with nothing_changes():
            body = b'{"name": "' + b"x" * settings.API_BODY_LIMIT + b'"}'
            assert problem(call(operation, client, customer=ada, body=body), 413)["limit_bytes"] == 262_144


class TestHeaders:
    @over(WITH_KEY)
    def test_a_missing_idempotency_key_is_400_and_nothing_changes(self, operation, ada, client):
        with nothing_changes():
            answer = call(operation, client, customer=ada, headers={"Idempotency-Key": None})
            assert problem(answer, 400)["code"] == "idempotency_key_missing"

    @over(WITH_KEY)
    def test_an_unusable_idempotency_key_is_400_and_nothing_changes(self, operation, ada, client):
        with nothing_changes():
            for key in ("", "x" * 256, "a\tb", "schlüssel"):
                answer = call(operation, client, customer=ada, headers={"Idempotency-Key": key})
                assert problem(answer, 400, what=key)["code"] == "idempotency_key_invalid"

    @over(IN_WORKSPACE)
    def test_a_workspace_that_is_not_the_callers_is_404_and_nothing_changes(self, operation, ada, client):
        foreign = WorkspaceFactory().public_id
        with nothing_changes():
            for named in (foreign, nobodys("wsp"), "wsp_\u00e4", ada.ids["usr"]):
                answer = call(operation, client, customer=ada, headers={"X-Workspace": named})
                problem(answer, 404, what=named)


class TestIds:
    @over(WITH_IDS)
    def test_a_foreign_id_is_404_and_nothing_changes(self, operation, ada, client):
        cleo = make_customer("cleo@example.com")
        with nothing_changes():
            problem(call(operation, client, customer=ada, ids=cleo.ids), 404)

    @over(WITH_IDS)
    def test_an_id_of_nobody_and_what_is_no_id_are_404_and_nothing_changes(self, operation, ada, client):
        no_ids = ["x", "%00", "..", "%C3%28", "usr_" + "z" * 26, "'; --"]
        with nothing_changes():
            problem(call(operation, client, customer=ada, ids={}), 404)
            for text in no_ids:
                answer = call(operation, client, customer=ada, ids=dict.fromkeys(operation.path_ids.values(), text))
                problem(answer, 400 if text == "%00" else 404, what=text)


class TestCredentials:
    @over(WITH_LOGIN)
    def test_none_at_all_is_401_and_nothing_changes(self, operation, ada, client):
        with nothing_changes():
            answer = call(operation, client, customer=ada, headers={"X-Session-Token": None})
            assert problem(answer, 401)["code"] == "not_authenticated"
            assert answer["WWW-Authenticate"].startswith("Bearer")

    @over(WITH_LOGIN)
    def test_an_expired_session_is_401_and_nothing_changes(self, operation, ada, client):
        with nothing_changes(), time_machine.travel(clock.now() + timedelta(days=400)):
            problem(call(operation, client, customer=ada), 401)

    @over(WITH_LOGIN)
    def test_a_token_of_nobody_is_401_and_nothing_changes(self, operation, ada, client):
        with nothing_changes():
            for token in ("x", "0" * 32, "\u00e4", "' OR 1=1"):
                answer = call(operation, client, customer=ada, headers={"X-Session-Token": token})
                problem(answer, 401, what=token)

    @over(WITH_LOGIN)
    def test_a_revoked_key_is_401_and_nothing_changes(self, operation, ada, client):
        secret = revoked_secret(ada)
        with nothing_changes():
            headers = {"X-Session-Token": None, "Authorization": f"Bearer {secret}"}
            problem(call(operation, client, customer=ada, headers=headers), 401)

    @over(WITH_LOGIN)
    def test_a_key_without_the_scope_is_403_and_nothing_changes(self, operation, client):
        ada = make_customer("ada@example.com", scopes=("flags:read",))
        with nothing_changes():
            headers = {"X-Session-Token": None, "Authorization": f"Bearer {ada.secret}"}
            assert problem(call(operation, client, customer=ada, headers=headers), 403)["code"] == "scope_missing"

    @over([each for each in CHANGES if each.needs_login])
    def test_a_cookie_without_the_csrf_token_is_403_and_nothing_changes(self, operation, ada):
        client = Client(raise_request_exception=False, enforce_csrf_checks=True)
        client.cookies[settings.SESSION_COOKIE_NAME] = ada.token
        with nothing_changes():
            problem(call(operation, client, customer=ada, headers={"X-Session-Token": None}), 403)
