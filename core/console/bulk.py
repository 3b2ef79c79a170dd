"""One action on many rows: choose, look at what was chosen, say why, and a job does it row by row."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.core import signing
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseNotAllowed, HttpResponseRedirect
from django.urls import reverse
from django.utils.translation import gettext as _

from core import clock, jobs
from core.actors import Target
from core.console import footprints, once, pages
from core.console.action_views import make_form
from core.console.actions import Action, ActionForm
from core.console.cells import public_id_of
from core.console.lists import narrowed
from core.console.running import action_key
from core.console.timeouts import limited
from core.errors import PermissionMissing, Refusal

if TYPE_CHECKING:
    from core.console.model_admin import ConsoleAdmin

CAP = 1000
SAMPLE = 10
_SALT = "core.console.bulk"
_NOT_FORM = frozenset({"csrfmiddlewaretoken", "token", "chosen", "step", "reason", "ticket"})


def bulk_view(console_admin: ConsoleAdmin, request: HttpRequest, name: str) -> HttpResponse:
    """POST only: with the list's check boxes it asks, with a signed choice and a reason it starts."""
    action = console_admin.find_action(name)
    if action is None or not action.bulk:
        raise Http404
    _require(console_admin, request, action)
    if request.method != "POST":
        return HttpResponseNotAllowed(["POST"])
    if request.POST.get("step") == "start":
        return _start(console_admin, request, action)
    with limited():
        ids = _chosen(console_admin, request)
    return _page(console_admin, request, action, ids, make_form(action, None, request))


def _require(console_admin: ConsoleAdmin, request: HttpRequest, action: Action) -> None:
    for permission in (console_admin.view_permission, action.permission):
        if request.user.has_perm(permission):
            continue
        missing = PermissionMissing(permission)
        if request.method == "POST":
            footprints.refused(
                action.trail_name(console_admin.target_kind),
                target=Target(console_admin.target_kind, "*"),
                refusal=missing,
            )
        raise missing


def _chosen(console_admin: ConsoleAdmin, request: HttpRequest) -> list[str]:
    """The ticked rows, or, where asked for, every row the list's filters let through (up to CAP + 1)."""
    if request.POST.get("all") == "1":
        search, _filters, queryset = narrowed(console_admin, request)
        if search.term:
            footprints.list_searched(console_admin.target_kind, rules=search.rules, term=search.term)
        return [public_id_of(obj) for obj in queryset.order_by(*console_admin.keyset)[: CAP + 1]]
    return list(dict.fromkeys(request.POST.getlist("id")))[: CAP + 1]


def _start(console_admin: ConsoleAdmin, request: HttpRequest, action: Action) -> HttpResponse:
    try:
        ids = signing.loads(request.POST.get("chosen", ""), salt=_SALT)
    except signing.BadSignature:
        raise Http404 from None
    form = make_form(action, None, request, data=request.POST)
    if not form.is_valid() or not 0 < len(ids) <= CAP:
        return _page(console_admin, request, action, ids, form, status=422)
    token = once.token_of(request)
    run_id = ""
    try:
        with once.claimed(token):
            run_id = jobs.start_bulk(
                action=action_key(console_admin.target_kind, action),
                object_ids=ids,
                data={k: v for k, v in request.POST.items() if k not in _NOT_FORM},
                reason=form.cleaned_data["reason"],
                ticket=form.cleaned_data["ticket"],
                at=clock.now(),
            )
    except once.AlreadyDone:
        return HttpResponseRedirect(reverse(console_admin.url_name("changelist")))
    except Refusal as refusal:
        target = Target(console_admin.target_kind, "*")
        footprints.refused(action.trail_name(console_admin.target_kind), target=target, refusal=refusal)
        form.add_error(None, str(refusal))
        return _page(console_admin, request, action, ids, form, status=refusal.http_status)
    return HttpResponseRedirect(progress_url(run_id))


def progress_url(run_id: str) -> str:
    """Where a run shows how far it is."""
    return reverse("admin:outbox_bulkrun_change", args=[run_id])


def _page(
    console_admin: ConsoleAdmin,
    request: HttpRequest,
    action: Action,
    ids: list[str],
    form: ActionForm,
    *,
    status: int = 200,
) -> HttpResponse:
    sample: list[Any] = [found for i in ids[:SAMPLE] if (found := console_admin.find_object(i, request)) is not None]
    context = {
        "title": action.label,
        "console_admin": console_admin,
        "action": action,
        "form": form,
        "token": once.new_token(),
        "chosen": signing.dumps(ids, salt=_SALT, compress=True),
        "count": len(ids),
        "is_too_many": len(ids) > CAP,
        "cap": CAP,
        "sample": [(console_admin.get_title(obj), console_admin.url_of(obj)) for obj in sample],
        "more": max(0, len(ids) - len(sample)),
        "cancel_url": reverse(console_admin.url_name("changelist")),
        "submit_label": _("%(deed)s: %(count)d") % {"deed": action.label, "count": len(ids)},
    }
    return pages.render(request, "console/bulk.html", context, status=status)
