"""The trail in the console."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from audit.models import Approval, Entry
from core.clock import now
from tests.factories.audit import ADA, SAM, make_approval, make_entry, make_stray

pytestmark = pytest.mark.django_db


@pytest.fixture
def lena_console(lena, log_in):
    """Lena, compliance, in the console."""
    return log_in(lena, console=True)


def listed(client, **query):
    """The reasons of the entries a list shows: each sample entry has its own."""
    answer = client.get(reverse("admin:audit_entry_changelist"), query)
    assert answer.status_code == 200
    page = answer.content.decode()
    return [reason for reason in ("first reason", "second reason") if reason in page]


class TestList:
    @pytest.mark.parametrize(
        ("token", "found"),
        [
            ("actor:usr_x1", ["first reason"]),
            ("target:wsp_x2", ["second reason"]),
            ("action:tests.alpha.*", ["first reason"]),
            ("action:tests.beta.made", ["second reason"]),
            ("ip:203.0.113.7", ["first reason", "second reason"]),
            ("ip:198.51.100.0/24", []),
            ("request:req_1", ["first reason", "second reason"]),
            ("outcome:refused", []),
            ("ticket:T-2", ["second reason"]),
            ("from:2001-01-01 to:2001-12-31", []),
            ("actor:usr_x1 target:wsp_x2", []),
            ("nonsense", []),
            ("color:red", []),
            ("ip:nowhere", []),
        ],
    )
    def test_a_token_finds_its_entries(self, lena_console, token, found):
        make_entry(action="tests.alpha.made", reason="first reason", actor=type(SAM)(SAM.kind, "usr_x1", "X"))
        make_entry(
            action="tests.beta.made", reason="second reason", target=type(ADA)("a.b", "wsp_x2", "X"), ticket="T-2"
        )

        assert listed(lena_console, q=token) == found

    @pytest.mark.parametrize("rows", [1, 20])
    def test_it_costs_few_queries_at_any_number_of_rows(self, lena_console, rows):
        for _ in range(rows):
            make_entry()

        with CaptureQueriesContext(connection) as captured:
            lena_console.get(reverse("admin:audit_entry_changelist"))

        assert len(captured) <= 12


class TestPage:
    def test_old_and_new_values_stand_side_by_side(self, lena_console):
        page = lena_console.get(reverse("admin:audit_entry_change", args=[make_entry().public_id])).content.decode()

        assert "<del>old words</del>" in page
        assert "<ins>new words</ins>" in page

    def test_the_address_is_masked(self, lena_console):
        page = lena_console.get(reverse("admin:audit_entry_change", args=[make_entry().public_id])).content.decode()

        assert "203.0.113.•••" in page
        assert "203.0.113.7" not in page

    def test_a_reveal_shows_it(self, lena_console):
        url = reverse("admin:audit_entry_reveal", args=[make_entry().public_id, "ip"])

        assert "203.0.113.7" in lena_console.post(url, {"why": "request"}).content.decode()

    def test_what_happened_around_it_is_shown(self, lena_console):
        entry = make_entry()
        make_entry(reason="far", action="tests.far.away", at=entry.occurred_at + timedelta(minutes=6))
        make_entry(reason="near", action="tests.near.by", at=entry.occurred_at - timedelta(minutes=4))

        url = reverse("admin:audit_entry_panel", args=[entry.public_id, "neighbors"])
        page = lena_console.get(url).content.decode()
        assert "tests.near.by" in page
        assert "tests.far.away" not in page

    def test_a_withdrawn_payload_leaves_a_page(self, lena_console):
        entry = make_entry()
        with connection.cursor() as cursor:
            cursor.execute("SELECT audit_withdraw(%s, %s)", [[ADA.id], now() + timedelta(days=1)])

        page = lena_console.get(reverse("admin:audit_entry_change", args=[entry.public_id]))
        assert page.status_code == 200
        assert "withdrawn" in page.content.decode()

    @pytest.mark.parametrize("wrong", ["aud_x", "7", "aud_" + "0" * 26])
    def test_an_unknown_entry_is_not_found(self, lena_console, wrong):
        assert lena_console.get(reverse("admin:audit_entry_change", args=[wrong])).status_code == 404


class TestTimeline:
    def test_it_shows_what_was_done_to_one_target(self, lena_console):
        make_entry()
        make_entry(target=type(ADA)("a.b", "wsp_other", "X"), action="tests.other.thing")

        page = lena_console.get(reverse("admin:audit_timeline"), {"target": ADA.id}).content.decode()
        assert "tests.note.changed" in page
        assert "tests.other.thing" not in page


class TestApprovals:
    def test_what_waits_comes_first(self, lena_console):
        waiting = make_approval(reason="waits")
        make_approval(reason="decided", at=now() + timedelta(hours=1))
        Approval.objects.exclude(pk=waiting.pk).update(status="withdrawn")

        page = lena_console.get(reverse("admin:audit_approval_changelist")).content.decode()
        assert page.index("waits") < page.index("decided")

    def test_who_asked_is_told_and_refused(self, lena, lena_console):
        approval = make_approval()
        Approval.objects.filter(pk=approval.pk).update(requester_id=lena.public_id)
        url = reverse("admin:audit_approval_action", args=[approval.public_id, "approve"])

        assert "somebody else has to decide it" in lena_console.get(url).content.decode()
        lena_console.post(url, {"reason": "I want it"})
        approval.refresh_from_db()
        assert approval.status == "pending"
        assert Entry.objects.filter(outcome="refused", action="audit.approval.approved").count() == 1

    def test_the_effect_is_described_before_it_runs(self, lena_console):
        url = reverse("admin:audit_approval_action", args=[make_approval().public_id, "approve"])

        assert "Nothing happens" in lena_console.get(url).content.decode()


class TestStrays:
    def test_an_outside_change_is_listed(self, lena_console):
        make_stray()

        page = lena_console.get(reverse("admin:audit_stray_changelist")).content.decode()
        assert "credits_account" in page
