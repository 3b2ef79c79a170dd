"""The page of one object: what is true now on top, actions at the side, panels that load when opened."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.core import signing
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseNotAllowed
from django.urls import reverse
from django.utils.text import capfirst

from core.actors import Target
from core.console import access, customers, footprints, pages
from core.console.actions import Action
from core.console.cells import Cell, cell_of, public_id_of
from core.console.chips import Chip, chip_for
from core.console.panels import Panel, panels
from core.console.reveal import RevealForm
from core.errors import PermissionMissing

if TYPE_CHECKING:
    from core.console.model_admin import ConsoleAdmin

_PANEL_SALT = "core.console.panel"
_PANEL_HOURS = 12


@dataclass(frozen=True, slots=True)
class Button:
    """An action as offered on a page."""

    action: Action
    url: str
    can_run: bool
    why_not: str


@dataclass(frozen=True, slots=True)
class Facts:
    """A titled group of values."""

    title: Any
    cells: list[Cell]


@dataclass(frozen=True, slots=True)
class LazyPanel:
    """A panel and where its content comes from."""

    name: str
    title: Any
    url: str


def detail_view(console_admin: ConsoleAdmin, request: HttpRequest, object_id: str) -> HttpResponse:
    """GET: the page; one entry in the trail where reads are recorded."""
    if request.method not in {"GET", "HEAD"}:
        return HttpResponseNotAllowed(["GET", "HEAD"])
    access.require(request, console_admin.view_permission)
    obj = console_admin.get_object_or_404(object_id, request)
    if console_admin.records_reads:
        target, seen = customers.read_target(console_admin, request, obj)
        footprints.page_read(target, seen=seen)
    return _page(console_admin, request, obj)


def reveal_view(console_admin: ConsoleAdmin, request: HttpRequest, object_id: str, name: str) -> HttpResponse:
    """POST: show one masked field, once, and record it. For htmx the value alone."""
    if request.method != "POST":
        return HttpResponseNotAllowed(["POST"])
    if name not in console_admin.masked_fields:
        raise Http404
    if not (console_admin.has_view_permission(request) and console_admin.may_reveal(request)):
        missing = PermissionMissing(console_admin.reveal_permission or console_admin.view_permission)
        target = Target(console_admin.target_kind, object_id[:100])
        footprints.refused(footprints.ConsoleAction.FIELD_REVEALED, target=target, refusal=missing)
        raise missing
    obj = console_admin.get_object_or_404(object_id, request)
    form = RevealForm(request.POST)
    if not form.is_valid():
        return _page(console_admin, request, obj, reveal_form=form, status=422)
    _record_reveal(console_admin, request, obj, field=name, form=form)
    if pages.is_fragment(request):
        cell = cell_of(obj, name, console_admin, revealed=name, user=request.user)
        return pages.fragment(request, "console/parts/revealed.html", {"cell": cell})
    return _page(console_admin, request, obj, revealed=name)


def panel_view(console_admin: ConsoleAdmin, request: HttpRequest, object_id: str, name: str) -> HttpResponse:
    """GET: the content of one panel. Without its page's token it counts as a read of its own.

    POST: what it masks, once, and an entry.
    """
    panel = panels.find(console_admin.target_kind, name)
    if request.method == "POST" and panel is not None and panel.load_revealed is not None:
        return _revealed_panel(console_admin, request, object_id, panel)
    if request.method not in {"GET", "HEAD"}:
        return HttpResponseNotAllowed(["GET", "HEAD"])
    access.require(request, console_admin.view_permission)
    if panel is None:
        raise Http404
    access.require(request, panel.permission)
    obj = console_admin.get_object_or_404(object_id, request)
    if console_admin.records_reads and not _came_with_page(request, obj):
        target, seen = customers.read_target(console_admin, request, obj)
        footprints.page_read(target, seen=seen, part=name)
    return _panel(console_admin, request, obj, panel, **panel.load(public_id_of(obj)))


def _revealed_panel(console_admin: ConsoleAdmin, request: HttpRequest, object_id: str, panel: Panel) -> HttpResponse:
    for permission in (console_admin.view_permission, panel.permission, panel.reveal_permission):
        if not request.user.has_perm(permission):
            missing = PermissionMissing(permission)
            target = Target(console_admin.target_kind, object_id[:100])
            footprints.refused(footprints.ConsoleAction.FIELD_REVEALED, target=target, refusal=missing)
            raise missing
    obj = console_admin.get_object_or_404(object_id, request)
    form = RevealForm(request.POST)
    if not form.is_valid():
        return _panel(console_admin, request, obj, panel, status=422, **panel.load(public_id_of(obj)))
    _record_reveal(console_admin, request, obj, field=f"panel {panel.name}", form=form)
    assert panel.load_revealed is not None
    return _panel(console_admin, request, obj, panel, **panel.load_revealed(public_id_of(obj)), may_reveal=False)


def _record_reveal(
    console_admin: ConsoleAdmin, request: HttpRequest, obj: Any, *, field: str, form: RevealForm
) -> None:
    target, seen = customers.read_target(console_admin, request, obj)
    footprints.field_revealed(target, seen=seen, field=field, reason=form.reason, ticket=form.cleaned_data["ticket"])
    customers.mark_revealed(request, public_id_of(obj), field)


def _panel(
    console_admin: ConsoleAdmin, request: HttpRequest, obj: Any, panel: Panel, /, *, status: int = 200, **content: Any
) -> HttpResponse:
    shown = {
        "obj": obj,
        "console_admin": console_admin,
        "panel": panel,
        "panel_url": request.get_full_path(),
        "may_reveal": panel.load_revealed is not None and request.user.has_perm(panel.reveal_permission),
        "reveal_form": RevealForm(),
    }
    answer = pages.fragment(request, panel.template, {**shown, **content})
    answer.status_code = status
    return answer


def page_context(console_admin: ConsoleAdmin, request: HttpRequest, obj: Any, *, revealed: str = "") -> dict[str, Any]:
    """The frame of every page about ``obj``: heading, status, key facts, the list it belongs to."""
    names = console_admin.key_facts
    cells = [cell_of(obj, name, console_admin, revealed=revealed, user=request.user) for name in names]
    return {
        "obj": obj,
        "console_admin": console_admin,
        "object_title": console_admin.get_title(obj),
        "object_id": public_id_of(obj),
        "object_kind": capfirst(str(console_admin.opts.verbose_name)),
        "object_url": console_admin.url_of(obj),
        "list_title": capfirst(str(console_admin.opts.verbose_name_plural)),
        "list_url": reverse(console_admin.url_name("changelist")),
        "status": status_of(console_admin, obj),
        "key_facts": cells,
        "may_reveal": console_admin.may_reveal(request),
        "reveal_form": RevealForm(),
        "customer_header": customers.header(console_admin, request, obj),
        **console_admin.get_header_context(request, obj),
    }


def _page(
    console_admin: ConsoleAdmin,
    request: HttpRequest,
    obj: Any,
    *,
    revealed: str = "",
    reveal_form: RevealForm | None = None,
    status: int = 200,
) -> HttpResponse:
    context = {
        **page_context(console_admin, request, obj, revealed=revealed),
        "title": console_admin.get_title(obj),
        "facts": _facts(console_admin, request, obj, revealed=revealed),
        "buttons": buttons(console_admin, request, obj),
        "panels": _panels(console_admin, request, obj),
    }
    if reveal_form is not None:
        context["reveal_form"] = reveal_form
    return pages.render(request, "console/detail.html", context, status=status)


def buttons(console_admin: ConsoleAdmin, request: HttpRequest, obj: Any) -> list[Button]:
    """The actions this viewer may take on ``obj``; those not possible now say why."""
    offered = []
    for action in console_admin.all_actions():
        if not request.user.has_perm(action.permission):
            continue
        can_run, why_not = action.state_for(obj)
        if can_run or why_not:
            url = reverse(console_admin.url_name("action"), args=[public_id_of(obj), action.name])
            offered.append(Button(action, url, can_run, why_not))
    return offered


def _facts(console_admin: ConsoleAdmin, request: HttpRequest, obj: Any, *, revealed: str) -> list[Facts]:
    fields: Any = console_admin.fields or _default_fields(console_admin, obj)
    groups: Any = console_admin.get_page_fieldsets(obj) or [(None, {"fields": fields})]
    return [
        Facts(
            title,
            [cell_of(obj, n, console_admin, revealed=revealed, user=request.user) for n in _flat(options["fields"])],
        )
        for title, options in groups
    ]


def _flat(names: Any) -> list[str]:
    return [name for entry in names for name in ([entry] if isinstance(entry, str) else entry)]


def _default_fields(console_admin: ConsoleAdmin, obj: Any) -> list[str]:
    """Every column but secrets and what the head of the page shows already."""
    hidden = {"password", "status", obj._meta.pk.name, *console_admin.key_facts}
    return [field.name for field in obj._meta.concrete_fields if field.name not in hidden]


def status_of(console_admin: ConsoleAdmin, obj: Any) -> Chip | None:
    """The status of ``obj`` as a chip, where it has one."""
    value = getattr(obj, "status", None)
    if value is None:
        return None
    display = getattr(obj, "get_status_display", None)
    return chip_for(value, label=display() if display else "", tone=console_admin.chip_tones.get(str(value), ""))


def _panels(console_admin: ConsoleAdmin, request: HttpRequest, obj: Any) -> list[LazyPanel]:
    token = signing.dumps([str(request.user.pk), public_id_of(obj)], salt=_PANEL_SALT)
    return [
        LazyPanel(
            panel.name,
            panel.title,
            f"{reverse(console_admin.url_name('panel'), args=[public_id_of(obj), panel.name])}?page={token}",
        )
        for panel in panels.seen_by(request.user, console_admin.target_kind)
    ]


def _came_with_page(request: HttpRequest, obj: Any) -> bool:
    try:
        whose = signing.loads(request.GET.get("page", ""), salt=_PANEL_SALT, max_age=_PANEL_HOURS * 3600)
    except signing.BadSignature:
        return False
    return bool(whose == [str(request.user.pk), public_id_of(obj)])
