"""Passkeys at the product's own login endpoints: what proves nothing is refused, and staff keep a second factor."""

from __future__ import annotations

from typing import Any

import pytest
from allauth.mfa.models import Authenticator as StoredFactor

from accounts.models import User
from tests.accounts.conftest import App
from tests.factories.accounts import PASSWORD, Authenticator
from tests.factories.passkeys import give_passkey

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("clock")]
ENDPOINTS = ["/account/authenticators/webauthn", "/auth/webauthn/reauthenticate", "/auth/webauthn/login"]
NONSENSE: list[Any] = [
    None,
    5,
    {},
    {"id": 1},
    {"id": "x", "rawId": "x", "response": 5, "type": "public-key"},
    {"id": "eA", "rawId": "eA", "type": "public-key", "response": {"clientDataJSON": "e30", "attestationObject": "oA"}},
    {"id": "eA", "rawId": "eA", "type": "public-key", "response": {"userHandle": 5}},
]


@pytest.fixture
def sams(app: App, sam: User) -> App:
    """Sam's app, which has just proved again who he is."""
    app.log_in(sam.email)
    app.post("/auth/reauthenticate", {"password": PASSWORD})
    return app


class TestPasskeys:
    @pytest.mark.parametrize("nonsense", NONSENSE)
    @pytest.mark.parametrize("endpoint", ENDPOINTS)
    def test_nonsense_is_bad_input(self, sams: App, sam: User, endpoint: str, nonsense: Any) -> None:
        give_passkey(sam, origin="http://testserver")
        sams.get(endpoint)
        answer = (App() if "login" in endpoint else sams).post(endpoint, {"name": "x", "credential": nonsense})
        assert answer.status_code == 400

    @pytest.mark.parametrize("nonsense", NONSENSE)
    def test_nonsense_is_no_second_factor(self, app: App, ada: User, nonsense: Any) -> None:
        give_passkey(ada, origin="http://testserver")
        app.log_in(ada.email)
        app.get("/auth/webauthn/authenticate")
        assert app.post("/auth/webauthn/authenticate", {"credential": nonsense}).status_code == 400


class TestLastFactor:
    def test_staff_keep_their_app(self, sams: App, sam: User) -> None:
        Authenticator(sam)
        assert sams.send("DELETE", "/account/authenticators/totp").json()["code"] == "last_factor"
        assert StoredFactor.objects.filter(user=sam).exists()

    def test_staff_keep_their_passkey(self, sams: App, sam: User) -> None:
        give_passkey(sam)
        chosen = {"authenticators": [StoredFactor.objects.get(user=sam).pk]}
        assert sams.send("DELETE", "/account/authenticators/webauthn", chosen).status_code == 409
        assert StoredFactor.objects.filter(user=sam).exists()

    def test_staff_may_remove_one_of_two(self, sams: App, sam: User) -> None:
        Authenticator(sam)
        give_passkey(sam)
        assert sams.send("DELETE", "/account/authenticators/totp").status_code == 200
        assert StoredFactor.objects.get(user=sam).type == "webauthn"

    def test_customers_may_remove_their_last(self, app: App, ada: User) -> None:
        app.log_in(ada.email)
        app.post("/auth/reauthenticate", {"password": PASSWORD})
        Authenticator(ada)
        assert app.send("DELETE", "/account/authenticators/totp").status_code == 200
