"""The landing page: each role's own worklist, card by card."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from core import registries
from core.console import access, pages
from core.console.nav import NavItem

NOTHING = _("Nothing waits for you here.")
LINE = NavItem(group="Home", title=_("Home"), icon="home", order=0, key="h", url_name="admin:index")


@dataclass(frozen=True, slots=True)
class HomeCard:
    """A part of the landing page.

    ``load`` gets the signed-in user and returns the context of ``template``, or None where there is
    nothing to do: then the card says ``empty``. It loads by itself, with its own query budget.
    """

    name: str
    title: Any
    permission: str
    template: str
    load: Callable[[Any], dict[str, Any] | None]
    order: int = 100
    empty: Any = NOTHING
    is_wide: bool = False


@dataclass(frozen=True, slots=True)
class WorkItem:
    """A line of a worklist card (``template="console/parts/worklist.html"`` with ``items``, ``more_url``)."""

    title: Any
    url: str
    note: Any = ""
    at: datetime | None = None


def register(card: HomeCard) -> None:
    """Put ``card`` on the landing page of everybody who has its permission."""
    registries.home_cards.register(card.name, card)


def home_view(request: HttpRequest) -> HttpResponse:
    """The frame, and where each card comes from."""
    cards: list[HomeCard] = sorted(registries.home_cards, key=lambda card: card.order)
    shown = [
        (card, reverse("admin:home_card", args=[card.name])) for card in cards if request.user.has_perm(card.permission)
    ]
    return pages.render(request, "console/home.html", {"title": _("Home"), "cards": shown})


def card_view(request: HttpRequest, name: str) -> HttpResponse:
    """One card's content."""
    card: HomeCard | None = registries.home_cards.get(name)
    if card is None:
        raise Http404
    access.require(request, card.permission)
    content = card.load(request.user)
    if content is None:
        return pages.fragment(request, "console/parts/nothing.html", {"text": card.empty})
    return pages.fragment(request, card.template, {"card": card, **content})
