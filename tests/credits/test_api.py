"""The ledger over HTTP."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.test import Client

from accounts.states import Capability
from core import clock
from credits import invariants
from credits.models import Account, Hold
from credits.states import LotSource
from tests.factories import accounts as people
from tests.factories import credits as ledger
from tests.factories.accounts import ApiKeyFactory

pytestmark = pytest.mark.django_db
ROOT = "/api/v1/credits/"
SCOPES = ("credits:read", "credits:write")


class Caller:
    """A program with an API key."""

    def __init__(self, user, workspace, scopes=SCOPES):
        self.workspace_id = workspace.pk
        secret = ApiKeyFactory(by=user, workspace=workspace, scopes=scopes, at=clock.now()).secret
        self.client = Client(headers={"Authorization": f"Bearer {secret}"})

    def get(self, path="", **query):
        return self.client.get(ROOT + path, query)

    def post(self, path, body=None, *, key: str | None = ""):
        headers: dict[str, Any] = {} if key is None else {"Idempotency-Key": key or ledger.fresh_key()}
        content = body if isinstance(body, str) else json.dumps({} if body is None else body)
        return self.client.post(ROOT + path, content, content_type="application/json", headers=headers)

    def hold(self, amount=30, **options):
        return self.post("holds/", {"amount_credits": amount, "purpose": "image"}, **options)


@pytest.fixture(autouse=True)
def the_ledger_adds_up():
    yield
    assert invariants.check_all() == []


@pytest.fixture
def clock_moves():
    """Let time pass."""
    with time_machine.travel(clock.now(), tick=False) as traveller:
        yield traveller.shift


@pytest.fixture
def caller(ada, ada_team):
    ledger.grant(ada_team.pk, 100, at=clock.now())
    return Caller(ada, ada_team)


class TestBalance:
    def test_says_what_there_is_and_where_it_came_from(self, caller):
        promo = ledger.grant(caller.workspace_id, 20, source=LotSource.PROMO, at=clock.now())
        caller.hold(30)

        body = caller.get().json()

        assert {name: body[name] for name in ("posted", "held", "available", "debt", "is_frozen")} == {
            "posted": 120,
            "held": 30,
            "available": 90,
            "debt": 0,
            "is_frozen": False,
        }
        assert [(lot["source"], lot["remaining_credits"]) for lot in body["by_lot"]] == [("promo", 20), ("pack", 100)]
        assert promo.lot_id is not None

    def test_of_a_workspace_that_never_had_credits_is_zero(self, cleo, cleo_team):
        assert Caller(cleo, cleo_team).get().json()["posted"] == 0

    @pytest.mark.parametrize("lots", [1, 20])
    def test_costs_the_same_queries_for_any_number_of_lots(self, caller, count_queries, lots):
        for _ in range(lots):
            ledger.grant(caller.workspace_id, 5, at=clock.now())
        caller.get()

        with count_queries(3):  # the key with its workspace, the account, its open lots
            caller.get()


class TestPlaceHold:
    def test_sets_credits_aside(self, caller):
        answer = caller.hold(30)

        assert answer.status_code == 201
        assert answer.json()["id"].startswith("hld_")
        assert answer.json()["balance"] == {"posted": 100, "held": 30, "available": 70, "debt": 0}

    def test_repeated_gives_the_same_answer_and_says_so(self, caller):
        first = caller.hold(30, key="once")

        again = caller.hold(30, key="once")

        assert (again.status_code, again.json()) == (201, first.json())
        assert again["Idempotent-Replay"] == "true"
        assert "Idempotent-Replay" not in first

    def test_with_another_body_under_the_same_key_is_refused(self, caller):
        caller.hold(30, key="once")

        answer = caller.hold(31, key="once")

        assert (answer.status_code, answer.json()["code"]) == (422, "idempotency_key_reused")

    def test_of_more_than_there_is_says_what_there_is(self, caller):
        answer = caller.hold(101)

        body = answer.json()
        assert (answer.status_code, body["code"]) == (409, "insufficient_credits")
        assert (body["available"], body["requested"]) == (100, 101)

    def test_names_the_key_that_placed_it(self, caller):
        caller.hold(30, key="mine")

        placed = Hold.objects.get(account_id=caller.workspace_id)
        assert (placed.actor_kind, placed.idempotency_key) == ("api_key", "api:mine")
        assert placed.actor_id.startswith("key_")
        assert placed.request_id.startswith("req_")

    def test_by_a_restricted_customer_is_refused(self, caller, ada):
        people.restrict(ada, Capability.SPEND, at=clock.now())

        answer = caller.hold(30)

        assert (answer.status_code, answer.json()["code"]) == (403, "account_restricted")

    def test_needs_the_scope(self, ada, ada_team):
        assert Caller(ada, ada_team, scopes=("credits:read",)).hold(1).status_code == 403

    def test_without_a_key_is_refused(self, caller):
        answer = caller.hold(30, key=None)

        assert (answer.status_code, answer.json()["code"]) == (400, "idempotency_key_missing")

    @pytest.mark.parametrize(
        "body",
        [
            {"amount_credits": 0, "purpose": "x"},
            {"amount_credits": -1, "purpose": "x"},
            {"amount_credits": 10**12 + 1, "purpose": "x"},
            {"amount_credits": 10**30, "purpose": "x"},
            {"amount_credits": "5", "purpose": "x"},
            {"amount_credits": True, "purpose": "x"},
            {"amount_credits": 1.5, "purpose": "x"},
            {"amount_credits": 5},
            {"amount_credits": 5, "purpose": ""},
            {"amount_credits": 5, "purpose": "a\u0000b"},
            {"amount_credits": 5, "purpose": "x" * 201},
            {"amount_credits": 5, "purpose": "x", "expires_in_seconds": 0},
            {"amount_credits": 5, "purpose": "x", "expires_in_seconds": 604_801},
            {"amount_credits": 5, "purpose": "x", "colour": "red"},
            [],
            "[",
            "nonsense",
        ],
    )
    def test_with_a_bad_body_changes_nothing(self, caller, body):
        answer = caller.post("holds/", body)

        assert answer.status_code == 400
        assert answer["Content-Type"] == "application/problem+json"
        assert not Hold.objects.exists()


class TestCaptureHold:
    def test_of_a_part_returns_the_rest(self, caller):
        hold = caller.hold(30).json()["id"]

        answer = caller.post(f"holds/{hold}/capture/", {"amount_credits": 22})

        assert answer.status_code == 200
        assert answer.json()["captured_credits"] == 22
        assert answer.json()["balance"] == {"posted": 78, "held": 0, "available": 78, "debt": 0}

    def test_of_everything_needs_no_amount(self, caller):
        hold = caller.hold(30).json()["id"]

        assert caller.post(f"holds/{hold}/capture/").json()["captured_credits"] == 30

    def test_repeated_gives_the_same_answer(self, caller):
        hold = caller.hold(30).json()["id"]
        first = caller.post(f"holds/{hold}/capture/", key="once")

        again = caller.post(f"holds/{hold}/capture/", key="once")

        assert (again.json(), again["Idempotent-Replay"]) == (first.json(), "true")

    def test_twice_is_refused(self, caller):
        hold = caller.hold(30).json()["id"]
        caller.post(f"holds/{hold}/capture/")

        answer = caller.post(f"holds/{hold}/capture/")

        assert (answer.status_code, answer.json()["code"]) == (409, "hold_settled")

    def test_after_its_time_is_refused(self, caller, clock_moves):
        hold = caller.hold(30).json()["id"]
        clock_moves(timedelta(minutes=15))

        answer = caller.post(f"holds/{hold}/capture/")

        assert (answer.status_code, answer.json()["code"]) == (409, "hold_expired")

    def test_of_another_workspaces_hold_is_not_found(self, caller, cleo, cleo_team):
        hold = caller.hold(30).json()["id"]

        answer = Caller(cleo, cleo_team).post(f"holds/{hold}/capture/")

        assert (answer.status_code, answer.json()["code"]) == (404, "hold_not_found")

    @pytest.mark.parametrize("hold", ["hld_00000000000000000000000000", "hld_x", "usr_00000000000000000000000000"])
    def test_of_no_hold_is_not_found(self, caller, hold):
        assert caller.post(f"holds/{hold}/capture/").status_code == 404


class TestReleaseHold:
    def test_returns_everything(self, caller):
        hold = caller.hold(30).json()["id"]

        answer = caller.post(f"holds/{hold}/release/")

        assert answer.json()["returned_credits"] == 30
        assert answer.json()["balance"]["available"] == 100

    def test_takes_no_body(self, caller):
        hold = caller.hold(30).json()["id"]

        assert caller.post(f"holds/{hold}/release/", {"amount_credits": 5}).status_code == 400


class TestHolds:
    def test_lists_them_newest_first(self, caller):
        first, second = caller.hold(1).json()["id"], caller.hold(2).json()["id"]

        assert [hold["id"] for hold in caller.get("holds/").json()["results"]] == [second, first]

    def test_filters_by_status(self, caller):
        hold = caller.hold(1).json()["id"]
        caller.hold(2)
        caller.post(f"holds/{hold}/release/")

        assert [found["id"] for found in caller.get("holds/", status="released").json()["results"]] == [hold]

    def test_shows_one(self, caller):
        hold = caller.hold(3).json()["id"]
        entry = caller.post(f"holds/{hold}/capture/", {"amount_credits": 2}).json()["entry"]

        shown = caller.get(f"holds/{hold}/").json()

        assert (shown["status"], shown["captured_credits"], shown["entry"]) == ("captured", 2, entry)

    def test_shows_nothing_of_others(self, caller, cleo, cleo_team):
        hold = caller.hold(1).json()["id"]
        stranger = Caller(cleo, cleo_team)

        assert stranger.get("holds/").json()["results"] == []
        assert stranger.get(f"holds/{hold}/").status_code == 404

    @pytest.mark.parametrize("rows", [1, 20])
    def test_costs_the_same_queries_for_any_number_of_rows(self, caller, count_queries, rows):
        for _ in range(rows):
            caller.hold(1)

        with count_queries(2):  # the key with its workspace, the holds
            caller.get("holds/")


class TestEntries:
    def test_lists_the_ledger_newest_first_with_the_lots_behind_it(self, caller):
        hold = caller.hold(30).json()["id"]
        caller.post(f"holds/{hold}/capture/")

        capture, grant = caller.get("entries/").json()["results"]

        assert (capture["kind"], capture["amount_credits"], capture["balance_after"]) == ("capture", -30, 70)
        assert (capture["hold"], grant["kind"]) == (hold, "grant")
        assert [(part["source"], part["amount_credits"]) for part in capture["lots"]] == [("pack", -30)]

    def test_filters_by_kind_and_time(self, caller):
        ledger.capture(ledger.hold(caller.workspace_id, 5, at=clock.now()), at=clock.now())
        now = clock.now()

        assert len(caller.get("entries/", kind="grant").json()["results"]) == 1
        assert caller.get("entries/", **{"from": (now + timedelta(hours=1)).isoformat()}).json()["results"] == []
        assert len(caller.get("entries/", to=(now + timedelta(hours=1)).isoformat()).json()["results"]) == 2

    @pytest.mark.parametrize("query", [{"kind": "gift"}, {"from": "yesterday"}, {"colour": "red"}])
    def test_refuses_a_filter_it_does_not_know(self, caller, query):
        assert caller.get("entries/", **query).status_code == 400

    @pytest.mark.parametrize("rows", [1, 20])
    def test_costs_the_same_queries_for_any_number_of_rows(self, caller, count_queries, rows):
        for _ in range(rows):
            ledger.grant(caller.workspace_id, 5, at=clock.now())
        caller.get()

        with count_queries(3):  # the key with its workspace, the entries with their notes, the slices with their lots
            caller.get("entries/")

    def test_goes_on_where_the_page_ended(self, caller):
        for number in range(1, 5):
            ledger.grant(caller.workspace_id, number, at=clock.now())

        first = caller.get("entries/", page_size=3).json()
        second = caller.client.get(first["next"]).json()

        amounts = [entry["amount_credits"] for page in (first, second) for entry in page["results"]]
        assert amounts == [4, 3, 2, 1, 100]


class TestBatch:
    def place(self, amount):
        return {"op": "place", "amount_credits": amount, "purpose": "image"}

    def test_gives_each_operation_its_own_outcome(self, caller):
        held = caller.hold(10).json()["id"]
        operations = [
            self.place(60),
            self.place(60),
            {"op": "capture", "hold": held, "amount_credits": 4},
            {"op": "release", "hold": held},
            self.place(30),
        ]

        answer = caller.post("holds/batch/", {"operations": operations})

        assert answer.status_code == 200
        found = [(r["status"], r["problem"]["code"] if r["problem"] else None) for r in answer.json()["results"]]
        assert found == [
            ("open", None),
            (None, "insufficient_credits"),
            ("captured", None),
            (None, "hold_settled"),
            ("open", None),
        ]
        assert Account.objects.get(pk=caller.workspace_id).held == 90

    def test_repeated_gives_the_same_answer(self, caller):
        body = {"operations": [self.place(60), self.place(60)]}
        first = caller.post("holds/batch/", body, key="once")
        ledger.grant(caller.workspace_id, 100, at=clock.now())

        again = caller.post("holds/batch/", body, key="once")

        assert again["Idempotent-Replay"] == "true"
        assert [r["hold"] for r in again.json()["results"]] == [r["hold"] for r in first.json()["results"]]
        assert again.json()["results"][1]["problem"]["code"] == "insufficient_credits"

    def test_with_other_operations_under_the_same_key_is_refused_whole(self, caller):
        caller.post("holds/batch/", {"operations": [self.place(1)]}, key="once")

        answer = caller.post("holds/batch/", {"operations": [self.place(1), self.place(2)]}, key="once")

        assert (answer.status_code, answer.json()["code"]) == (422, "idempotency_key_reused")
        assert Account.objects.get(pk=caller.workspace_id).held == 1

    def test_with_the_longest_key_keeps_its_operations_apart(self, caller):
        body = {"operations": [self.place(1), self.place(1)]}

        answer = caller.post("holds/batch/", body, key="k" * 255)

        assert len({r["hold"] for r in answer.json()["results"]}) == 2

    @pytest.mark.parametrize(
        ("operation", "field"),
        [
            ({"op": "steal"}, "operations.0.op"),
            ({"op": "place", "amount_credits": 5}, "operations.0.purpose"),
            ({"op": "place", "amount_credits": -5, "purpose": "x"}, "operations.0.amount_credits"),
            ({"op": "capture"}, "operations.0.hold"),
            ({"op": "release", "hold": "hld_x"}, "operations.0.hold"),
            ({"op": "release", "hold": "hld_00000000000000000000000000", "purpose": "x"}, "operations.0.purpose"),
        ],
    )
    def test_with_a_malformed_operation_does_nothing(self, caller, operation, field):
        answer = caller.post("holds/batch/", {"operations": [operation, self.place(1)]})

        assert answer.status_code == 400
        assert [error["field"] for error in answer.json()["errors"]] == [field]
        assert not Hold.objects.exists()

    @pytest.mark.parametrize("count", [0, 51])
    def test_takes_one_to_fifty_operations(self, caller, count):
        assert caller.post("holds/batch/", {"operations": [self.place(1)] * count}).status_code == 400
