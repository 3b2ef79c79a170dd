from __future__ import annotations

import pytest
from django.urls import reverse

from accounts.models import User

WELL = {"name": "Ada King", "reason": "She asked for it", "ticket": "T-1"}


def url(user, name="rename"):
    return reverse("admin:accounts_user_action", args=[user.public_id, name])


@pytest.fixture
def sam(sign_in):
    return sign_in("demo.view", "demo.rename", "demo.ban", "demo.slow")


class TestForm:
    def test_shows_what_will_change_and_names_the_deed(self, sam, ada):
        text = sam.get(url(ada)).text
        assert "What will change" in text
        assert "Rename to" in text

    def test_leaves_no_entry(self, sam, ada, entries):
        sam.get(url(ada))
        assert entries == []

    def test_previews_while_it_is_filled(self, sam, ada):
        answer = sam.get(url(ada), {"name": "Ada King"}, headers={"HX-Request": "true"})
        assert "Ada King" in answer.text
        assert "Rename to Ada King" in answer.text
        assert "<html" not in answer.text

    def test_does_not_change_anything_in_a_preview(self, sam, ada, entries):
        sam.get(url(ada), WELL, headers={"HX-Request": "true"})
        ada.refresh_from_db()
        assert ada.name == "Ada Lovelace"
        assert entries == []

    def test_is_404_for_an_action_nobody_made(self, sam, ada):
        assert sam.get(url(ada, "explode")).status_code == 404

    def test_offers_no_button_where_it_is_not_possible(self, sam, ada):
        User.objects.filter(pk=ada.pk).update(status="banned")
        text = sam.get(url(ada, "ban")).text
        assert "Only an active user can be banned." in text
        assert "<textarea" not in text


class TestDeed:
    def test_is_done_and_recorded_by_its_command(self, sam, ada, entries):
        answer = sam.post(url(ada), WELL, follow=True)
        ada.refresh_from_db()
        assert ada.name == "Ada King"
        assert "Renamed to Ada King." in answer.text
        done = [entry for entry in entries if entry["action"] != "console.page.read"]
        assert [(e["action"], e["reason"], e["ticket"]) for e in done] == [
            ("demo.user.renamed", "She asked for it", "T-1")
        ]

    @pytest.mark.parametrize("missing", ["name", "reason"])
    def test_needs_every_required_field(self, sam, ada, entries, missing):
        answer = sam.post(url(ada), {**WELL, missing: "  "})
        assert answer.status_code == 422
        assert entries == []

    def test_shows_what_was_typed_when_something_is_missing(self, sam, ada):
        assert "Ada King" in sam.post(url(ada), {**WELL, "reason": ""}).text

    def test_does_nothing_the_second_time_a_form_is_sent(self, sam, ada, entries):
        form = {**WELL, "token": sam.get(url(ada)).context["token"]}
        sam.post(url(ada), form)
        answer = sam.post(url(ada), form)
        assert answer.status_code == 302
        assert [entry["action"] for entry in entries] == ["demo.user.renamed"]

    def test_does_two_forms_twice(self, sam, ada, entries):
        for _ in range(2):
            sam.post(url(ada), {**WELL, "token": sam.get(url(ada)).context["token"]})
        assert len(entries) == 2

    def test_hands_its_token_on_as_the_idempotency_key(self, sam, ada, entries):
        token = sam.get(url(ada)).context["token"]
        sam.post(url(ada), {**WELL, "token": token})
        assert entries[0]["details"] == {"key": f"console:{token}"}


class TestRefusal:
    LONG = {**WELL, "name": "a name of more than twenty letters"}

    def test_changes_nothing_says_why_and_keeps_the_form(self, sam, ada):
        answer = sam.post(url(ada), self.LONG)
        ada.refresh_from_db()
        assert ada.name == "Ada Lovelace"
        assert answer.status_code == 409
        assert "This name is too long" in answer.text
        assert self.LONG["name"] in answer.text

    def test_leaves_one_refused_entry(self, sam, ada, entries):
        sam.post(url(ada), self.LONG)
        assert [(e["action"], e["outcome"], e["reason"]) for e in entries] == [
            ("demo.user.rename", "refused", "She asked for it")
        ]

    def test_lets_the_same_form_be_sent_again(self, sam, ada, entries):
        token = sam.get(url(ada)).context["token"]
        sam.post(url(ada), {**self.LONG, "token": token})
        sam.post(url(ada), {**WELL, "token": token})
        ada.refresh_from_db()
        assert ada.name == "Ada King"


class TestPermission:
    def test_missing_on_get_is_403(self, ada, sign_in, entries):
        answer = sign_in("demo.view").get(url(ada))
        assert answer.status_code == 403
        assert "demo.rename" in answer.text
        assert entries == []

    def test_missing_on_post_is_403_and_recorded(self, ada, sign_in, entries):
        answer = sign_in("demo.view").post(url(ada), WELL)
        ada.refresh_from_db()
        assert (answer.status_code, ada.name) == (403, "Ada Lovelace")
        assert [(e["action"], e["outcome"]) for e in entries] == [("demo.user.rename", "refused")]


class TestFailure:
    def test_leaves_one_failed_entry_and_is_not_swallowed(self, sam, ada, entries):
        sam.raise_request_exception = False
        answer = sam.post(url(ada), {**WELL, "name": "explode"})
        assert answer.status_code == 500
        assert [(e["action"], e["outcome"], e["details"]) for e in entries] == [
            ("demo.user.rename", "failed", {"error": "RuntimeError"})
        ]

    def test_of_a_statement_that_takes_too_long_is_polite(self, sam, ada, entries, settings):
        settings.CONSOLE_STATEMENT_TIMEOUT_MS = 100
        answer = sam.post(url(ada, "slow"), {"reason": "let us see"})
        assert answer.status_code == 503
        assert "took too long" in answer.text
        assert [entry["outcome"] for entry in entries] == ["failed"]


class TestDanger:
    def test_needs_the_typed_name(self, sam, ada, entries):
        answer = sam.post(url(ada, "ban"), WELL)
        assert answer.status_code == 422
        assert entries == []

    def test_is_done_when_the_name_is_typed(self, sam, ada, entries):
        sam.post(url(ada, "ban"), {**WELL, "confirmation": "BAN"})
        assert len(entries) == 1

    def test_does_not_take_a_near_miss(self, sam, ada):
        assert sam.post(url(ada, "ban"), {**WELL, "confirmation": "ban"}).status_code == 422
