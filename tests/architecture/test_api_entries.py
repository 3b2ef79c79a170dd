"""What a customer changes about access, members, keys and restrictions leaves exactly one entry; the ledger is its own.

Every write of the product API and of the login endpoints is listed here with the entries it leaves. One
that nobody listed fails.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import pytest
from allauth.account.utils import user_pk_to_url_str
from allauth.mfa.models import Authenticator as StoredFactor
from django.urls import URLPattern, get_resolver
from fido2.utils import websafe_encode

from accounts import services as accounts_services
from accounts.models import User
from core.clock import now
from tests.accounts.conftest import App
from tests.architecture.test_console_entries import entries_since, last_seq
from tests.factories.accounts import PASSWORD, Authenticator, UserFactory, actor, code_for, invite, key_in_mail
from tests.factories.passkeys import Passkey, give_passkey
from tests.journeys.operations import WRITES, Operation, _dump, call, fitting, operations
from tests.journeys.world import Customer, make_customer

pytestmark = pytest.mark.usefixtures("empty_cache")


@dataclass(frozen=True)
class Expected:
    """The entries of an operation, what its body says beyond the fitting one, and what must be there first."""

    entries: tuple[str, ...] = ()
    body: dict[str, Any] = field(default_factory=dict)
    first: Callable[[Customer], dict[str, Any]] | None = None


def _other_member(customer: Customer) -> dict[str, Any]:
    """A body for the one who is invited."""
    guest = UserFactory(email="guest@example.com", at=now())
    _invitation, token = invite(customer.workspace, guest.email, by=customer.user, at=now())
    customer.user.guest = guest  # type: ignore[attr-defined]
    return {"token": token}


def _asked_for_an_address(customer: Customer) -> dict[str, Any]:
    accounts_services.request_email_change(
        user_id=customer.user.pk, new_email="new@example.com", actor=actor(customer.user), at=now()
    )
    return {"token": key_in_mail("accounts.email_change_confirm", "new@example.com")}


def _asked_and_would_rather_not(customer: Customer) -> dict[str, Any]:
    _asked_for_an_address(customer)
    return {"token": key_in_mail("accounts.email_change_notice", customer.user.email)}


def _proved_again(customer: Customer) -> dict[str, Any]:
    app = App()
    app.token = customer.token
    assert app.post("/auth/reauthenticate", {"password": PASSWORD}).status_code == 200
    return {}


LEDGER = Expected()
NEW_ADDRESS = {"new_email": "new@example.com"}
API = {
    "POST /api/v1/api-keys/": Expected(
        ("accounts.api_key.created",), {"allowed_networks": [], "expires_at": "2130-01-01T00:00:00Z"}
    ),
    "DELETE /api/v1/api-keys/{key_id}/": Expected(("accounts.api_key.revoked",)),
    "POST /api/v1/api-keys/{key_id}/rotate/": Expected(("accounts.api_key.rotated",)),
    "POST /api/v1/credits/holds/": LEDGER,
    "POST /api/v1/credits/holds/{hold_id}/capture/": LEDGER,
    "POST /api/v1/credits/holds/{hold_id}/release/": LEDGER,
    "POST /api/v1/credits/holds/batch/": LEDGER,
    "POST /api/v1/email-changes/cancel/": Expected(
        ("accounts.email_change.canceled",), first=_asked_and_would_rather_not
    ),
    "POST /api/v1/email-changes/confirm/": Expected(("accounts.email_change.confirmed",), first=_asked_for_an_address),
    "POST /api/v1/invitations/accept/": Expected(("accounts.invitation.accepted",), first=_other_member),
    "PATCH /api/v1/me/": Expected(("accounts.user.edited",), {"locale": "en-us", "time_zone": "Europe/Vienna"}),
    "POST /api/v1/me/email-change/": Expected(("accounts.email_change.requested",), NEW_ADDRESS, first=_proved_again),
    "DELETE /api/v1/me/email-change/": Expected(("accounts.email_change.canceled",), first=_asked_for_an_address),
    "DELETE /api/v1/me/sessions/": Expected(("accounts.session.ended",)),
    "DELETE /api/v1/me/sessions/{session_id}/": Expected(("accounts.session.ended",)),
    "POST /api/v1/workspaces/": Expected(("accounts.workspace.created",)),
    "PATCH /api/v1/workspaces/{workspace_id}/": Expected(("accounts.workspace.renamed",)),
    "POST /api/v1/workspaces/{workspace_id}/invitations/": Expected(("accounts.invitation.sent",)),
    "DELETE /api/v1/workspaces/{workspace_id}/invitations/{invitation_id}/": Expected(("accounts.invitation.revoked",)),
    "PATCH /api/v1/workspaces/{workspace_id}/members/{membership_id}/": Expected(("accounts.member.role_changed",)),
    "DELETE /api/v1/workspaces/{workspace_id}/members/{membership_id}/": Expected(("accounts.member.removed",)),
}


def actions_since(seq: int) -> tuple[str, ...]:
    return tuple(action for action, _outcome in entries_since(seq))


@pytest.mark.parametrize("operation", operations(*WRITES), ids=str)
class TestEveryWriteOfTheApi:
    def test_leaves_its_entries_and_no_others(self, operation: Operation, client: Any, db: None) -> None:
        assert str(operation) in API, "list it with the entries it leaves"
        expected = API[str(operation)]
        customer = make_customer("ada@example.com")
        given = expected.first(customer) if expected.first else {}
        body = {**(fitting(operation.body) or {}), **expected.body, **given} if operation.body is not None else None
        if body is not None and "operations" in body:
            body = {"operations": [{"op": "place", "amount_credits": 1, "purpose": "x"}]}
        kwargs: dict[str, Any] = {}
        if guest := getattr(customer.user, "guest", None):
            kwargs["headers"] = {"X-Session-Token": _token_of(guest), "X-Workspace": None}
        before = last_seq()
        answer = call(operation, client, customer=customer, body=_dump(body) if body is not None else None, **kwargs)
        assert answer.status_code < 300, answer.content
        assert actions_since(before) == expected.entries


def _token_of(user: User) -> str:
    app = App("203.0.113.77")
    app.log_in(user.email)
    return app.token


def test_nothing_is_listed_that_is_not_there() -> None:
    assert set(API) == {str(operation) for operation in operations(*WRITES)}


# ------------------------------------------------------------------ the login endpoints


Deed = Callable[["Person"], Any]
"""Makes everything ready and returns what sends the request."""


class Person:
    """Somebody who is logged in, and what they need for the next step."""

    def __init__(self) -> None:
        self.user = UserFactory(email="ada@example.com", at=now())
        self.app = App()
        self.app.client.defaults["SERVER_NAME"] = "localhost"  # passkeys want a safe origin

    def in_(self) -> App:
        assert self.app.log_in(self.user.email).status_code in {200, 401}
        return self.app

    def proved(self) -> App:
        app = self.in_()
        app.post("/auth/reauthenticate", {"password": PASSWORD})
        return app


def _totp(person: Person) -> dict[str, str]:
    secret = person.app.get("/account/authenticators/totp").json()["meta"]["secret"]
    return {"code": code_for(secret, at=now())}


def _sign_up(person: Person) -> Any:
    return person.app.post("/auth/signup", {"email": "grace@example.com", "password": PASSWORD})


def _verify(person: Person) -> Any:
    fresh = UserFactory(email="new@example.com", is_email_verified=False, at=now())
    App("203.0.113.9").log_in(fresh.email)
    key = key_in_mail("accounts.verify_email", fresh.email)
    return lambda: App("203.0.113.10").post("/auth/email/verify", {"key": key})


def _reset(person: Person) -> Any:
    person.app.post("/auth/password/request", {"email": person.user.email})
    key = key_in_mail("accounts.password_reset", person.user.email)
    return lambda: person.app.post("/auth/password/reset", {"key": key, "password": "another-violin-72"})


def _change_password(person: Person) -> Any:
    app = person.in_()
    change = {"current_password": PASSWORD, "new_password": "another-violin-72"}
    return lambda: app.post("/account/password/change", change)


def _add_app(person: Person) -> Any:
    app, code = person.proved(), _totp(person)
    return lambda: app.post("/account/authenticators/totp", code)


def _with_app(person: Person) -> App:
    app, code = person.proved(), _totp(person)
    assert app.post("/account/authenticators/totp", code).status_code == 200
    return app


def _second_factor(person: Person) -> Any:
    device = Authenticator(person.user)
    app = person.in_()
    return lambda: app.post("/auth/2fa/authenticate", {"code": device.code(at=now())})


def _add_passkey(person: Person) -> Any:
    app, path = person.proved(), "/account/authenticators/webauthn"
    asked = app.get(path).json()["data"]["creation_options"]
    made = json.loads(Passkey().create(json.dumps(asked)))
    return lambda: app.post(path, {"name": "My key", "credential": made})


def _remove_passkey(person: Person) -> Any:
    app = person.proved()
    give_passkey(person.user)
    gone = {"authenticators": list(StoredFactor.objects.filter(user=person.user).values_list("pk", flat=True))}
    return lambda: app.send("DELETE", "/account/authenticators/webauthn", gone)


def _passkey_at(path: str) -> Deed:
    def ready(person: Person) -> Any:
        key = give_passkey(person.user)
        app = person.in_() if path.endswith("authenticate") else person.app
        asked = app.get(path).json()["data"]["request_options"]
        shown = json.loads(key.get(json.dumps(asked)))
        shown["response"]["userHandle"] = websafe_encode(user_pk_to_url_str(person.user).encode())
        return lambda: app.post(path, {"credential": shown})

    return ready


def _end_others(person: Person) -> Any:
    App("203.0.113.9").log_in(person.user.email)
    app = person.in_()
    others = [found["id"] for found in app.get("/auth/sessions").json()["data"] if not found["is_current"]]
    return lambda: app.send("DELETE", "/auth/sessions", {"sessions": others})


LOGIN: dict[str, tuple[tuple[str, ...], Deed]] = {
    "POST auth/signup": (("accounts.user.signed_up",), lambda p: lambda: _sign_up(p)),
    "POST auth/login": (("accounts.user.logged_in",), lambda p: lambda: p.app.log_in(p.user.email)),
    "POST auth/email/verify": (("accounts.email.verified",), _verify),
    "POST auth/password/reset": (("accounts.password.reset",), _reset),
    "POST account/password/change": (("accounts.password.changed",), _change_password),
    "POST account/authenticators/totp": (("accounts.factor.added",), _add_app),
    "DELETE account/authenticators/totp": (
        ("accounts.factor.removed",),
        lambda p: (lambda app: lambda: app.send("DELETE", "/account/authenticators/totp"))(_with_app(p)),
    ),
    "POST account/authenticators/recovery-codes": (
        ("accounts.factor.renewed",),
        lambda p: (lambda app: lambda: app.post("/account/authenticators/recovery-codes"))(_with_app(p)),
    ),
    "POST auth/2fa/authenticate": (("accounts.user.logged_in",), _second_factor),
    "DELETE auth/session": (
        ("accounts.user.logged_out",),
        lambda p: (lambda app: lambda: app.send("DELETE", "/auth/session"))(p.in_()),
    ),
    "POST account/authenticators/webauthn": (("accounts.factor.added",), _add_passkey),
    "DELETE account/authenticators/webauthn": (("accounts.factor.removed",), _remove_passkey),
    "POST auth/webauthn/authenticate": (("accounts.user.logged_in",), _passkey_at("/auth/webauthn/authenticate")),
    "POST auth/webauthn/login": (("accounts.user.logged_in",), _passkey_at("/auth/webauthn/login")),
    "DELETE auth/sessions": (("accounts.session.ended",), _end_others),
}
# These prove who somebody is, send a mail again or name a passkey: nobody's access changes.
CHANGE_NOTHING = {
    "POST auth/reauthenticate",
    "POST auth/2fa/reauthenticate",
    "POST auth/webauthn/reauthenticate",
    "POST auth/password/request",
    "PUT account/email",
    "PUT account/authenticators/webauthn",
}
NOT_OFFERED = {
    "POST auth/code/confirm",
    "POST auth/email/verify/resend",
    "POST auth/phone/verify",
    "POST auth/phone/verify/resend",
    "POST tokens/refresh",
}


def login_writes(client: str) -> Iterator[str]:
    """Method and path of every write below /_allauth/ that a route leads to; the first route of a path counts."""
    seen: set[str] = set()
    for path, callback in _routes(get_resolver().url_patterns, ""):
        head = f"_allauth/{client}/v1/"
        view = getattr(callback, "view_class", None) or getattr(callback, "__wrapped__", callback)
        view = getattr(view, "view_class", view)
        if path.startswith(head) and path not in seen:
            seen.add(path)
            allowed = [m for m in getattr(view, "http_method_names", ()) if m in WRITES and hasattr(view, m)]
            yield from (f"{method.upper()} {path.removeprefix(head)}" for method in allowed)


def _routes(patterns: Any, head: str) -> Iterator[tuple[str, Any]]:
    for pattern in patterns:
        if isinstance(pattern, URLPattern):
            yield f"{head}{pattern.pattern}", pattern.callback
        else:
            yield from _routes(pattern.url_patterns, f"{head}{pattern.pattern}")


@pytest.mark.parametrize("client", ["app", "browser"])
def test_every_login_endpoint_that_writes_is_listed(client: str) -> None:
    found = set(login_writes(client))
    assert found
    assert found <= {*LOGIN, *CHANGE_NOTHING, *NOT_OFFERED}


@pytest.mark.parametrize(("entries", "deed"), LOGIN.values(), ids=LOGIN)
def test_a_login_endpoint_leaves_its_one_entry(entries: tuple[str, ...], deed: Deed, db: None) -> None:
    send = deed(Person())
    before = last_seq()
    answer = send()
    assert actions_since(before) == entries, answer.content


@pytest.mark.parametrize("row", sorted(NOT_OFFERED))
def test_what_is_not_offered_does_nothing(row: str, db: None) -> None:
    method, path = row.split()
    app = Person().in_()
    before = last_seq()
    answer = app.send(method, f"/{path}", {"code": "123456", "refresh_token": "x", "key": "x"})
    assert 400 <= answer.status_code < 500
    assert actions_since(before) == ()


def test_proving_who_one_is_leaves_nothing(db: None) -> None:
    person = Person()
    app = person.in_()
    before = last_seq()
    assert app.post("/auth/reauthenticate", {"password": PASSWORD}).status_code == 200
    assert app.post("/auth/password/request", {"email": person.user.email}).status_code == 200
    assert app.send("PUT", "/account/email", {"email": person.user.email}).status_code in {200, 403}
    assert actions_since(before) == ()
