"""What the landing page says of the ledger."""

from __future__ import annotations

from typing import Any

from django.urls import reverse
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _

from core import clock
from core.console import HomeCard, WorkItem, register_home_card
from credits import selectors as credits_selectors
from credits.admin._desk import credits_of
from credits.permissions import Permission

_SHOWN = 5


def _stuck(_user: Any) -> dict[str, Any] | None:
    holds = credits_selectors.list_stuck_holds_for_console(at=clock.now()).select_related("account__workspace")
    items = [
        WorkItem(
            title=hold.account.workspace.name,
            url=reverse("admin:credits_hold_change", args=[hold.public_id]),
            note=_now("%(credits)s held for %(purpose)s")
            % {"credits": credits_of(hold.amount), "purpose": hold.purpose},
            at=hold.created_at,
        )
        for hold in holds[:_SHOWN]
    ]
    return {"items": items, "more_url": reverse("admin:credits_stuck_holds")} if items else None


register_home_card(
    HomeCard(
        "stuck_holds",
        _("Stuck holds"),
        Permission.RELEASE_HOLD,
        "console/parts/worklist.html",
        _stuck,
        order=30,
        empty=_("No hold is stuck. One appears here when the work behind it has not reported back for an hour."),
    )
)
