"""Every page of the console that is a list, a search or a detail page, by asking the console itself."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.contrib import admin
from django.contrib.auth import get_user_model
from django.test import Client
from django.urls import NoReverseMatch, reverse

from accounts.roles import StaffRole
from core.demo import STAFF_DOMAIN
from core.ids import to_public

_TOKENS = ("action:console.page.read", "outcome:refused", "ip:192.0.2.0/24", "action:accounts.*")
_NAMES = ("Lovelace", "Hoffmann", "ada")


@dataclass(frozen=True, slots=True)
class Page:
    """One page: what it is called in both databases, and where it is in this one."""

    name: str
    url: str
    model: Any = None
    term: str = ""


def find_pages(client: Client) -> list[Page]:
    """The pages of the database that the connection is on."""
    found: list[Page] = []
    for model, console_admin in admin.site._registry.items():
        found += pages_of(client, model, console_admin)
    for _route, _view, name in admin.site.views:
        try:
            url = reverse(f"admin:{name}")
        except NoReverseMatch:
            continue  # a page about one object: its list leads there
        if client.get(url).status_code != 404:  # a page that needs to be told what it is about
            found.append(Page(f"view {name}", url))
    return found


def pages_of(client: Client, model: Any, console_admin: Any) -> list[Page]:
    """The list of one model, its second page, its first row and a search by each of its rules."""
    label = model._meta.label
    try:
        url = reverse(console_admin.url_name("changelist"))
    except NoReverseMatch:
        return []
    pages = [Page(f"list {label}", url, model)]
    listing = (getattr(client.get(url), "context_data", None) or {}).get("listing")
    if listing is None:
        return pages
    if listing.next_url:
        pages.append(Page(f"list {label}, next page", _joined(url, listing.next_url), model))
    if listing.rows:
        pages.append(Page(f"detail {label}", listing.rows[0].url, model))
        for rule, term in _terms(console_admin, listing.rows[0].id):
            pages.append(Page(f"search {label} by {rule} {_shown(term)}", f"{url}?q={term}", model, term))
    return pages


def _joined(url: str, next_url: str) -> str:
    return next_url if next_url.startswith("/") else f"{url}{next_url}"


def _shown(term: str) -> str:
    """Ids differ from database to database, and are long."""
    return term if "_" not in term else term.split("_")[0] + "_…"


def _terms(console_admin: Any, public_id: str) -> list[tuple[str, str]]:
    people = get_user_model()._default_manager
    ada = people.get(email="ada@example.test")
    sam = people.get(email=f"{StaffRole.SUPPORT.value}@{STAFF_DOMAIN}")
    workspace = to_public("wsp", ada.personal_workspace.pk)
    ids = {"usr_…": ada.public_id, "wsp_…": workspace}
    known = {
        "id": (public_id,),
        "email": (ada.email,),
        "tokens": (*_TOKENS, f"actor:{sam.public_id}", f"target:{ada.public_id}"),
        "exact:tenant": (workspace,),
        "prefix:key_prefix": ("bk_live_1A",),
        "trigram:name": _NAMES,
    }
    found = []
    for rule in console_admin.search_rules:
        terms = known.get(rule.name) or (ids.get(str(rule.label), ada.public_id),)
        found += [(rule.name, term) for term in terms]
    return found
