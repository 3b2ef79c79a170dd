"""Suggestions for a field that names another object: the list's own search, ten rows, masked."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed

from core.console import access, footprints, pages
from core.console.cells import public_id_of
from core.console.search import run_search

if TYPE_CHECKING:
    from core.console.model_admin import ConsoleAdmin

LIMIT = 10
MINIMUM = 3


def suggest_view(console_admin: ConsoleAdmin, request: HttpRequest) -> HttpResponse:
    """GET ``?q=``: at most LIMIT options as a fragment. It is a search, so it is recorded as one."""
    if request.method not in {"GET", "HEAD"}:
        return HttpResponseNotAllowed(["GET", "HEAD"])
    access.require(request, console_admin.view_permission)
    term = request.GET.get("q", "")
    search = run_search(console_admin.get_queryset(request), rules=console_admin.search_rules, term=term)
    options = []
    if len(search.term) >= MINIMUM:
        footprints.list_searched(console_admin.target_kind, rules=search.rules, term=search.term)
        related = search.queryset.select_related(*console_admin.list_select_related or ())
        found = related.order_by(*console_admin.keyset)[:LIMIT]
        options = [(public_id_of(obj), console_admin.get_title(obj)) for obj in found]
    return pages.fragment(request, "console/parts/suggestions.html", {"options": options, "search": search})
