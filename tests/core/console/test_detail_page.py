from __future__ import annotations

import pytest
from django.urls import reverse

from accounts.models import User
from core.console.panels import Panel, panels
from tests.core.console import demo


def page(user):
    return reverse("admin:accounts_user_change", args=[user.public_id])


def reveal(user, field="email"):
    return reverse("admin:accounts_user_reveal", args=[user.public_id, field])


WHY = {"why": "contact"}


def load_notes(public_id):
    return {"text": f"of {public_id}"}


@pytest.fixture
def panel(monkeypatch):
    made = Panel(
        "notes", "Notes", "demo.notes", "console/parts/nothing.html", lambda public_id: {"text": f"of {public_id}"}
    )
    monkeypatch.setattr(panels, "_kinds", {**panels._kinds, "demo.user": {"notes": made}})
    return made


class TestDetailPage:
    def test_shows_the_facts_with_the_address_masked(self, sign_in, ada):
        text = sign_in("demo.view").get(page(ada)).text
        assert "Ada Lovelace" in text
        assert "a•••@e•••.com" in text
        assert "ada@example.com" not in text

    def test_never_shows_a_password(self, sign_in, ada):
        ada.set_password("a quite secret sentence")
        ada.save()
        assert ada.password not in sign_in("demo.view").get(page(ada)).text

    def test_leaves_one_entry(self, sign_in, ada, entries):
        sign_in("demo.view").get(page(ada))
        assert [(e["action"], e["target"].id) for e in entries] == [("console.page.read", ada.public_id)]

    def test_is_refused_without_the_permission_and_says_which(self, sign_in, ada, entries):
        answer = sign_in().get(page(ada))
        assert answer.status_code == 403
        assert "demo.view" in answer.text
        assert entries == []

    def test_is_found_by_the_plain_key_too(self, sign_in, ada):
        assert sign_in("demo.view").get(reverse("admin:accounts_user_change", args=[ada.pk])).status_code == 200

    @pytest.mark.parametrize("key", ["usr_" + "0" * 26, "nonsense", "0", "usr_", "wsp_" + "0" * 26])
    def test_says_politely_that_there_is_nothing(self, sign_in, ada, key):
        answer = sign_in("demo.view").get(f"/admin/accounts/user/{key}/")
        assert answer.status_code == 404
        assert "There is nothing under this address" in answer.text

    @pytest.mark.parametrize("method", ["post", "put", "patch", "delete"])
    def test_takes_no_other_method(self, sign_in, ada, entries, method):
        assert getattr(sign_in("demo.view"), method)(page(ada)).status_code == 405
        assert entries == []

    @pytest.mark.parametrize("rest", ["change/", "delete/", "history/"])
    def test_has_none_of_the_raw_admins_pages(self, sign_in, ada, rest):
        assert sign_in("demo.view").get(page(ada) + rest).status_code == 404

    def test_shows_only_actions_the_viewer_may_take(self, sign_in, ada):
        text = sign_in("demo.view", "demo.rename").get(page(ada)).text
        assert "do/rename/" in text
        assert "do/ban/" not in text

    def test_says_why_an_action_is_not_possible_now(self, sign_in, ada):
        ada.status = "banned"
        ada.save()
        text = sign_in("demo.view", "demo.ban").get(page(ada)).text
        assert "Only an active user can be banned." in text
        assert "do/ban/" not in text

    def test_shows_times_in_the_viewers_zone(self, sign_in, ada, client):
        signed_in = sign_in("demo.view")
        User.objects.filter(email="sam@ballast.test").update(time_zone="Asia/Tokyo")
        assert "JST" in signed_in.get(page(ada)).text

    @pytest.mark.parametrize("zone", ["Mars/Olympus", "../etc/passwd", ""])
    def test_falls_back_to_utc_for_a_zone_nobody_knows(self, sign_in, ada, zone):
        signed_in = sign_in("demo.view")
        User.objects.filter(email="sam@ballast.test").update(time_zone=zone)
        assert "UTC" in signed_in.get(page(ada)).text

    def test_escapes_what_people_call_themselves(self, sign_in, ada):
        ada.name = "<script>alert(1)</script>"
        ada.save()
        assert "<script>alert" not in sign_in("demo.view").get(page(ada)).text


class TestScope:
    @pytest.fixture
    def narrow(self, monkeypatch):
        """The admin lets nobody see Ada."""

        def get_queryset(_self, _request):
            return User.objects.exclude(name="Ada Lovelace")

        monkeypatch.setattr(demo.DemoUserAdmin, "get_queryset", get_queryset)

    @pytest.mark.parametrize("rest", ["", "do/rename/", "panel/notes/"])
    def test_holds_for_every_page_of_a_row(self, sign_in, ada, narrow, panel, rest):
        client = sign_in("demo.view", "demo.rename", "demo.notes")
        assert client.get(page(ada) + rest).status_code == 404

    @pytest.mark.parametrize("rest", ["do/rename/", "reveal/email/"])
    def test_holds_for_what_is_sent(self, sign_in, ada, narrow, entries, rest):
        client = sign_in("demo.view", "demo.rename", "demo.reveal")
        assert client.post(page(ada) + rest, {"name": "x", "reason": "y"}).status_code == 404
        assert entries == []


class TestIds:
    def test_lead_to_their_page_and_can_be_copied(self, sign_in, ada):
        User.objects.filter(pk=ada.pk).update(name=ada.public_id)
        text = sign_in("demo.view").get(page(ada)).text
        assert f'<a class="c-link" href="{page(ada)}"><code>{ada.public_id}</code></a>' in text
        assert f'data-copy="{ada.public_id}"' in text

    def test_are_words_only_where_the_viewer_may_not_go(self, sign_in, ada):
        User.objects.filter(pk=ada.pk).update(name="wsp_" + "0" * 26)
        text = sign_in("demo.view").get(page(ada)).text
        assert "/admin/accounts/workspace/" not in text


class TestReveal:
    def test_shows_the_value_once_and_records_it(self, sign_in, ada, entries):
        client = sign_in("demo.view", "demo.reveal")
        answer = client.post(
            reveal(ada), {"why": "contact", "note": "called back", "ticket": "T-7"}, headers={"HX-Request": "true"}
        )
        assert "ada@example.com" in answer.text
        (entry,) = entries
        assert (entry["action"], entry["details"], entry["reason"]) == (
            "console.field.revealed",
            {"field": "email"},
            "To contact the customer: called back",
        )
        assert entry["ticket"] == "T-7"
        assert "ada@example.com" not in client.get(page(ada)).text

    def test_works_without_scripts_as_a_whole_page(self, sign_in, ada, entries):
        text = sign_in("demo.view", "demo.reveal").post(reveal(ada), WHY).text
        assert "ada@example.com" in text
        assert len(entries) == 1

    @pytest.mark.parametrize("why", ["", "because"])
    def test_asks_for_a_reason(self, sign_in, ada, entries, why):
        answer = sign_in("demo.view", "demo.reveal").post(reveal(ada), {"why": why})
        assert answer.status_code == 422
        assert "choose a reason" in answer.text
        assert "ada@example.com" not in answer.text
        assert entries == []

    def test_is_refused_without_the_permission_and_recorded(self, sign_in, ada, entries):
        answer = sign_in("demo.view").post(reveal(ada))
        assert answer.status_code == 403
        assert "ada@example.com" not in answer.text
        assert [(e["action"], e["outcome"]) for e in entries] == [("console.field.revealed", "refused")]

    def test_is_a_post(self, sign_in, ada):
        assert sign_in("demo.view", "demo.reveal").get(reveal(ada)).status_code == 405

    def test_reveals_masked_fields_only(self, sign_in, ada, entries):
        assert sign_in("demo.view", "demo.reveal").post(reveal(ada, "password")).status_code == 404
        assert entries == []

    def test_is_not_offered_without_the_permission(self, sign_in, ada):
        assert "/reveal/" not in sign_in("demo.view").get(page(ada)).text


class TestPanel:
    def url(self, client, ada):
        return client.get(page(ada)).context["panels"][0].url

    def test_loads_under_the_entry_of_its_page(self, sign_in, ada, panel, entries):
        client = sign_in("demo.view", "demo.notes")
        answer = client.get(self.url(client, ada))
        assert f"of {ada.public_id}" in answer.text
        assert len(entries) == 1

    def test_fetched_by_itself_is_a_read_of_its_own(self, sign_in, ada, panel, entries):
        client = sign_in("demo.view", "demo.notes")
        client.get(reverse("admin:accounts_user_panel", args=[ada.public_id, "notes"]))
        assert [(e["action"], e["details"]) for e in entries] == [("console.page.read", {"part": "notes"})]

    def test_is_neither_shown_nor_served_without_its_permission(self, sign_in, ada, panel):
        client = sign_in("demo.view")
        assert client.get(page(ada)).context["panels"] == []
        answer = client.get(reverse("admin:accounts_user_panel", args=[ada.public_id, "notes"]))
        assert answer.status_code == 403

    def test_is_not_served_without_the_page_s_permission(self, sign_in, ada, panel):
        answer = sign_in("demo.notes").get(reverse("admin:accounts_user_panel", args=[ada.public_id, "notes"]))
        assert answer.status_code == 403

    def test_is_404_where_nobody_registered_it(self, sign_in, ada):
        url = reverse("admin:accounts_user_panel", args=[ada.public_id, "nothing"])
        assert sign_in("demo.view").get(url).status_code == 404


class TestQueryBudget:
    def test_is_fixed(self, sign_in, ada, count_queries):
        client = sign_in("demo.view", "demo.rename", "demo.ban", "demo.reveal")
        # session, viewer, savepoint, statement limit, the object, release; the entry is written by a stand-in
        with count_queries(6):
            client.get(page(ada))
