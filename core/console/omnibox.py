"""The omnibox: whatever is pasted leads to the page it belongs to. Apps register who looks for what.

A sharp finder recognizes its input (an id, an address); where one does, the vague ones (names) are not asked.
Each finder asks at most one query of its own, so that an answer costs what a list costs.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from django.contrib import admin
from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed, HttpResponseRedirect
from django.utils.text import capfirst
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _

from core import registries
from core.console import footprints, pages, ports
from core.console.cells import admin_by_prefix, url_of
from core.console.detail import status_of
from core.console.search import SearchRule, clean, run_search
from core.registries import SearchHit

if TYPE_CHECKING:
    from core.console.model_admin import ConsoleAdmin

KIND = "console.omnibox"
PER_KIND = 5
MINIMUM = 3
_CANDIDATES = 50  # of what a name finds, the best of so many are shown
_PUBLIC_ID = re.compile(r"[a-z]{2,5}_[0-9a-hjkmnp-tv-z]{26}")


@dataclass(frozen=True, slots=True)
class Finder:
    """One kind of answer.

    ``recognizes(term)`` costs no query; ``find(request, term)`` returns hits, the best first. ``expects`` says in a few
    words what can be typed. Only viewers with ``permission`` are answered.
    """

    name: str
    title: Any
    permission: str
    recognizes: Callable[[str], bool]
    find: Callable[[HttpRequest, str], list[SearchHit]]
    expects: Any = ""
    is_sharp: bool = True
    order: int = 100


@dataclass(frozen=True, slots=True)
class Group:
    """The answers of one kind."""

    title: str
    hits: list[SearchHit]

    @property
    def has_exact(self) -> bool:
        return any(hit.is_exact for hit in self.hits)


@dataclass(frozen=True, slots=True)
class Answers:
    """What was found, by whom it was looked for, and what to type where nothing was."""

    term: str
    groups: list[Group]
    asked: tuple[str, ...]
    explanation: str = ""

    @property
    def straight_to(self) -> str:
        """Where the one exact answer is; empty where there is none, or more than one."""
        exact = [hit for group in self.groups for hit in group.hits if hit.is_exact]
        return exact[0].url if len(exact) == 1 else ""


def register(finder: Finder) -> None:
    """Let the omnibox ask ``finder``."""
    registries.omnibox.register(finder.name, finder)


def register_rules(
    admin_class: type[ConsoleAdmin],
    *rules: SearchRule,
    note: Callable[[Any], Any] = lambda _obj: "",
    expects: Any = "",
    is_exact: Callable[[Any, str], bool] = lambda _obj, _term: False,
    order: int = 100,
) -> None:
    """Let the omnibox search a list by ``rules``, which need the same indexes as the list's own."""
    for is_sharp in (True, False):
        own = [rule for rule in rules if rule.is_sharp == is_sharp]
        if own:
            register(_finder_of(admin_class, own, note=note, expects=expects, is_exact=is_exact, order=order))


def hit_of(obj: Any, *, request: HttpRequest, note: Any = "", is_exact: bool = False) -> SearchHit:
    """``obj`` as an answer: its title, status and page."""
    console_admin: Any = admin.site._registry[type(obj)]
    status = status_of(console_admin, obj)
    return SearchHit(
        kind=console_admin.target_kind,
        title=console_admin.get_title(obj),
        subtitle=str(note),
        url=url_of(obj, user=request.user) or "",
        status=status,
        is_exact=is_exact,
        is_gone=str(getattr(obj, "status", "")) in console_admin.gone_states,
    )


def ask(request: HttpRequest, text: str) -> Answers:
    """The answers for ``text`` that the viewer may see."""
    term = clean(text)
    allowed = [finder for finder in (_BY_ID, *registries.omnibox) if _may(request, finder)]
    if len(term) < MINIMUM:
        return Answers(term, [], (), _explain(allowed))
    recognizing = [finder for finder in allowed if finder.recognizes(term)]
    asked = [finder for finder in recognizing if finder.is_sharp] or recognizing
    found: dict[str, tuple[int, list[SearchHit]]] = {}
    for finder in sorted(asked, key=lambda finder: finder.order):
        for hit in finder.find(request, term):
            _order, hits = found.setdefault(_title_of(finder, hit), (finder.order, []))
            if len(hits) < PER_KIND and all(hit.url != other.url for other in hits):
                hits.append(hit)
    groups = [Group(title, hits) for title, (_order, hits) in found.items()]
    groups.sort(key=lambda group: not group.has_exact)
    return Answers(term, groups, tuple(finder.name for finder in asked), "" if groups else _explain(allowed))


def find_view(request: HttpRequest) -> HttpResponse:
    """GET ``?q=``: for the field a list of options; else straight to the one exact answer, or a page of all."""
    if request.method not in {"GET", "HEAD"}:
        return HttpResponseNotAllowed(["GET", "HEAD"])
    answers = ask(request, request.GET.get("q", ""))
    if answers.asked:
        footprints.list_searched(KIND, rules=answers.asked, term=answers.term)
    if pages.is_fragment(request):
        return pages.fragment(request, "console/parts/answers.html", {"answers": answers})
    if answers.straight_to and "all" not in request.GET:
        return HttpResponseRedirect(answers.straight_to)
    return pages.render(request, "console/find.html", {"title": _("Find"), "answers": answers})


# ------------------------------------------------------------------ by id


def _find_by_id(request: HttpRequest, term: str) -> list[SearchHit]:
    """The object with this id; where it is gone, what the trail remembers of it."""
    console_admin = admin_by_prefix(term.partition("_")[0])
    if not request.user.has_perm(console_admin.view_permission):
        return []
    obj = console_admin.find_object(term, request)
    if obj is not None:
        note = "" if console_admin.get_title(obj) == term else term
        return [replace(hit_of(obj, request=request, note=note), is_exact=True)]
    trace = ports.last_trace(term)
    if trace is None:
        return []
    may_read = request.user.has_perm(trace.permission)
    return [
        SearchHit(
            kind=console_admin.target_kind,
            title=term,
            subtitle=_now("Not here any more. The trail still knows it."),
            url=trace.url if may_read else "",
            is_gone=True,
        )
    ]


def _has_page(term: str) -> bool:
    return bool(_PUBLIC_ID.fullmatch(term)) and admin_by_prefix(term.partition("_")[0]) is not None


_BY_ID = Finder("id", "", "", _has_page, _find_by_id, expects=_("an id (usr_…, wsp_…, led_…)"), order=0)


# ------------------------------------------------------------------ by the rules of a list


def _finder_of(
    admin_class: type[ConsoleAdmin], rules: Sequence[SearchRule], *, note: Any, expects: Any, is_exact: Any, order: int
) -> Finder:
    def find(request: HttpRequest, term: str) -> list[SearchHit]:
        console_admin: Any = _of_kind(admin_class.target_kind)
        search = run_search(console_admin.get_queryset(request), rules=rules, term=term)
        rows = search.queryset.select_related(*console_admin.list_select_related or ())
        if rules[0].is_sharp:
            found = list(rows.order_by(*console_admin.keyset)[:PER_KIND])
        else:  # no order in the database: by date it would have to look at every match
            found = sorted(rows[:_CANDIDATES], key=lambda obj: _distance(console_admin.get_title(obj), term))[:PER_KIND]
        return [hit_of(obj, request=request, note=note(obj), is_exact=is_exact(obj, term)) for obj in found]

    return Finder(
        name=f"{admin_class.target_kind}/{','.join(rule.name for rule in rules)}",
        title="",
        permission=admin_class.view_permission,
        recognizes=lambda term: any(
            rule.build(_of_kind(admin_class.target_kind).model, term) is not None for rule in rules
        ),
        find=find,
        expects=expects,
        is_sharp=rules[0].is_sharp,
        order=order,
    )


def _distance(title: str, term: str) -> tuple[bool, bool, int, str]:
    """The whole name first, then what begins so, then the shortest."""
    name, wanted = title.casefold(), term.casefold()
    return name != wanted, not name.startswith(wanted), len(name), name


def _may(request: HttpRequest, finder: Finder) -> bool:
    return not finder.permission or request.user.has_perm(finder.permission)


def _title_of(finder: Finder, hit: SearchHit) -> str:
    if finder.title:
        return str(finder.title)
    return capfirst(str(_of_kind(hit.kind).opts.verbose_name_plural))


def _of_kind(kind: str) -> Any:
    registered: list[Any] = list(admin.site._registry.values())
    return next(found for found in registered if found.target_kind == kind)


def _explain(finders: Sequence[Finder]) -> str:
    ways = dict.fromkeys(str(finder.expects) for finder in finders if finder.expects)
    return _now("Nothing is found by that. You can type %(ways)s.") % {"ways": ", ".join(ways)}
