"""Everything that was done to one target."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from audit import selectors
from audit.models import Entry
from audit.permissions import Permission
from core.console import ConsoleView, console_site, keyset


class Timeline(ConsoleView):
    """``?target=usr_…``: newest first, a page at a time."""

    permission = Permission.VIEW_ENTRY
    title = _("Timeline")
    template_name = "audit/console/timeline.html"
    target_kind = "audit.timeline"

    def get_context(self, request: HttpRequest, **_kwargs: Any) -> dict[str, Any]:
        """One query."""
        target = request.GET.get("target", "").replace("\0", "").strip()[:100]
        ordering = ("-occurred_at", "-seq")
        cursor = keyset.decode(request.GET.get("cursor", ""), model=Entry, ordering=ordering)
        entries = selectors.list_timeline_for_console(target) if target else Entry.objects.none()
        page = keyset.paginate(entries, ordering=ordering, cursor=cursor, size=50)
        return {"target": target, "entries": page.rows, "next": page.next, "previous": page.previous}


console_site.add_view("audit/timeline/", Timeline, name="audit_timeline")
