"""The list page."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed
from django.urls import reverse
from django.utils.text import capfirst

from core.console import access, footprints, pages
from core.console.lists import listing

if TYPE_CHECKING:
    from core.console.model_admin import ConsoleAdmin


@dataclass(frozen=True, slots=True)
class ListLink:
    """A button above a list: a deed or page that belongs to the list but to none of its rows.

    With ``carries_search`` the link takes the present search along as ``?q=``.
    """

    label: Any
    url_name: str
    permission: str
    icon: str = ""
    carries_search: bool = False

    def url_for(self, request: HttpRequest) -> str:
        """Where it leads from the list as it is now."""
        query = {"q": request.GET.get("q", "")} if self.carries_search and request.GET.get("q") else None
        return reverse(self.url_name, query=query)


def list_view(console_admin: ConsoleAdmin, request: HttpRequest) -> HttpResponse:
    """GET: one page of rows. A search leaves an entry, and so does each further page of it."""
    if request.method not in {"GET", "HEAD"}:
        return HttpResponseNotAllowed(["GET", "HEAD"])
    access.require(request, console_admin.view_permission)
    shown = listing(console_admin, request)
    if shown.search.term:
        footprints.list_searched(console_admin.target_kind, rules=shown.search.rules, term=shown.search.term)
    context = {
        "title": capfirst(str(console_admin.opts.verbose_name_plural)),
        "console_admin": console_admin,
        "listing": shown,
        "links": [
            (link, link.url_for(request)) for link in console_admin.list_links if request.user.has_perm(link.permission)
        ],
        "bulk_actions": console_admin.bulk_actions(request),
        "search_help": console_admin.search_help,
    }
    return pages.render(request, "console/list.html", context)
