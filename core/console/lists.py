"""One page of a list: search, filters, order, rows, and a count that never counts millions."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.db.models import QuerySet
from django.http import HttpRequest, QueryDict
from django.utils import timezone

from core.console import keyset
from core.console.cells import Cell, as_link_text, cell_of, header_of, public_id_of
from core.console.counting import Count, capped_count
from core.console.filters import Bound, as_filter
from core.console.search import Search, run_search
from core.ids import from_public

if TYPE_CHECKING:
    from core.console.model_admin import ConsoleAdmin

SEARCH_PARAMETER = "q"
CURSOR_PARAMETER = "cursor"
SORT_PARAMETER = "sort"


@dataclass(frozen=True, slots=True)
class Row:
    """A line of the table."""

    id: str
    url: str
    cells: list[Cell]


@dataclass(frozen=True, slots=True)
class Sort:
    """An order the viewer can pick."""

    name: str
    label: str
    url: str
    is_current: bool


@dataclass(frozen=True, slots=True)
class Listing:
    """Everything the list's template shows."""

    search: Search
    filters: list[Bound]
    headers: list[Cell]
    rows: list[Row]
    count: Count
    sorts: list[Sort]
    first_url: str
    next_url: str | None
    previous_url: str | None

    @property
    def is_narrowed(self) -> bool:
        return bool(self.search.term) or any(bound.is_active for bound in self.filters)


def narrowed(console_admin: ConsoleAdmin, request: HttpRequest) -> tuple[Search, list[Bound], QuerySet[Any]]:
    """The rows the request asks for, before order and paging."""
    queryset = console_admin.get_queryset(request)
    search = run_search(queryset, rules=console_admin.search_rules, term=request.GET.get(SEARCH_PARAMETER, ""))
    filters = [
        as_filter(entry, model=console_admin.model, admin=console_admin).bind(request, console_admin.model)
        for entry in console_admin.get_list_filter(request)
    ]
    queryset = search.queryset
    for bound in filters:
        queryset = bound.apply(queryset)
    return search, filters, queryset


def chosen_rows(
    console_admin: ConsoleAdmin, *, ids: Sequence[str] = (), filters: str | None = None, zone: str = "UTC"
) -> QuerySet[Any]:
    """The rows of a choice made earlier (see ManyCall), for a job that has no request."""
    if filters is None:
        keys = [from_public(getattr(console_admin.model, "id_prefix", ""), one) for one in ids]
        rows: QuerySet[Any] = console_admin.model._default_manager.filter(pk__in=[key for key in keys if key])
    else:
        request = HttpRequest()
        request.GET = QueryDict(filters)  # type: ignore[assignment]
        with timezone.override(zone):
            _search, _filters, rows = narrowed(console_admin, request)
    return rows.order_by(*console_admin.keyset)


def listing(console_admin: ConsoleAdmin, request: HttpRequest) -> Listing:
    """The list as ``request`` asks for it: two queries at most, one where everything fits a page."""
    search, filters, queryset = narrowed(console_admin, request)
    name, ordering = _ordering(console_admin, request)
    cursor = keyset.decode(request.GET.get(CURSOR_PARAMETER, ""), model=console_admin.model, ordering=ordering)
    related = queryset.select_related(*console_admin.list_select_related or ())
    page = keyset.paginate(related, ordering=ordering, cursor=cursor, size=console_admin.list_per_page)
    is_whole = cursor is None and page.next is None
    names = [str(name) for name in console_admin.get_list_display(request)]
    rows = [_row(console_admin, request, obj, names) for obj in page.rows]
    return Listing(
        search=search,
        filters=filters,
        headers=_headers(console_admin, names, rows),
        rows=rows,
        count=Count(len(page.rows)) if is_whole else capped_count(queryset),
        sorts=_sorts(console_admin, request, name),
        first_url=_url(request, **{CURSOR_PARAMETER: None}),
        next_url=_url(request, **{CURSOR_PARAMETER: page.next}) if page.next else None,
        previous_url=_url(request, **{CURSOR_PARAMETER: page.previous}) if page.previous else None,
    )


def _ordering(console_admin: ConsoleAdmin, request: HttpRequest) -> tuple[str, Sequence[str]]:
    sorts = console_admin.get_sorts()
    name = request.GET.get(SORT_PARAMETER, "")
    if name not in sorts:
        name = next(iter(sorts))
    return name, sorts[name][1]


def _sorts(console_admin: ConsoleAdmin, request: HttpRequest, current: str) -> list[Sort]:
    def url(name: str) -> str:
        return _url(request, **{SORT_PARAMETER: name, CURSOR_PARAMETER: None})

    names = console_admin.get_sorts().items()
    return [Sort(name, str(label), url(name), is_current=name == current) for name, (label, _columns) in names]


def _headers(console_admin: ConsoleAdmin, names: Sequence[str], rows: Sequence[Row]) -> list[Cell]:
    numbers = {cell.name for row in rows for cell in row.cells if cell.is_number}
    return [Cell(name, header_of(name, console_admin), "", is_number=name in numbers) for name in names]


def _row(console_admin: ConsoleAdmin, request: HttpRequest, obj: Any, names: Sequence[str]) -> Row:
    cells = [cell_of(obj, name, console_admin, user=request.user) for name in names]
    cells[:1] = [as_link_text(cell, obj, console_admin) for cell in cells[:1]]
    return Row(public_id_of(obj), console_admin.url_of(obj), cells)


def _url(request: HttpRequest, **changes: str | None) -> str:
    parameters = request.GET.copy()
    for name, value in changes.items():
        if value is None:
            parameters.pop(name, None)
        else:
            parameters[name] = value
    return f"?{parameters.urlencode()}"
