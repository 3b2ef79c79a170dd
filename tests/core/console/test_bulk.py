"""Many rows at once: the confirmation, the start, and one item of the run."""

from __future__ import annotations

import pytest
from django.core import signing
from django.utils import timezone

from accounts.models import User
from core import context, jobs
from core.actors import Actor, ActorKind
from core.console import run_action
from core.errors import InvalidInput, NotFound, PermissionMissing
from tests.core.console import demo

URL = "/admin/accounts/user/bulk/rename/"
WELL = {"name": "Anybody", "reason": "cleaning up", "ticket": "T-2"}


class Carrier:
    """A job backend that keeps what it was asked to start."""

    def __init__(self):
        self.runs = []

    def enqueue(self, *args, **kwargs):
        raise AssertionError("no job was expected")

    def start_bulk(self, **run):
        self.runs.append(run)
        return "blk_1"


@pytest.fixture
def carrier(monkeypatch):
    made = Carrier()
    monkeypatch.setattr(jobs, "_backend", made)
    return made


@pytest.fixture
def sam(sign_in):
    return sign_in("demo.view", "demo.rename")


@pytest.fixture
def users(db):
    return [User.objects.create(email=f"u{n}@example.com", name=f"User {n}") for n in range(12)]


class TestConfirmation:
    def test_shows_a_sample_and_the_count(self, sam, users, carrier):
        answer = sam.post(URL, {"id": [user.public_id for user in users]})
        assert answer.context["count"] == 12
        assert "User 0" in answer.text
        assert "and 2 more" in answer.text
        assert "Rename to …: 12" in answer.text
        assert carrier.runs == []

    def test_says_what_each_gets(self, sam, users):
        page = sam.post(URL, {"id": [user.public_id for user in users]})

        text = " ".join(page.text.split())
        assert "What will change" in text
        assert '<span class="c-number">whatever</span>' in text

    def test_says_so_again_as_the_form_is_filled_in(self, sam, users, carrier, entries):
        chosen = sam.post(URL, {"id": [user.public_id for user in users]}).context["chosen"]

        answer = sam.post(URL, {"chosen": chosen, "name": "Anybody"}, headers={"HX-Request": "true"})

        assert "<html" not in answer.text
        assert '<strong class="c-number">Anybody</strong>' in answer.text
        assert "Rename to Anybody: 12" in answer.text
        assert (carrier.runs, entries) == ([], [])

    def test_previews_no_choice_it_did_not_make(self, sam, users):
        answer = sam.post(URL, {"chosen": "made-up", "name": "Anybody"}, headers={"HX-Request": "true"})

        assert answer.status_code == 404

    def test_leaves_no_entry(self, sam, users, entries):
        sam.post(URL, {"id": [users[0].public_id]})
        assert entries == []

    def test_takes_every_row_of_the_filtered_list(self, sam, users):
        User.objects.filter(pk__in=[user.pk for user in users[:5]]).update(status="suspended")
        answer = sam.post(f"{URL}?status=suspended", {"all": "1"})
        assert answer.context["count"] == 5

    def test_stops_above_the_cap(self, sam, users, monkeypatch):
        monkeypatch.setattr("core.console.bulk.CAP", 10)
        answer = sam.post(URL, {"all": "1"})
        assert answer.context["is_too_many"]
        assert "<textarea" not in answer.text

    def test_asks_for_rows_where_none_was_ticked(self, sam):
        assert "No row was chosen" in sam.post(URL).text

    def test_is_refused_and_recorded_without_the_permission(self, sign_in, users, entries):
        answer = sign_in("demo.view").post(URL, {"id": [users[0].public_id]})
        assert answer.status_code == 403
        assert [entry["outcome"] for entry in entries] == ["refused"]

    def test_is_404_for_an_action_that_is_not_for_many(self, sign_in, users):
        assert sign_in("demo.view", "demo.ban").post("/admin/accounts/user/bulk/ban/").status_code == 404


class TestStart:
    def form(self, sam, users, **changes):
        page = sam.post(URL, {"id": [user.public_id for user in users]}).context
        return {**WELL, "step": "start", "chosen": page["chosen"], "token": page["token"], **changes}

    def test_hands_the_rows_over_and_shows_the_run(self, sam, users, carrier, monkeypatch):
        monkeypatch.setattr("core.console.bulk.progress_url", lambda run_id: f"/admin/runs/{run_id}/")
        answer = sam.post(URL, self.form(sam, users))
        (run,) = carrier.runs
        assert run["action"] == "demo.user/rename"
        assert run["object_ids"] == [user.public_id for user in users]
        assert (run["data"], run["reason"], run["ticket"]) == ({"name": "Anybody"}, "cleaning up", "T-2")
        assert (answer.status_code, answer.url) == (302, "/admin/runs/blk_1/")

    def test_starts_once_however_often_the_form_is_sent(self, sam, users, carrier, monkeypatch):
        monkeypatch.setattr("core.console.bulk.progress_url", lambda run_id: f"/admin/runs/{run_id}/")
        form = self.form(sam, users)
        sam.post(URL, form)
        sam.post(URL, form)
        assert len(carrier.runs) == 1

    def test_needs_a_reason(self, sam, users, carrier):
        assert sam.post(URL, self.form(sam, users, reason="")).status_code == 422
        assert carrier.runs == []

    def test_takes_no_rows_it_did_not_show(self, sam, users, carrier):
        made_up = signing.dumps([users[0].public_id], salt="elsewhere")
        assert sam.post(URL, self.form(sam, users, chosen=made_up)).status_code == 404
        assert carrier.runs == []


class TestRunAction:
    @pytest.fixture
    def as_sam(self, sign_in):
        """The context a worker has while it runs Sam's bulk run."""
        sign_in("demo.view", "demo.rename")
        sam = User.objects.get(email="sam@ballast.test")
        with context.bound(context.Context(actor=Actor(ActorKind.STAFF, sam.public_id, "Sam"))):
            yield sam

    def run(self, obj, **changes):
        call = {
            "action": "demo.user/rename",
            "object_id": obj.public_id,
            "data": {"name": "Anybody"},
            "reason": "cleaning up",
            "ticket": "",
            "at": timezone.now(),
            "idempotency_key": "blk_1:x",
        }
        return run_action(**{**call, **changes})

    def test_does_the_deed_to_one_object(self, as_sam, ada, entries):
        assert self.run(ada) == "Renamed to Anybody."
        assert [entry["action"] for entry in entries] == ["demo.user.renamed"]

    def test_asks_the_permission_again(self, as_sam, ada, entries):
        demo.PERMISSIONS[as_sam.email] = set()
        with pytest.raises(PermissionMissing):
            self.run(ada)
        assert [entry["outcome"] for entry in entries] == ["refused"]

    def test_does_nothing_for_somebody_who_left(self, as_sam, ada):
        User.objects.filter(pk=as_sam.pk).update(is_staff=False)
        with pytest.raises(PermissionMissing):
            self.run(ada)

    def test_records_a_refusal_after_undoing_what_began(self, as_sam, ada, entries):
        with pytest.raises(demo.NameTooLong):
            self.run(ada, data={"name": "a name of more than twenty letters"})
        ada.refresh_from_db()
        assert ada.name == "Ada Lovelace"
        assert [entry["outcome"] for entry in entries] == ["refused"]

    def test_checks_the_stored_input_again(self, as_sam, ada):
        with pytest.raises(InvalidInput):
            self.run(ada, data={"name": ""})

    @pytest.mark.parametrize("action", ["demo.user/ban", "demo.user/fly", "demo.horse/rename", "rename"])
    def test_knows_only_actions_meant_for_many(self, as_sam, ada, action):
        with pytest.raises(NotFound):
            self.run(ada, action=action)

    def test_says_when_the_object_is_gone(self, as_sam, ada):
        with pytest.raises(NotFound):
            self.run(ada, object_id="usr_" + "0" * 26)
