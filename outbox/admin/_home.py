"""What the landing page says of jobs."""

from __future__ import annotations

from typing import Any

from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from core.console import HomeCard, WorkItem, register_home_card
from outbox import selectors
from outbox.permissions import Permission

_SHOWN = 5


def _failing(_user: Any) -> dict[str, Any] | None:
    items = [
        WorkItem(
            title=cause["cause"],
            url=reverse("admin:outbox_overview"),
            note=ngettext("%(count)d job of %(name)s", "%(count)d jobs of %(name)s", cause["count"])
            % {"count": cause["count"], "name": cause["name"]},
            at=cause["oldest"],
        )
        for cause in selectors.summarize_causes()[:_SHOWN]
    ]
    return {"items": items, "more_url": reverse("admin:outbox_overview")} if items else None


register_home_card(
    HomeCard(
        "failing_jobs",
        _("Failing jobs"),
        Permission.VIEW_JOBS,
        "console/parts/worklist.html",
        _failing,
        order=40,
        empty=_("No job is failing. Failures appear here, grouped by what went wrong."),
    )
)
