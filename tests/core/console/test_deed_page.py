from __future__ import annotations

import pytest

URL = "/admin/sweep/"
WELL = {"name": "a broom", "reason": "It is dirty"}


@pytest.fixture
def sam(sign_in):
    return sign_in("demo.sweep", "demo.view")


class TestDeedPage:
    def test_shows_form_and_effect(self, sam, entries):
        text = sam.get(URL).text
        assert "What will change" in text
        assert "<textarea" in text
        assert entries == []

    def test_previews_while_it_is_filled(self, sam):
        answer = sam.get(URL, {"name": "a broom"}, headers={"HX-Request": "true"})
        assert "a broom" in answer.text
        assert "<html" not in answer.text

    def test_does_the_deed_once_however_often_it_is_sent(self, sam, entries):
        form = {**WELL, "token": sam.get(URL).context["token"]}
        assert [sam.post(URL, form).status_code for _ in range(2)] == [302, 302]
        assert [entry["action"] for entry in entries] == ["demo.floor.swept"]

    def test_needs_a_reason(self, sam, entries):
        assert sam.post(URL, {"name": "a broom"}).status_code == 422
        assert entries == []

    def test_says_why_it_was_refused_and_records_that(self, sam, entries):
        answer = sam.post(URL, {**WELL, "name": "no broom"})
        assert answer.status_code == 409
        assert "This name is too long" in answer.text
        assert [(e["action"], e["outcome"]) for e in entries] == [("demo.floor.sweep", "refused")]

    def test_is_refused_without_the_permission_under_the_actions_name(self, sign_in, entries):
        assert sign_in().post(URL, WELL).status_code == 403
        assert [(e["action"], e["outcome"]) for e in entries] == [("demo.floor.sweep", "refused")]
