"""Telling owners that credits will expire."""

from __future__ import annotations

from datetime import timedelta

import pytest

from accounts.states import MemberRole
from credits import services as credits_services
from credits.events import CreditsExpiring
from credits.models import ExpiryWarning
from outbox.models import Message
from outbox.templates import get_template, render
from tests.factories import accounts as people
from tests.factories import credits as ledger
from tests.factories.credits import NOON

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)


def mails():
    found = Message.objects.filter(template="credits.expiring").order_by("created_at", "recipient")
    return [(message.recipient, message.values["amount"], message.values["expires_at"]) for message in found]


class TestWarnOfExpiry:
    def test_tells_fourteen_three_and_one_day_before_once_each(self, ada_team):
        lot = ledger.grant(ada_team.pk, 60, expires_at=NOON + 40 * DAY)

        for hours in range(0, 40 * 24, 6):
            credits_services.warn_of_expiry(at=NOON + timedelta(hours=hours))

        told = ExpiryWarning.objects.filter(lot_id=lot.lot_id).order_by("created_at")
        assert [(w.days_before, (w.created_at - NOON).days) for w in told] == [(14, 26), (3, 37), (1, 39)]
        assert len(mails()) == 3

    def test_writes_to_the_owners(self, ada, bo, ada_team):
        second = people.UserFactory(email="owen@example.com")
        people.join(ada_team, second, role=MemberRole.ADMIN)
        ledger.grant(ada_team.pk, 60, expires_at=NOON + 20 * DAY)

        credits_services.warn_of_expiry(at=NOON + 6 * DAY)

        assert mails() == [("ada@example.com", 60, "2026-03-22 12:00 UTC")]

    def test_says_how_much_is_left(self, ada_team):
        ledger.grant(ada_team.pk, 60, expires_at=NOON + 20 * DAY)
        ledger.capture(ledger.hold(ada_team.pk, 25))

        credits_services.warn_of_expiry(at=NOON + 6 * DAY)

        assert [amount for _recipient, amount, _when in mails()] == [35]

    def test_says_nothing_of_what_is_used_up(self, ada_team):
        ledger.grant(ada_team.pk, 60, expires_at=NOON + 20 * DAY)
        ledger.capture(ledger.hold(ada_team.pk, 60))

        assert credits_services.warn_of_expiry(at=NOON + 6 * DAY) == 0

    def test_skips_marks_that_lay_behind_when_the_lot_was_granted(self, ada_team):
        ledger.grant(ada_team.pk, 60, expires_at=NOON + 5 * DAY)

        assert credits_services.warn_of_expiry(at=NOON) == 0
        assert credits_services.warn_of_expiry(at=NOON + 2 * DAY) == 1

    def test_tells_once_of_marks_that_were_passed_while_nothing_ran(self, ada_team):
        lot = ledger.grant(ada_team.pk, 60, expires_at=NOON + 40 * DAY)

        credits_services.warn_of_expiry(at=NOON + 38 * DAY)
        credits_services.warn_of_expiry(at=NOON + 38 * DAY)

        assert list(ExpiryWarning.objects.filter(lot_id=lot.lot_id).values_list("days_before", flat=True)) == [3]

    def test_publishes_what_will_expire(self, ada_team, heard):
        lot = ledger.grant(ada_team.pk, 60, expires_at=NOON + 20 * DAY)

        told = heard(CreditsExpiring, lambda: credits_services.warn_of_expiry(at=NOON + 6 * DAY))

        assert [(event.lot_id, event.amount, event.days_before) for event in told] == [(lot.lot_id, 60, 14)]

    def test_writes_the_time_as_the_owner_reads_clocks(self, ada, ada_team):
        ada.time_zone = "Asia/Tokyo"
        ada.save()
        ledger.grant(ada_team.pk, 60, expires_at=NOON + 20 * DAY)

        credits_services.warn_of_expiry(at=NOON + 6 * DAY)

        assert mails()[0][2] == "2026-03-22 21:00 JST"

    def test_goes_on_where_an_address_cannot_be_written_to(self, ada, ada_team, cleo_team):
        ada.email = "not an address"
        ada.time_zone = "Mars/Olympus"
        ada.save()
        for workspace in (ada_team, cleo_team):
            ledger.grant(workspace.pk, 60, expires_at=NOON + 20 * DAY)

        assert credits_services.warn_of_expiry(at=NOON + 6 * DAY) == 2
        assert [recipient for recipient, _amount, _when in mails()] == ["cleo@example.org"]

    def test_fills_every_part_of_the_mail(self):
        template = get_template("credits.expiring")

        mail = render(template=template, values=template.sample, language="en-us")

        assert mail.subject == "120 credits expire on 2026-03-16 09:30 UTC"
        assert "Engines" in mail.text
        assert "Engines" in mail.html
