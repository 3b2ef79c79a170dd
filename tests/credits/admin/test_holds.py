"""Holds, and those that are stuck."""

from __future__ import annotations

import re
from datetime import timedelta
from html import unescape

import pytest
from django.urls import reverse

from core import clock
from core.context import Context, bound
from credits.models import Entry, Hold
from tests.credits.admin.pages import do, page, preview
from tests.factories import credits as ledger

pytestmark = pytest.mark.django_db


class TestHoldPages:
    def test_list_narrows_by_status(self, sams, account):
        open_, settled = (ledger.hold(account.pk, 5, at=clock.now()) for _ in range(2))
        ledger.release(settled, at=clock.now())

        text = sams.get(reverse("admin:credits_hold_changelist"), {"status": "open"}).text

        assert open_.public_id in text
        assert settled.public_id not in text

    def test_page_links_to_the_entry(self, sams, account):
        placed = ledger.hold(account.pk, 5, at=clock.now())
        captured = ledger.capture(placed, at=clock.now())

        assert Entry.objects.get(pk=captured.entry_id).public_id in sams.get(page(placed)).text

    def test_the_header_leads_to_the_rows_behind_each_figure(self, sams, account):
        placed = ledger.hold(account.pk, 5, at=clock.now())
        settled = ledger.hold(account.pk, 5, at=clock.now())
        ledger.release(settled, at=clock.now())

        (header,) = re.findall(r'<div class="c-customer".*?</div>', sams.get(page(placed)).text, flags=re.S)
        doors = [unescape(url) for url in re.findall(r'href="([^"]*/credits/[^"]*)"', header)]
        account_page, open_holds, entries = (sams.get(url).text for url in doors)

        assert account.public_id in account_page
        assert placed.public_id in open_holds
        assert settled.public_id not in open_holds
        assert Entry.objects.filter(account=account).latest("id").public_id in entries

    def test_a_request_leads_to_what_it_did(self, sams, account):
        with bound(Context(request_id="req_01jd3v00000000000000000000")):
            placed = ledger.hold(account.pk, 5, at=clock.now())

        assert "/admin/find/?q=req_01jd3v00000000000000000000" in sams.get(page(placed)).text

    def test_release_says_what_returns_and_returns_it(self, sams, account, trail):
        placed = ledger.hold(account.pk, 30, at=clock.now())

        text = preview(sams, do(placed, "release"))
        sams.post(do(placed, "release"), {"reason": "The worker died"})

        assert "120 credits" in text
        assert Hold.objects.get(pk=placed.pk).status == "released"
        assert [f.action for f in trail()] == ["credits.hold.released"]


class TestStuckHolds:
    def test_shows_what_is_old_and_what_is_overdue(self, sams, account):
        now = clock.now()
        fresh = ledger.hold(account.pk, 5, at=now)
        old = ledger.hold(account.pk, 5, at=now - timedelta(hours=3), expires_in=timedelta(days=1))
        overdue = ledger.hold(account.pk, 5, at=now - timedelta(minutes=30), expires_in=timedelta(minutes=10))

        text = sams.get(reverse("admin:credits_stuck_holds")).text

        assert old.public_id in text
        assert overdue.public_id in text
        assert fresh.public_id not in text
        assert do(old, "release") in text

    def test_counts_open_holds_by_age(self, sams, account):
        ledger.hold(account.pk, 5, at=clock.now() - timedelta(hours=3), expires_in=timedelta(days=1))

        groups = sams.get(reverse("admin:credits_stuck_holds")).context["groups"]

        assert [(group.count, group.credits) for group, _share in groups] == [(0, 0), (0, 0), (1, 5), (0, 0), (0, 0)]

    def test_says_so_where_nothing_is_stuck(self, sams, account):
        assert "No hold is stuck." in sams.get(reverse("admin:credits_stuck_holds")).text

    def test_offers_release_only_to_who_may(self, log_in, kim, account):
        stuck = ledger.hold(account.pk, 5, at=clock.now() - timedelta(hours=3), expires_in=timedelta(days=1))

        text = log_in(kim, console=True).get(reverse("admin:credits_stuck_holds")).text

        assert stuck.public_id in text
        assert do(stuck, "release") not in text
