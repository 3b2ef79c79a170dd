"""What is sent abroad about an error says nothing about a person."""

from __future__ import annotations

import copy
import json

from core.reports import without_personal_data

EVENT = {
    "user": {"ip_address": "192.0.2.7"},
    "request": {
        "method": "GET",
        "url": "https://ballast.example/admin/accounts/user/?q=ada@example.com",
        "query_string": "q=ada@example.com",
        "cookies": {"session": "ada@example.com"},
        "data": {"email": "ada@example.com"},
        "env": {"REMOTE_ADDR": "192.0.2.7"},
        "headers": {
            "Host": "ballast.example",
            "Referer": "https://ballast.example/admin/?q=ada@example.com",
            "User-Agent": "Mozilla",
            "X-Forwarded-For": "192.0.2.7",
        },
    },
    "extra": {"request": "<WSGIRequest: GET '/?q=ada@example.com'>", "status_code": 500},
    "exception": {
        "values": [
            {"type": "UniqueViolation", "value": "duplicate key\nDETAIL:  Key (email)=(ada@example.com) exists."}
        ]
    },
    "breadcrumbs": {
        "values": [
            {
                "category": "http",
                "data": {"url": "https://x.example/?q=ada@example.com", "http.query": "ada@example.com"},
            },
            {"category": "log", "data": {"request": "<WSGIRequest: GET '/?q=ada@example.com'>"}},
            {"category": "query", "message": "SELECT 1"},
        ]
    },
}


class TestWithoutPersonalData:
    def test_nothing_of_a_person_is_left(self):
        sent = json.dumps(without_personal_data(copy.deepcopy(EVENT), {}))

        assert [word for word in ("ada@example.com", "192.0.2.7", "Mozilla") if word in sent] == []

    def test_where_it_happened_and_what_stays(self):
        sent = without_personal_data(copy.deepcopy(EVENT), {})

        assert sent["request"]["url"] == "https://ballast.example/admin/accounts/user/"
        assert sent["request"]["headers"] == {"Host": "ballast.example"}
        assert sent["exception"]["values"][0]["value"] == "duplicate key"
        assert sent["extra"] == {"status_code": 500}

    def test_an_event_without_any_of_it_passes(self):
        assert without_personal_data({"message": "x"}, {}) == {"message": "x"}
