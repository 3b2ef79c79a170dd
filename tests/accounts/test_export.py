"""Users as a file: who may, what stands in it, and what it leaves in the trail."""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from accounts import roles, services
from accounts.models import User
from audit import services as audit_services
from audit.models import Entry, Export
from core import clock as core_clock
from core.errors import PermissionMissing
from outbox.models import BulkRun, Job
from tests.cast import log_in_as
from tests.factories.accounts import A_MORNING, SUPPORT, UserFactory, actor

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("empty_cache")]
BULK = "/admin/accounts/user/bulk/export/"
Entries = Callable[[], list[str]]


@pytest.fixture(autouse=True)
def files(settings: Any, tmp_path: Path) -> None:
    settings.MEDIA_ROOT = tmp_path


@pytest.fixture
def browser(lou: User) -> Client:
    """Lou leads support: she may export, and reveal."""
    return log_in_as(lou, console=True)


def ask(browser: Client, *, users: tuple[User, ...] = (), query: str = "", **answers: str) -> Any:
    """Tick ``users``, or all that ``query`` finds, and send the form that comes back."""
    chosen = {"id": [user.public_id for user in users]} if users else {"all": "1"}
    page = browser.post(f"{BULK}?{query}", chosen).content.decode()
    hidden = dict(re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)"', page))
    return browser.post(f"{BULK}?{query}", {**hidden, "reason": "Newsletter", "file_format": "csv", **answers})


def written(browser: Client) -> list[dict[str, str]]:
    """The rows of the file that was asked for, after the job, as downloaded."""
    export = Export.objects.get()
    audit_services.write_export(export_id=export.public_id, at=core_clock.now())
    answer = browser.get(f"/admin/audit/exports/{export.public_id}/file/")
    return list(csv.DictReader(io.StringIO(b"".join(answer.streaming_content).decode())))


class TestChoosing:
    def test_ticked_rows_are_written(self, browser: Client, ada: User, bo: User) -> None:
        assert ask(browser, users=(ada,)).status_code == 302
        assert [row["id"] for row in written(browser)] == [ada.public_id]

    def test_the_filtered_list_is_written_whole(self, browser: Client, ada: User, bo: User) -> None:
        services.suspend_user(user_id=ada.pk, actor=SUPPORT, reason="Abuse", at=A_MORNING)
        ask(browser, query="status=suspended")
        assert [row["id"] for row in written(browser)] == [ada.public_id]

    def test_more_than_a_run_row_by_row_takes(
        self, browser: Client, ada: User, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("core.console.bulk.CAP", 3)
        monkeypatch.setattr("core.console.bulk.SAMPLE", 2)
        for _ in range(5):
            UserFactory()
        ask(browser)
        assert len(written(browser)) == User.objects.count() > 3

    def test_the_page_says_it_is_one_deed(self, browser: Client, ada: User) -> None:
        page = browser.post(BULK, {"id": ada.public_id}).content.decode()
        assert "This is about 1 row:" in page
        assert "one by one" not in page

    def test_nobody_is_refused(self, browser: Client, db: None) -> None:
        assert b"No row was chosen" in browser.post(f"{BULK}?status=banned", {"all": "1"}).content

    def test_a_choice_made_up_is_not_found(self, browser: Client) -> None:
        assert browser.post(BULK, {"step": "start", "chosen": "x", "reason": "x"}).status_code == 404

    def test_it_is_one_job_and_no_run(self, browser: Client, ada: User) -> None:
        ask(browser, users=(ada,))
        assert Job.objects.filter(name="audit.write_export").count() == 1
        assert not BulkRun.objects.exists()


class TestTheFile:
    def test_addresses_are_masked(self, browser: Client, ada: User) -> None:
        ask(browser, users=(ada,))
        assert written(browser)[0]["email"] == "a•••@e•••.com"

    def test_who_may_reveal_can_have_them_in_full(self, browser: Client, ada: User) -> None:
        ask(browser, users=(ada,), is_revealed="on")
        assert written(browser)[0]["email"] == ada.email

    def test_no_cell_is_a_formula(self, browser: Client, db: None) -> None:
        ask(browser, users=(UserFactory(name="=HYPERLINK(1)"),))
        assert written(browser)[0]["name"] == "'=HYPERLINK(1)"

    def test_json_keeps_types(self, browser: Client, ada: User) -> None:
        services.tag_user(user_id=ada.pk, tag="vip", actor=SUPPORT, at=A_MORNING)
        ask(browser, users=(ada,), file_format="json")
        export = audit_services.write_export(export_id=Export.objects.get().public_id, at=core_clock.now())
        _export, file = audit_services.open_export(
            export_id=export.public_id, actor=SUPPORT, at=core_clock.now(), may=lambda _permission: True
        )
        with file:
            row = json.loads(file.read())
        assert (row["tags"], row["is_staff"], row["last_login"]) == (["vip"], False, None)

    def test_writing_costs_the_same_at_one_and_at_twenty_rows(self, browser: Client, ada: User) -> None:
        def cost() -> int:
            Export.objects.all().delete()
            ask(browser)
            export = Export.objects.get()
            with CaptureQueriesContext(connection) as captured:
                audit_services.write_export(export_id=export.public_id, at=core_clock.now())
            return len(captured)

        first = cost()
        for _ in range(19):
            UserFactory()
        assert cost() == first


class TestTheTrail:
    def test_asking_leaves_one_entry_with_reason_and_number(
        self, browser: Client, lou: User, ada: User, entries: Entries
    ) -> None:
        start = len(entries())
        ask(browser, users=(ada,))
        assert entries()[start:] == ["audit.export.requested"]
        entry = Entry.objects.select_related("payload").latest("seq")
        assert (entry.actor_id, entry.payload.reason) == (lou.public_id, "Newsletter")
        assert entry.payload.detail_values["users"] == 1

    def test_a_search_term_stays_out_of_it(self, browser: Client, ada: User) -> None:
        ask(browser, query="q=ada@example.com")
        details = Entry.objects.select_related("payload").latest("seq").payload.details
        assert "ada@" not in details
        assert "term_commitment" in details

    def test_the_download_leaves_one(self, browser: Client, ada: User, entries: Entries) -> None:
        ask(browser, users=(ada,))
        written(browser)
        assert entries()[-2:] == ["audit.export.written", "audit.export.downloaded"]


class TestWhoMay:
    def test_support_may_not_ask(self, sam: User, ada: User, entries: Entries) -> None:
        browser = log_in_as(sam, console=True)
        start = len(entries())
        assert browser.post(BULK, {"id": ada.public_id}).status_code == 403
        assert entries()[start:] == ["audit.export.requested!"]

    def test_who_may_not_reveal_gets_masks_whatever_is_posted(
        self, browser: Client, ada: User, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(roles, "PERMISSIONS", {**roles.PERMISSIONS, "accounts.reveal_user": frozenset()})
        ask(browser, users=(ada,), is_revealed="on")
        assert not Export.objects.get().is_revealed

    def test_a_file_in_full_is_not_for_who_may_not_reveal(self, ada: User, max_: User) -> None:
        export = audit_services.request_export(
            source="accounts.user",
            selection={"ids": [ada.public_id]},
            file_format="csv",
            actor=actor(max_),
            reason="x",
            at=core_clock.now(),
            is_revealed=True,
        )
        audit_services.write_export(export_id=export.public_id, at=core_clock.now())
        with pytest.raises(PermissionMissing, match="reveal_user"):
            audit_services.open_export(
                export_id=export.public_id,
                actor=SUPPORT,
                at=core_clock.now(),
                may=lambda permission: permission != "accounts.reveal_user",
            )

    def test_a_file_of_the_trail_is_not_for_support_leads(self, browser: Client, max_: User) -> None:
        export = audit_services.request_export(
            source="audit.entry",
            selection={"query": "action:tests.*"},
            file_format="csv",
            actor=actor(max_),
            reason="x",
            at=core_clock.now(),
        )
        assert export.public_id not in browser.get("/admin/audit/export/").content.decode()
        assert browser.get(f"/admin/audit/export/{export.public_id}/").status_code == 404
        assert browser.get(f"/admin/audit/exports/{export.public_id}/file/").status_code == 302
