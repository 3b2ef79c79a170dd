"""Every error below /api/ is a problem document, whoever raised it."""

from __future__ import annotations

import logging
from dataclasses import dataclass

import pytest
from django.test import Client

from core.errors import Refusal

pytestmark = [pytest.mark.urls("tests.core.api_views"), pytest.mark.django_db]

STATUSES = {
    "refusal": (409, "too_poor"),
    "not-found": (404, "not_found"),
    "permission-missing": (403, "permission_missing"),
    "invalid-input": (400, "invalid_input"),
    "invalid-transition": (409, "invalid_transition"),
    "http404": (404, "not_found"),
    "permission-denied": (403, "permission_denied"),
    "suspicious": (400, "malformed_request"),
    "bad-request": (400, "malformed_request"),
    "too-big": (413, "body_too_large"),
    "django-validation": (400, "invalid_input"),
    "throttled": (429, "throttled"),
    "database-away": (503, "temporarily_unavailable"),
    "unforeseen": (500, "internal_error"),
}


@pytest.fixture
def api() -> Client:
    return Client(raise_request_exception=False)


class TestProblems:
    @pytest.mark.parametrize("where", ["raise", "plain"])
    @pytest.mark.parametrize("name", STATUSES)
    def test_each_error_gets_its_status_and_code(self, api, where, name):
        answer = api.get(f"/api/{where}/{name}/")

        assert (answer.status_code, answer.json()["code"]) == STATUSES[name]

    @pytest.mark.parametrize("where", ["raise", "plain"])
    @pytest.mark.parametrize("name", STATUSES)
    def test_each_error_has_the_members_of_rfc_9457_and_the_request_id(self, api, where, name):
        answer = api.get(f"/api/{where}/{name}/")
        body = answer.json()

        assert answer["Content-Type"] == "application/problem+json"
        assert body["type"] == f"urn:ballast:problem:{body['code']}"
        assert body["title"]
        assert body["status"] == answer.status_code
        assert body["request_id"] == answer["X-Request-Id"] != ""

    @pytest.mark.parametrize("name", STATUSES)
    def test_no_error_repeats_the_words_of_an_exception_that_was_not_meant_for_the_caller(self, api, name):
        text = api.get(f"/api/raise/{name}/").content.decode()

        assert not any(word in text for word in ("internal words", "Secret", "secret", "10.0.0.7", "Traceback"))

    def test_the_facts_of_a_refusal_are_members_and_never_replace_ours(self, api):
        body = api.get("/api/raise/refusal/").json()

        assert (body["available"], body["needed"]) == (3, 5)
        assert body["status"] == 409
        assert body["request_id"].startswith("req_")

    def test_a_refusal_says_its_detail_with_its_facts(self, api):
        assert api.get("/api/raise/refusal/").json()["detail"] == "3 credits are there, 5 are needed."

    def test_each_field_is_named_with_a_code(self, api):
        assert api.get("/api/raise/invalid-input/").json()["errors"] == [
            {"field": "name", "code": "taken", "detail": "This name is taken."}
        ]

    @pytest.mark.parametrize(("name", "seconds"), [("throttled", "13"), ("database-away", "2")])
    def test_a_wait_is_also_a_header(self, api, name, seconds):
        assert api.get(f"/api/raise/{name}/")["Retry-After"] == seconds

    def test_an_unknown_address_below_api_is_a_problem(self, api):
        answer = api.get("/api/v1/nothing-here/")

        assert (answer.status_code, answer["Content-Type"]) == (404, "application/problem+json")

    def test_an_unknown_address_elsewhere_is_a_page(self, api):
        assert api.get("/nothing-here/")["Content-Type"].startswith("text/html")

    def test_a_page_that_breaks_is_a_page(self, api):
        assert api.get("/page/unforeseen/")["Content-Type"].startswith("text/html")

    def test_another_method_is_405_and_names_the_allowed_ones(self, api):
        answer = api.delete("/api/echo/")

        assert (answer.status_code, answer.json()["code"]) == (405, "method_not_allowed")
        assert answer["Allow"] == "POST, OPTIONS"

    def test_an_unforeseen_error_is_logged_with_its_traceback(self, api, caplog):
        with caplog.at_level(logging.ERROR, logger="django.request"):
            api.get("/api/raise/unforeseen/")

        assert any(record.exc_info and "a secret" in str(record.exc_info[1]) for record in caplog.records)

    def test_answers_that_are_not_for_caches_say_so(self, api):
        assert api.get("/api/raise/refusal/")["Cache-Control"] == "no-store"

    def test_a_missing_slash_does_not_turn_a_post_into_a_get(self, api):
        assert api.post("/api/echo", b"{}", content_type="application/json").status_code == 404

    def test_a_missing_slash_is_added_for_readers(self, api):
        assert api.get("/api/filtered")["Location"] == "/api/filtered/"

    def test_any_accept_header_is_answered_in_json(self, api):
        assert api.get("/api/filtered/", headers={"Accept": "image/png"})["Content-Type"] == "application/json"


class TestRefusal:
    def test_a_frozen_dataclass_is_no_refusal_because_contextlib_could_not_pass_it_on(self):
        @dataclass(frozen=True)
        class Frozen(Refusal):
            amount: int

        with pytest.raises(TypeError, match="eq=False"):
            Frozen(amount=1)
