"""The API takes exactly what it declares."""

from __future__ import annotations

import json
from typing import Any

import pytest
from django.test import Client, override_settings

from core.ids import new_id, to_public

pytestmark = [pytest.mark.urls("tests.core.api_views"), pytest.mark.django_db]
JSON = "application/json"


def post(body: Any, *, url: str = "/api/echo/", content_type: str = JSON, **headers: str) -> Any:
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    return Client().generic("POST", url, raw, content_type=content_type, headers=headers)


def codes(answer: Any) -> dict[str, str]:
    return {error["field"]: error["code"] for error in answer.json()["errors"]}


class TestBody:
    @pytest.mark.parametrize(
        ("raw", "problem"),
        [
            (b"{", "not_json"),
            (b"", "not_json"),
            (b"\xff\xfe{}", "not_utf8"),
            (b'{"note": "\xc3\x28"}', "not_utf8"),
            (b'{"amount_credits": NaN}', "not_json"),
            (b'{"amount_credits": -Infinity}', "not_json"),
            (b'{"amount_credits": 1e999}', "number_out_of_range"),
            (b'{"amount_credits": ' + b"9" * 5000 + b"}", "number_too_long"),
            (b'{"amount_credits": 1, "amount_credits": 2}', "duplicate_key"),
            (b'{"note": "a\\u0000b"}', "unstorable_text"),
            (b'{"note": "\\ud800"}', "unstorable_text"),
            (b'{"\\u0000": 1}', "unstorable_text"),
            (b"[]", "not_an_object"),
            (b"null", "not_an_object"),
            (b'"text"', "not_an_object"),
            (b"[" * 100_000 + b"]" * 100_000, "too_deep"),
            (b'{"a":' * 33 + b"1" + b"}" * 33, "too_deep"),
            (b"\xef\xbb\xbf{}", "not_json"),
        ],
    )
    def test_what_is_not_one_json_object_is_refused_with_the_reason(self, raw, problem):
        answer = post(raw if raw else b" ")

        assert (answer.status_code, answer.json()["code"], answer.json()["problem"]) == (400, "malformed_body", problem)

    def test_brackets_inside_text_are_not_nesting(self):
        answer = post({"amount_credits": 1, "note": '[{[{"\\' * 3, "purpose": "[" * 20})

        assert answer.status_code == 200

    @pytest.mark.parametrize("content_type", ["text/plain", "application/x-www-form-urlencoded", "application/xml", ""])
    def test_another_content_type_is_415(self, content_type):
        assert post({"amount_credits": 1}, content_type=content_type).status_code == 415

    @pytest.mark.parametrize("charset", ["utf-16", "latin-1", "bz2_codec", "no-such"])
    def test_another_charset_is_415(self, charset):
        assert post({"amount_credits": 1}, content_type=f"{JSON}; charset={charset}").status_code == 415

    def test_utf_8_may_be_named(self):
        assert post({"amount_credits": 1}, content_type=f"{JSON}; charset=UTF-8").status_code == 200

    @override_settings(API_BODY_LIMIT=100)
    def test_a_body_over_the_limit_is_413_and_says_the_limit(self):
        answer = post({"note": "x" * 200})

        assert (answer.status_code, answer.json()["limit_bytes"]) == (413, 100)

    def test_a_chunked_body_is_411(self):
        assert post({}, **{"Transfer-Encoding": "chunked"}).json()["code"] == "length_required"

    @pytest.mark.parametrize("url", ["/api/filtered/?kind=%00", "/api/raise/%00/"])
    def test_nul_in_the_address_is_refused(self, url):
        assert Client().get(url).json()["code"] == "malformed_request"

    def test_the_sign_up_endpoints_read_as_strictly(self):
        answer = post(b'{"email": "a\\ud800@example.com"}', url="/_allauth/app/v1/auth/signup")

        assert (answer.status_code, answer.json()["problem"]) == (400, "unstorable_text")


class TestStrictSerializer:
    @pytest.mark.parametrize(
        ("field", "value", "code"),
        [
            ("unheard", 1, "unknown_field"),
            ("id", "hld_1", "unknown_field"),
            ("amount_credits", "5", "wrong_type"),
            ("amount_credits", True, "wrong_type"),
            ("amount_credits", 1.0, "wrong_type"),
            ("amount_credits", [], "wrong_type"),
            ("amount_credits", None, "null"),
            ("amount_credits", 0, "min_value"),
            ("amount_credits", -1, "min_value"),
            ("amount_credits", 10**12 + 1, "max_value"),
            ("amount_credits", 10**30, "max_value"),
            ("hold_id", "hld_x", "invalid_id"),
            ("hold_id", "usr_01m7w0s4bcf72sx4z4wyjdgz3n", "invalid_id"),
            ("hold_id", 7, "invalid_id"),
            ("note", 7, "wrong_type"),
            ("note", "x" * 21, "max_length"),
            ("note", "a\x07b", "control_characters"),
            ("purpose", "a\nb", "control_characters"),
            ("purpose", "a\u2028b", "control_characters"),
            ("legacy", "a\x1bb", "control_characters"),
            ("legacy", 1, "wrong_type"),
            ("count", "1", "wrong_type"),
            ("count", True, "wrong_type"),
            ("on", "yes", "wrong_type"),
            ("on", 1, "wrong_type"),
            ("at", "2026-01-01", "invalid"),
            ("at", "2026-01-01T00:00:00", "invalid"),
            ("at", "2026-13-01T00:00:00Z", "invalid"),
            ("at", "0001-01-01T00:00:00+14:00", "invalid"),
            ("at", 0, "wrong_type"),
            ("kind", 1, "wrong_type"),
            ("kind", "b", "invalid_choice"),
            ("tags", "x", "not_a_list"),
        ],
    )
    def test_a_field_that_does_not_fit_is_named_with_its_code(self, field, value, code):
        answer = post({"amount_credits": 5, field: value})

        assert answer.status_code == 400
        assert codes(answer) == {field: code}

    def test_all_problems_are_named_at_once(self):
        assert codes(post({"unheard": 1, "on": 1, "note": "x" * 21})) == {
            "amount_credits": "required",
            "unheard": "unknown_field",
            "on": "wrong_type",
            "note": "max_length",
        }

    def test_nested_fields_are_named_by_their_path(self):
        answer = post({"amount_credits": 1, "operations": [{"amount_credits": 1}, {"amount_credits": 0, "x": 1}]})

        assert codes(answer) == {"operations.1.amount_credits": "min_value", "operations.1.x": "unknown_field"}

    def test_items_of_a_list_are_named_by_their_index(self):
        assert codes(post({"amount_credits": 1, "tags": ["a", 2]})) == {"tags.1": "wrong_type"}

    def test_good_input_comes_back_in_the_forms_of_the_contract(self):
        hold_id = to_public("hld", new_id())
        answer = post(
            {
                "amount_credits": 5,
                "hold_id": hold_id,
                "note": " a\r\nb ",
                "at": "2026-01-01T01:00:00+01:00",
                "kind": "1",
            }
        )

        assert answer.json() == {
            "amount_credits": 5,
            "hold_id": hold_id,
            "note": "a\nb",
            "at": "2026-01-01T00:00:00.000000Z",
            "kind": "1",
        }


class TestNoInput:
    def test_a_body_that_says_something_is_refused(self):
        answer = post({"amount_credits": 1}, url="/api/bodyless/", **{"Idempotency-Key": "k"})

        assert codes(answer) == {"amount_credits": "unknown_field"}

    def test_an_empty_body_is_fine(self):
        answer = Client().post("/api/bodyless/", headers={"Idempotency-Key": "k"}, content_type=JSON, data=b"")

        assert answer.status_code == 200


class TestStrictQuery:
    @pytest.mark.parametrize(
        ("query", "field", "code"),
        [
            ("knid=grant", "knid", "unknown_field"),
            ("kind=burn", "kind", "invalid_choice"),
            ("kind=grant&kind=capture", "kind", "repeated"),
            ("since=yesterday", "since", "invalid"),
            ("since=%07", "since", "control_characters"),
        ],
    )
    def test_a_parameter_that_does_not_fit_is_named(self, query, field, code):
        assert codes(Client().get(f"/api/filtered/?{query}")) == {field: code}

    def test_the_paging_parameters_pass(self):
        assert Client().get("/api/filtered/?kind=grant&cursor=x&page_size=3").json() == ["kind"]


class TestRequireKey:
    @pytest.mark.parametrize("key", ["", " ", "a" * 256, "ключ", "a\tb", " a", "a "])
    def test_a_key_that_cannot_be_used_is_400(self, key):
        answer = post({}, url="/api/bodyless/", **{"Idempotency-Key": key})

        assert (answer.status_code, answer.json()["code"]) == (400, "idempotency_key_invalid")

    def test_a_missing_key_is_400(self):
        answer = post({}, url="/api/bodyless/")

        assert (answer.status_code, answer.json()["code"]) == (400, "idempotency_key_missing")
        assert answer.json()["header"] == "Idempotency-Key"

    def test_a_good_key_comes_back_and_a_replay_is_marked(self):
        answer = post({}, url="/api/bodyless/", **{"Idempotency-Key": "order 17/a"})

        assert (answer.json()["key"], answer["Idempotent-Replay"]) == ("order 17/a", "true")
