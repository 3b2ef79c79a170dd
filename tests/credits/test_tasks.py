"""What runs by the clock."""

from __future__ import annotations

from datetime import timedelta

import pytest
import time_machine

from core.jobs import definitions
from credits import tasks
from credits.models import Account, ExpiryWarning
from tests.factories import credits as ledger
from tests.factories.credits import NOON

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    ("name", "every"),
    [
        ("credits.expire_holds", timedelta(minutes=1)),
        ("credits.expire_lots", timedelta(minutes=1)),
        ("credits.warn_of_expiry", timedelta(hours=1)),
    ],
)
def test_each_sweep_has_its_schedule(name, every):
    assert definitions[name].every == every


def test_holds_end_until_none_is_due():
    workspace_id = ledger.funded(100)
    for _ in range(3):
        ledger.hold(workspace_id, 10)

    with time_machine.travel(NOON + timedelta(hours=1), tick=False):
        assert tasks.expire_holds() == 3

    assert Account.objects.get(pk=workspace_id).held == 0


def test_lots_end_until_none_is_due():
    workspace_id = ledger.funded(100, expires_at=NOON + timedelta(hours=1))

    with time_machine.travel(NOON + timedelta(hours=1), tick=False):
        assert tasks.expire_lots() == 1

    assert Account.objects.get(pk=workspace_id).posted == 0


def test_owners_are_warned():
    ledger.funded(100, expires_at=NOON + timedelta(days=20))

    with time_machine.travel(NOON + timedelta(days=6), tick=False):
        assert tasks.warn_of_expiry() == 1

    assert ExpiryWarning.objects.count() == 1
