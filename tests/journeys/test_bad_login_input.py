"""Whatever is sent to the sign-up and login endpoints, they answer below 500 and nobody gets in.

They are django-allauth's: what middleware refuses is a problem document, what the library refuses has its own
shape, ``{"status", "errors": [{"message", "code", "param"}]}``.
"""

from __future__ import annotations

import json
from base64 import urlsafe_b64encode
from collections.abc import Iterator
from typing import Any

import pytest
from django.conf import settings
from django.test import Client

from accounts.models import User
from tests.factories.accounts import PASSWORD, Authenticator, UserFactory
from tests.journeys.operations import unreadable_bodies

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("empty_cache", "no_limits")]

PROBLEM = "application/problem+json"
# A passkey's answers, whole but about nobody.
_CLIENT_DATA = urlsafe_b64encode(b'{"type": "webauthn.get", "challenge": "YQ", "origin": "https://x.example"}').decode()
_NOBODY = urlsafe_b64encode(b"0" * 32).decode().rstrip("=")
ASSERTION: dict[str, Any] = {
    "id": _NOBODY, "rawId": _NOBODY, "type": "public-key", "clientExtensionResults": {},
    "response": {
        "clientDataJSON": _CLIENT_DATA, "authenticatorData": "A" * 50, "signature": "YQ", "userHandle": _NOBODY
    },
}  # fmt: skip
ATTESTATION: dict[str, Any] = {
    **ASSERTION, "response": {"clientDataJSON": _CLIENT_DATA, "attestationObject": "o2NmbXRkbm9uZWdhdHRTdG10oA"}
}  # fmt: skip
BODIES: dict[tuple[str, str], dict[str, Any]] = {
    ("POST", "auth/login"): {"email": "ada@example.com", "password": PASSWORD},
    ("POST", "auth/signup"): {"email": "new@example.com", "password": PASSWORD},
    ("POST", "auth/reauthenticate"): {"password": PASSWORD},
    ("POST", "auth/email/verify"): {"key": "abc:def"},
    ("POST", "auth/password/request"): {"email": "ada@example.com"},
    ("POST", "auth/password/reset"): {"key": "1-abc", "password": PASSWORD},
    ("POST", "auth/2fa/authenticate"): {"code": "000000"},
    ("POST", "auth/2fa/reauthenticate"): {"code": "000000"},
    ("POST", "auth/webauthn/authenticate"): {"credential": ASSERTION},
    ("POST", "auth/webauthn/reauthenticate"): {"credential": ASSERTION},
    ("POST", "auth/webauthn/login"): {"credential": ASSERTION},
    ("POST", "account/authenticators/webauthn"): {"name": "Key", "credential": ATTESTATION},
    ("POST", "account/authenticators/totp"): {"code": "000000"},
    ("POST", "account/password/change"): {"current_password": PASSWORD, "new_password": PASSWORD},
    ("PUT", "account/email"): {"email": "ada@example.com"},
    ("DELETE", "auth/sessions"): {"sessions": [1]},
}
VALUES: list[Any] = [
    None, True, 5, -1, 1.5, 10**30, "", " ", "x" * 10_000, "a\x07b", "٣٣٣٣٣٣", "²²²²²²", "ß@ß", "a@b", "' OR 1=1 --",
    "{}", "%00", [], [[]], ["x"], [1], {}, {"id": {}}, {"id": 5, "rawId": [], "response": "x", "type": None},
]  # fmt: skip
INNER_VALUES: list[Any] = [None, 5, "", "ß", "x", [1], {}]
OTHER_TYPES = (
    "text/plain",
    "application/x-www-form-urlencoded",
    "multipart/form-data; boundary=x",
    "application/xml",
    "",
)
over_all = pytest.mark.parametrize(("method", "path"), BODIES, ids=lambda part: part)


@pytest.fixture
def no_limits(monkeypatch: pytest.MonkeyPatch, settings: Any) -> None:
    """Hundreds of attempts from one address would be told to wait, and nothing else would be seen."""
    settings.ACCOUNT_RATE_LIMITS = {}
    settings.LIMIT_SCALE = 1_000_000


@pytest.fixture
def ada() -> User:
    return UserFactory(email="ada@example.com")


@pytest.fixture(params=["a stranger", "half logged in", "logged in"])
def token(request: pytest.FixtureRequest, ada: User) -> str:
    """Whose session the request rides on: each step of a login has other code behind it."""
    if request.param == "a stranger":
        return ""
    if request.param == "half logged in":
        Authenticator(ada)
    answer = Client().post(
        "/_allauth/app/v1/auth/login", {"email": ada.email, "password": PASSWORD}, content_type="application/json"
    )
    return str(answer.json()["meta"]["session_token"])


def send(method: str, path: str, body: bytes, *, token: str = "", content_type: str = "application/json") -> Any:
    client = Client(raise_request_exception=False)
    headers = {"X-Session-Token": token} if token else {}
    return client.generic(method, f"/_allauth/app/v1/{path}", body, content_type=content_type, headers=headers)


def spoiled(good: dict[str, Any], values: list[Any] = VALUES) -> Iterator[tuple[str, dict[str, Any]]]:
    """``good`` without each of its members, and with each of them replaced by odd values, at every depth."""
    for name, fitting in good.items():
        yield f"no {name}", {key: value for key, value in good.items() if key != name}
        for value in values:
            yield f"{name} is {str(value)[:40]!r}", {**good, name: value}
        for what, inner in spoiled(fitting, INNER_VALUES) if isinstance(fitting, dict) else ():
            yield f"{name}: {what}", {**good, name: inner}


@over_all
def test_a_value_that_does_not_fit_is_no_error_of_ours(method, path, token):
    for what, body in spoiled(BODIES[method, path]):
        answer = send(method, path, json.dumps(body).encode(), token=token)
        assert answer.status_code < 500, f"{what}: {answer.status_code}"
        assert answer["Content-Type"] in {"application/json", PROBLEM}, f"{what}: {answer.content[:200]!r}"


@over_all
def test_what_is_no_json_object_is_a_problem_document(method, path):
    for one in unreadable_bodies():
        answer = send(method, path, one.body)
        assert (answer.status_code, answer["Content-Type"]) == (400, PROBLEM), one.what
        assert answer.json()["code"] == "malformed_body", one.what


@over_all
@pytest.mark.parametrize("content_type", OTHER_TYPES)
def test_what_is_not_sent_as_json_is_415(method, path, content_type):
    for body in (b"email=ada", b"9" * 5_000, b"[" * 100_000, json.dumps(BODIES[method, path]).encode()):
        answer = send(method, path, body, content_type=content_type)
        assert (answer.status_code, answer["Content-Type"]) == (415, PROBLEM), body[:20]
        assert answer.json()["code"] == "unsupported_media_type"


def test_another_charset_than_utf_8_is_415():
    body = json.dumps(BODIES["POST", "auth/login"]).encode("utf-16")

    assert send("POST", "auth/login", body, content_type="application/json; charset=utf-16").status_code == 415


def test_a_request_without_a_body_needs_no_content_type():
    assert send("DELETE", "auth/session", b"", content_type="").status_code == 401


@over_all
def test_an_oversized_body_is_413(method, path):
    answer = send(method, path, b'{"email": "' + b"x" * settings.API_BODY_LIMIT + b'"}')

    assert (answer.status_code, answer["Content-Type"]) == (413, PROBLEM)


def test_what_the_library_refuses_says_what_is_wrong_with_which_member(ada):
    answer = send("POST", "auth/login", b'{"email": "ada@example.com"}')

    assert (answer.status_code, answer["Content-Type"]) == (400, "application/json")
    assert [(error["param"], error["code"]) for error in answer.json()["errors"]] == [("password", "required")]
