"""What the omnibox finds of people, teams and keys."""

from __future__ import annotations

import ipaddress
import re
from typing import Any

from django.db.models import Model, Q
from django.http import HttpRequest
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _

from accounts.admin._others import ApiKeyAdmin, InvitationAdmin, WorkspaceAdmin
from accounts.admin._users import UserAdmin
from accounts.keys import visible_part
from accounts.models import EmailChange, LoginNetwork, Mailbox, User, mailbox_of
from accounts.networks import network_of
from accounts.permissions import Permission
from accounts.states import EmailChangeStatus
from core.console import Finder, SearchRule, find_by_rules, hit_of, masked, register_finder
from core.console.omnibox import PER_KIND
from core.registries import SearchHit

_ADDRESS = re.compile(r"[^\s@]+@[^\s@]+")
_KEY = re.compile(r"bk_(live|test)_[0-9A-Za-z]{2,}")


# ------------------------------------------------------------------ by e-mail


def _find_by_address(request: HttpRequest, term: str) -> list[SearchHit]:
    """Whoever has the address, another spelling of the same mailbox, or had the address before. One query."""
    same_mailbox = User.objects.alias(mailbox=Mailbox("email")).filter(mailbox=mailbox_of(term))
    earlier = EmailChange.objects.filter(old_email=term, status=EmailChangeStatus.APPLIED)
    found = User.objects.filter(pk__in=same_mailbox.values("pk").union(earlier.values("user_id")))[: PER_KIND * 2]
    ranked = sorted(found, key=lambda user: (not _has(user, term), mailbox_of(user.email) != mailbox_of(term)))
    return [hit_of(user, request=request, note=_why(user, term), is_exact=_has(user, term)) for user in ranked]


def _has(user: User, term: str) -> bool:
    return bool(user.email.casefold() == term.casefold())


def _why(user: User, term: str) -> str:
    shown = masked(user.email, "email")
    if _has(user, term):
        return shown
    if mailbox_of(user.email) == mailbox_of(term):
        return _now("%(address)s, another spelling of the same mailbox") % {"address": shown}
    return _now("%(address)s now, had this one before") % {"address": shown}


register_finder(
    Finder(
        "accounts.user/address",
        _("Users"),
        Permission.VIEW_USER,
        lambda term: bool(_ADDRESS.fullmatch(term)),
        _find_by_address,
        expects=_("a whole e-mail address"),
        order=10,
    )
)
find_by_rules(InvitationAdmin, SearchRule.email(), note=lambda invitation: masked(invitation.email, "email"), order=60)


# ------------------------------------------------------------------ by name


find_by_rules(
    UserAdmin,
    SearchRule.trigram("name"),
    expects=_("a name, or three letters of it"),
    note=lambda user: masked(user.email, "email"),
    is_exact=lambda user, term: user.name.casefold() == term.casefold(),
    order=10,
)
find_by_rules(
    WorkspaceAdmin,
    SearchRule.trigram("name"),
    is_exact=lambda workspace, term: workspace.name.casefold() == term.casefold(),
    order=20,
)


# ------------------------------------------------------------------ by network


def _network(term: str) -> Any:
    try:
        network = ipaddress.ip_network(term, strict=False)
    except ValueError:
        return None
    return network if "." in term or ":" in term else None


def _find_by_network(request: HttpRequest, term: str) -> list[SearchHit]:
    """Whose logins came from there. Addresses count as the network they stand for. One query, along its index."""
    network = _network(term)
    first, last = (network_of(str(network[at])) for at in (0, -1))
    logins = LoginNetwork.objects.filter(network=first) if first == last else _between(first, last)
    seen = logins.select_related("user").order_by("network", "-last_seen_at")[: PER_KIND * 4]
    people = {login.user_id: login for login in reversed(seen)}
    return [
        hit_of(login.user, request=request, note=_now("has logged in from %s") % masked(login.network, "ip"))
        for login in sorted(people.values(), key=lambda login: login.last_seen_at, reverse=True)
    ]


def _between(first: Any, last: Any) -> Any:
    return LoginNetwork.objects.filter(network__gte=first, network__lte=last)


register_finder(
    Finder(
        "accounts.user/network",
        _("Users"),
        Permission.VIEW_USER,
        lambda term: _network(term) is not None,
        _find_by_network,
        expects=_("an IP address or network"),
        order=10,
    )
)


# ------------------------------------------------------------------ by API key


def _by_key(_model: type[Model], term: str) -> Q | None:
    """How a key begins; of a whole one only what people may see is looked for."""
    return Q(key_prefix__startswith=visible_part(term)) if _KEY.fullmatch(term) else None


find_by_rules(
    ApiKeyAdmin,
    SearchRule("prefix:key_prefix", "", _by_key),
    expects=_("how an API key begins (bk_live_…)"),
    note=lambda key: f"{key.key_prefix}… · {key.workspace.name}",
    is_exact=lambda key, term: key.key_prefix == visible_part(term),
    order=30,
)
