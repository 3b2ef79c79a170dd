"""Who looks at the ledger, and at what."""

from __future__ import annotations

import pytest

from core import clock
from credits.models import Account
from tests.factories import credits as ledger


@pytest.fixture
def account(ada_team):
    ledger.grant(ada_team.pk, 120, at=clock.now())
    return Account.objects.get(pk=ada_team.pk)


@pytest.fixture
def sams(log_in, sam):
    return log_in(sam, console=True)


@pytest.fixture
def lous(log_in, lou):
    return log_in(lou, console=True)
