"""Limits of the desk, by role."""

from __future__ import annotations

import pytest
from django.urls import reverse

from credits.models import AdjustmentLimit
from tests.credits.admin.pages import do, preview

pytestmark = pytest.mark.django_db


class TestLimits:
    def test_list_names_roles(self, sams):
        assert "Support lead" in sams.get(reverse("admin:credits_adjustmentlimit_changelist")).text

    def test_change_shows_old_and_new_and_counts(self, log_in, max_):
        limit = AdjustmentLimit.objects.get(role="support")
        client = log_in(max_, console=True)
        form = {"daily_credits": "800", "approval_above_credits": "200", "may_approve_credits": "0", "reason": "Busy"}

        text = preview(client, do(limit, "change"), **form)
        client.post(do(limit, "change"), form)

        assert "500" in text
        assert "800" in text
        assert AdjustmentLimit.objects.get(role="support").daily_credits == 800

    def test_are_not_supports_to_change(self, sams):
        limit = AdjustmentLimit.objects.get(role="support")

        assert sams.post(do(limit, "change"), {"reason": "x"}).status_code == 403
