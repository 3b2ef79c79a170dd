"""What mail providers report, over HTTP."""

from __future__ import annotations

import base64
import json
from typing import Any

import pytest
from django.test import Client

from outbox.models import MailEvent

pytestmark = pytest.mark.django_db
SECRET = "postmark:a-long-shared-secret"
BOUNCE = {
    "RecordType": "Bounce",
    "ID": 42,
    "Type": "HardBounce",
    "TypeCode": 1,
    "MessageID": "883953f4-6105-42a2-a16a-77a8eac79483",
    "Description": "The server was unable to deliver your message",
    "Details": "550 unknown user ada@example.com",
    "Email": "ada@example.com",
    "BouncedAt": "2026-03-02T09:30:00.0000000Z",
    "Metadata": {},
}


@pytest.fixture
def _secret(settings: Any) -> None:
    settings.ANYMAIL = {**settings.ANYMAIL, "WEBHOOK_SECRET": SECRET}


def post(body: str, *, secret: str = SECRET, provider: str = "postmark") -> Any:
    login = "Basic " + base64.b64encode(secret.encode()).decode()
    return Client().post(
        f"/webhooks/mail/{provider}/tracking/", body, content_type="application/json", HTTP_AUTHORIZATION=login
    )


@pytest.mark.usefixtures("_secret")
class TestTracking:
    def test_keeps_a_bounce(self) -> None:
        assert post(json.dumps(BOUNCE)).status_code == 200
        event = MailEvent.objects.get()
        assert (event.provider, event.kind, event.reject_reason) == ("Postmark", "bounced", "bounced")
        assert event.provider_id == "883953f4-6105-42a2-a16a-77a8eac79483"

    def test_keeps_it_once(self) -> None:
        post(json.dumps(BOUNCE))
        post(json.dumps(BOUNCE))
        assert MailEvent.objects.count() == 1

    def test_turns_away_who_does_not_know_the_secret(self) -> None:
        assert post(json.dumps(BOUNCE), secret="postmark:guess").status_code == 400
        assert not MailEvent.objects.exists()

    @pytest.mark.parametrize("body", ["", "{", "[]", "null", "{}", '{"RecordType": 7}', "\x00", '{"Email": "\\u0000"}'])
    def test_takes_no_nonsense(self, body: str) -> None:
        assert post(body).status_code in (200, 400)

    def test_knows_no_other_provider(self) -> None:
        assert post("{}", provider="nobody").status_code == 404


def test_there_is_no_address_without_a_secret(settings: Any) -> None:
    settings.ANYMAIL = {**settings.ANYMAIL, "WEBHOOK_SECRET": ""}
    assert post(json.dumps(BOUNCE)).status_code == 404
