"""What the omnibox finds in the trail: requests, addresses, entries, and what is remembered of ids."""

from __future__ import annotations

import re
from datetime import datetime

from django.http import HttpRequest
from django.urls import reverse
from django.utils.formats import date_format
from django.utils.timezone import localtime
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _

from audit import selectors, tokens
from audit.ids import parse_entry_id
from audit.models import Entry
from audit.permissions import Permission
from audit.words import actor_words, label_of
from core.console import Finder, register_finder
from core.console.omnibox import PER_KIND
from core.console.ports import Trace, use_last_trace
from core.registries import SearchHit

_REQUEST = re.compile(r"req_[0-9a-z]{26}")
_SUBJECT = re.compile(r"[a-z]{3}_[0-9a-hjkmnp-tv-z]{26}")


def _hit(entry: Entry, *, is_exact: bool = False) -> SearchHit:
    note = f"{actor_words(entry)} · {_moment(entry.occurred_at)}"
    url = reverse("admin:audit_entry_change", args=[entry.public_id])
    return SearchHit("audit.entry", label_of(entry.action), note, url, is_exact=is_exact)


def _moment(at: datetime) -> str:
    return f"{date_format(localtime(at), 'DATETIME_FORMAT')} {localtime(at).tzname()}"


def _all(token: str, title: str) -> SearchHit:
    return SearchHit("audit.entry", title, "", reverse("admin:audit_entry_changelist", query={"q": token}))


def _find_entry(_request: HttpRequest, term: str) -> list[SearchHit]:
    entry = selectors.find_entry(term)
    return [_hit(entry, is_exact=True)] if entry else []


def _find_request(_request: HttpRequest, term: str) -> list[SearchHit]:
    found = list(selectors.list_entries_of_request_for_console(term)[:PER_KIND])
    if len(found) < PER_KIND:
        return [_hit(entry, is_exact=len(found) == 1) for entry in found]
    return [_all(f"request:{term}", _now("Everything this request did")), *(_hit(entry) for entry in found)]


def _find_network(_request: HttpRequest, term: str) -> list[SearchHit]:
    return [_all(f"ip:{term}", _now("Everything done from there"))]


def _find_subject(_request: HttpRequest, term: str) -> list[SearchHit]:
    url = reverse("admin:audit_timeline", query={"target": term})
    return [SearchHit("audit.entry", _now("Everything done to it"), "", url)]


def _last_trace(target_id: str) -> Trace | None:
    if not selectors.knows_target(target_id):
        return None
    return Trace(reverse("admin:audit_timeline", query={"target": target_id}), Permission.VIEW_ENTRY)


use_last_trace(_last_trace)
for name, recognizes, find, expects in (
    ("entry", lambda term: parse_entry_id(term) is not None, _find_entry, ""),
    ("request", lambda term: bool(_REQUEST.fullmatch(term)), _find_request, _("a request's id (req_…)")),
    ("network", lambda term: tokens.by_ip(term) is not None and ("." in term or ":" in term), _find_network, ""),
    ("subject", lambda term: bool(_SUBJECT.fullmatch(term)) and parse_entry_id(term) is None, _find_subject, ""),
):
    register_finder(
        Finder(f"audit.entry/{name}", _("Trail"), Permission.VIEW_ENTRY, recognizes, find, expects=expects, order=90)
    )
