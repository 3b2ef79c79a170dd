"""Journeys log in often, and all from one address."""

from __future__ import annotations

import pytest


@pytest.fixture(autouse=True)
def many_logins(settings) -> None:
    """Without django-allauth's limit on logins; what it limits is tested with the accounts."""
    settings.ACCOUNT_RATE_LIMITS = False
