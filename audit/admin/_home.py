"""What the landing page says of approvals."""

from __future__ import annotations

from typing import Any

from django.urls import reverse
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _

from audit import selectors
from audit.permissions import Permission
from core import context
from core.console import HomeCard, WorkItem, register_home_card
from core.registries import approval_kinds

_SHOWN = 8


def _waiting(user: Any) -> dict[str, Any] | None:
    kinds = {kind.name: kind for kind in approval_kinds if user.has_perm(kind.permission)}
    found = selectors.list_waiting_approvals_for_console(kinds=kinds, besides=context.current().actor.id)[:_SHOWN]
    items = [
        WorkItem(
            title=kinds[approval.kind].label,
            url=reverse("admin:audit_approval_change", args=[approval.public_id]),
            note=_now("%(who)s asks: %(reason)s") % {"who": approval.requester_label, "reason": approval.reason},
            at=approval.expires_at,
        )
        for approval in found
    ]
    return {"items": items, "more_url": reverse("admin:audit_approval_changelist")} if items else None


register_home_card(
    HomeCard(
        "approvals",
        _("Waiting for your approval"),
        Permission.VIEW_APPROVAL,
        "console/parts/worklist.html",
        _waiting,
        order=10,
        empty=_(
            "No request waits for a second person. The ones you may decide appear here, the first to expire on top."
        ),
    )
)
