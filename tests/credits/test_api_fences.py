"""Whose key it is, in both meanings; how long a call waits; and that all answers tell the same balance."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest
import time_machine
from django.db import connection
from django.test import Client

from accounts.states import KeyMode
from core import clock
from credits import api
from credits import services as credits_services
from credits.models import Account, Hold, Operation
from tests.credits.test_api import Caller
from tests.factories import credits as ledger
from tests.factories.accounts import ApiKeyFactory

LONGEST = "k" * 255
PLACE = {"op": "place", "amount_credits": 1, "purpose": "image"}


@pytest.fixture
def caller(ada, ada_team):
    ledger.grant(ada_team.pk, 100, at=clock.now())
    return Caller(ada, ada_team)


@pytest.mark.django_db
class TestIdempotencyKeys:
    @pytest.mark.parametrize("key", ["expire:1", "payment:pi_1", "console:abc", "part:0:once"])
    def test_of_customers_do_not_meet_those_of_the_product(self, caller, key):
        assert caller.hold(1, key=key).status_code == 201

        receipt = ledger.grant(caller.workspace_id, 5, idempotency_key=key, at=clock.now())

        assert not receipt.replayed

    def test_of_a_batch_do_not_meet_those_of_single_calls(self, caller):
        for number in range(2):
            for key in (f"once#{number}", f"part:{number}:once", f"part:{number}:api:once"):
                assert caller.hold(1, key=key).status_code == 201

        answer = caller.post("holds/batch/", {"operations": [PLACE, PLACE]}, key="once")

        assert [result["problem"] for result in answer.json()["results"]] == [None, None]

    def test_may_be_as_long_as_the_header_allows(self, caller):
        for path, body in (
            ("holds/", {"amount_credits": 1, "purpose": "image"}),
            ("holds/batch/", {"operations": [PLACE]}),
        ):
            for key in (path + LONGEST[: 255 - len(path)], path + "l" * (255 - len(path))):
                first = caller.post(path, body, key=key)

                assert first.status_code in (200, 201)
                assert caller.post(path, body, key=key)["Idempotent-Replay"] == "true"

        kept = list(Operation.objects.values_list("key", flat=True))
        assert max(map(len, kept)) <= 255

    def test_are_kept_with_where_they_came_from(self, caller):
        caller.hold(1, key="once")

        assert Hold.objects.get().idempotency_key == "api:once"


@pytest.mark.django_db
class TestTestKeys:
    @pytest.fixture
    def tester(self, ada, ada_team, caller):
        made = ApiKeyFactory(
            by=ada, workspace=ada_team, scopes=("credits:read", "credits:write"), mode=KeyMode.TEST, at=clock.now()
        )
        caller.client = Client(headers={"Authorization": f"Bearer {made.secret}"})
        return caller

    @pytest.mark.parametrize(
        ("path", "body"),
        [
            ("holds/", {"amount_credits": 30, "purpose": "image"}),
            ("holds/{hold}/capture/", {}),
            ("holds/{hold}/release/", {}),
            ("holds/batch/", {"operations": [PLACE]}),
        ],
    )
    def test_move_no_credits(self, tester, path, body):
        placed = ledger.hold(tester.workspace_id, 10, at=clock.now())

        answer = tester.post(path.format(hold=placed.public_id), body)

        assert (answer.status_code, answer.json()["code"]) == (403, "live_key_required")
        assert Account.objects.get(pk=tester.workspace_id).held == 10
        assert Hold.objects.get().status == "open"

    @pytest.mark.parametrize("path", ["", "entries/", "holds/"])
    def test_may_read(self, tester, path):
        assert tester.get(path).status_code == 200

    def test_are_told_of_in_the_document(self):
        document = json.loads(Client().get("/api/schema/", headers={"Accept": "application/json"}).content)

        for path, verbs in document["paths"].items():
            if path.startswith("/api/v1/credits/") and "post" in verbs:
                assert "live_key_required" in verbs["post"]["description"]
                assert "still_running" in verbs["post"]["description"]


@pytest.mark.django_db(transaction=True)
class TestWaiting:
    @pytest.fixture(autouse=True)
    def briefly(self, monkeypatch):
        monkeypatch.setattr(api, "PATIENCE", timedelta(milliseconds=100))

    @pytest.fixture
    def other(self):
        """A second connection."""
        found = connection.copy()
        yield found
        found.close()

    @pytest.mark.parametrize("path", ["holds/", "holds/{hold}/capture/", "holds/{hold}/release/", "holds/batch/"])
    def test_for_a_twin_ends_with_still_running_and_then_its_answer(self, caller, other, path):
        placed = ledger.hold(caller.workspace_id, 10, at=clock.now())
        path = path.format(hold=placed.public_id)
        body = {"holds/": {"amount_credits": 1, "purpose": "image"}, "holds/batch/": {"operations": [PLACE]}}.get(
            path, {}
        )
        other.set_autocommit(False)
        with other.cursor() as cursor:
            cursor.execute("SELECT 1 FROM credits_account FOR NO KEY UPDATE")

        answer = caller.post(path, body, key="once")

        assert (answer.status_code, answer.json()["code"]) == (409, "still_running")
        assert answer["Retry-After"] == "1"
        other.rollback()
        assert caller.post(path, body, key="once").status_code in (200, 201)

    def test_of_the_product_itself_has_no_end_and_the_limit_does_not_outlive_its_call(self, caller):
        caller.hold(1)

        with connection.cursor() as cursor:
            cursor.execute("SHOW lock_timeout")
            assert cursor.fetchone() == ("0",)


@pytest.mark.django_db
class TestTheBalanceInAnswers:
    @pytest.fixture
    def lapsed(self, caller):
        """100 credits for good, 40 that expired a moment ago and no sweep has taken."""
        at = clock.now()
        ledger.grant(caller.workspace_id, 40, priority=10, expires_at=at + timedelta(minutes=1), at=at)
        placed = ledger.hold(caller.workspace_id, 30, at=at, expires_in=timedelta(hours=1))
        with time_machine.travel(at + timedelta(minutes=2), tick=False):
            yield caller, placed.public_id

    def now(self, caller):
        body = caller.get().json()
        return {name: body[name] for name in ("posted", "held", "available", "debt")}

    def test_to_a_hold_is_that_of_a_look(self, lapsed):
        caller, _placed = lapsed

        assert caller.hold(5, key="once").json()["balance"] == self.now(caller)
        assert caller.hold(5, key="once").json()["balance"] == self.now(caller)

    @pytest.mark.parametrize("body", [{}, {"amount_credits": 10}])
    def test_to_a_capture_is_that_of_a_look(self, lapsed, body):
        caller, placed = lapsed

        assert caller.post(f"holds/{placed}/capture/", body).json()["balance"] == self.now(caller)

    def test_to_a_release_is_that_of_a_look(self, lapsed):
        caller, placed = lapsed

        answer = caller.post(f"holds/{placed}/release/").json()["balance"]

        assert answer == self.now(caller) == {"posted": 100, "held": 0, "available": 100, "debt": 0}


def test_two_prefixes_share_no_key():
    made = {
        credits_services.client_key("once"),
        credits_services.client_key(LONGEST),
        credits_services.operation_key(credits_services.client_key("once"), 0),
        credits_services.operation_key(credits_services.client_key(LONGEST), 0),
        "once",
        LONGEST,
    }
    assert len(made) == 6
