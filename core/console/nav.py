"""The sidebar: who registers what, in which group, and what a role sees of it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

from django.http import HttpRequest
from django.urls import NoReverseMatch, reverse
from django.utils.translation import gettext, gettext_noop

from core.registries import Registry

GROUPS = (
    gettext_noop("Home"),
    gettext_noop("Customers"),
    gettext_noop("Credits"),
    gettext_noop("Billing"),
    gettext_noop("Trust"),
    gettext_noop("Privacy"),
    gettext_noop("Controls"),
    gettext_noop("Trail"),
    gettext_noop("System"),
)


OWN = "Own"  # no group of the sidebar: the menu under the viewer's name


@dataclass(frozen=True, slots=True)
class NavItem:
    """One line of the sidebar.

    ``group`` is one of GROUPS, or OWN, ``icon`` a Material Symbols name, ``key`` the letter that follows
    ``g`` on the keyboard. ``permission`` and ``url_name`` are filled in by the admin class or view
    that carries the item; only an item registered by hand names them itself. ``badge`` returns a
    short text (a count) or None; it must cost at most one indexed query.
    """

    group: str
    title: Any
    icon: str = "circle"
    order: int = 100
    key: str = ""
    permission: str = ""
    url_name: str = ""
    badge: Callable[[HttpRequest], str | None] | None = None


@dataclass(frozen=True, slots=True)
class SidebarItem:
    """A line as one viewer sees it."""

    title: str
    icon: str
    url: str
    key: str
    badge: str | None
    is_current: bool = False


@dataclass(frozen=True, slots=True)
class SidebarGroup:
    """A heading and its lines."""

    title: str
    items: list[SidebarItem]


class Nav(Registry[NavItem]):
    """Every line of the sidebar, by the name of the page it leads to."""

    def register(self, name: str, entry: NavItem) -> None:
        """Add a line. Raises ValueError for an unknown group or a name already taken."""
        if entry.group not in (*GROUPS, OWN):
            raise ValueError(f"{entry.group!r} is not a group of the sidebar: {', '.join(GROUPS)}")
        super().register(name, entry)

    def sidebar(self, request: HttpRequest) -> list[SidebarGroup]:
        """What this viewer may use, grouped and ordered. Empty groups are left out."""
        shown = [
            (item, _line(item, request))
            for item in sorted(self, key=lambda i: (i.order, str(i.title)))
            if item.group != OWN
        ]
        lines = [(item.group, line) for item, line in shown if line is not None]
        current = max((line.url for _, line in lines if _leads_here(line.url, request.path)), key=len, default=None)
        groups = []
        for group in GROUPS:
            items = [replace(line, is_current=line.url == current) for owner, line in lines if owner == group]
            if items:
                groups.append(SidebarGroup(gettext(group), items))
        return groups

    def own(self, request: HttpRequest) -> list[SidebarItem]:
        """The lines of the menu under the viewer's name."""
        items = sorted((item for item in self if item.group == OWN), key=lambda item: item.order)
        return [line for item in items if (line := _line(item, request)) is not None]


def _leads_here(url: str, path: str) -> bool:
    return path == url or (url != reverse("admin:index") and path.startswith(url))


def _line(item: NavItem, request: HttpRequest) -> SidebarItem | None:
    if item.permission and not request.user.has_perm(item.permission):
        return None
    try:
        url = reverse(item.url_name)
    except NoReverseMatch:
        return None
    badge = item.badge(request) if item.badge else None
    return SidebarItem(str(item.title), item.icon, url, item.key, badge)


nav = Nav("sidebar item")
