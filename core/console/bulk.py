"""One action on many rows: choose, look at what was chosen, say why, and it is done by a job, row by row or at once."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.contrib import messages
from django.core import signing
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseNotAllowed, HttpResponseRedirect
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from core import clock, jobs
from core.actors import Target
from core.console import footprints, once, pages
from core.console.action_views import call_from, effects_of, make_form, valid_part
from core.console.actions import Action, ActionForm, ManyCall
from core.console.cells import public_id_of
from core.console.counting import Count, capped_count
from core.console.lists import narrowed
from core.console.running import action_key, perform
from core.console.timeouts import limited
from core.errors import PermissionMissing, Refusal

if TYPE_CHECKING:
    from core.console.model_admin import ConsoleAdmin

CAP = 1000
SAMPLE = 10
_SALT = "core.console.bulk"
_NOT_FORM = frozenset({"csrfmiddlewaretoken", "token", "chosen", "step", "reason", "ticket"})


@dataclass(frozen=True, slots=True)
class Chosen:
    """The rows of a choice; with ``filters`` the ids are only the first of ``count``."""

    ids: list[str]
    filters: str | None = None
    count: Count | None = None

    @property
    def number(self) -> Count:
        return self.count or Count(len(self.ids))

    def sealed(self) -> str:
        """For the form, so that what was looked at is what it happens to."""
        count = [self.number.value, self.number.is_capped]
        return signing.dumps([self.ids, self.filters, count], salt=_SALT, compress=True)

    @classmethod
    def unsealed(cls, text: str) -> Chosen:
        """Back from the form; BadSignature for anything else."""
        ids, filters, (value, is_capped) = signing.loads(text, salt=_SALT)
        return cls(ids, filters, Count(value, is_capped))


def bulk_view(console_admin: ConsoleAdmin, request: HttpRequest, name: str) -> HttpResponse:
    """POST only: with the list's check boxes it asks, with a signed choice and a reason it starts."""
    action = console_admin.find_action(name)
    if action is None or not action.bulk:
        raise Http404
    _require(console_admin, request, action)
    if request.method != "POST":
        return HttpResponseNotAllowed(["POST"])
    if pages.is_fragment(request):
        return _preview(request, action)
    if request.POST.get("step") == "start":
        return _start(console_admin, request, action)
    with limited():
        chosen = _chosen(console_admin, request, action)
    return _page(console_admin, request, action, chosen, make_form(action, None, request))


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


def _chosen(console_admin: ConsoleAdmin, request: HttpRequest, action: Action) -> Chosen:
    """The ticked rows, or, where asked for, every row the list's filters let through (up to CAP + 1).

    A deed that takes the choice as a whole gets the filters themselves, however many rows they let through.
    """
    if request.POST.get("all") != "1":
        return Chosen(list(dict.fromkeys(request.POST.getlist("id")))[: CAP + 1])
    search, _filters, queryset = narrowed(console_admin, request)
    if search.term:
        footprints.list_searched(console_admin.target_kind, rules=search.rules, term=search.term)
    limit = SAMPLE if action.run_many else CAP + 1
    ids = [public_id_of(obj) for obj in queryset.order_by(*console_admin.keyset)[:limit]]
    if not action.run_many:
        return Chosen(ids)
    return Chosen(ids, filters=request.GET.urlencode(), count=capped_count(queryset) if ids else Count(0))


def _unsealed(request: HttpRequest) -> Chosen:
    try:
        return Chosen.unsealed(request.POST.get("chosen", ""))
    except signing.BadSignature:
        raise Http404 from None


def _preview(request: HttpRequest, action: Action) -> HttpResponse:
    """Effect and button again, as the form is filled in."""
    form = make_form(action, None, request, data=request.POST)
    form.full_clean()
    shown = {**_effect_context(action, form, request, _unsealed(request)), "is_fragment": True}
    return pages.fragment(request, "console/parts/effect.html", shown)


def _effect_context(action: Action, form: ActionForm, request: HttpRequest, chosen: Chosen) -> dict[str, Any]:
    data = valid_part(form)
    return {
        "effects": effects_of(action, None, data, request, count=chosen.number.value),
        "submit_label": _("%(deed)s: %(count)s") % {"deed": action.label_for(None, data), "count": chosen.number},
    }


def _start(console_admin: ConsoleAdmin, request: HttpRequest, action: Action) -> HttpResponse:
    chosen = _unsealed(request)
    form = make_form(action, None, request, data=request.POST)
    if not form.is_valid() or not 0 < len(chosen.ids) <= CAP:
        return _page(console_admin, request, action, chosen, form, status=422)
    token = once.token_of(request)
    try:
        if action.run_many:
            return _run_many(console_admin, request, action, _many(request, chosen, form, token), token)
        return _run_each(console_admin, request, action, chosen, form, token)
    except once.AlreadyDone:
        return HttpResponseRedirect(reverse(console_admin.url_name("changelist")))
    except Refusal as refusal:
        form.add_error(None, str(refusal))
        return _page(console_admin, request, action, chosen, form, status=refusal.http_status)


def _many(request: HttpRequest, chosen: Chosen, form: ActionForm, token: str) -> ManyCall:
    one = call_from(form, obj=None, request=request, token=token)
    return ManyCall(
        ids=() if chosen.filters is not None else tuple(chosen.ids),
        filters=chosen.filters,
        zone=timezone.get_current_timezone_name(),
        data=one.data,
        reason=one.reason,
        ticket=one.ticket,
        actor=one.actor,
        at=one.at,
        idempotency_key=one.idempotency_key,
    )


def _run_many(
    console_admin: ConsoleAdmin, request: HttpRequest, action: Action, call: ManyCall, token: str
) -> HttpResponse:
    kind = console_admin.target_kind
    said = perform(action, call, kind=kind, target=Target(kind, "*"), scope=once.claimed(token))
    messages.success(request, said if isinstance(said, str) else _("Done."))
    back = reverse(console_admin.url_name("changelist"))
    return HttpResponseRedirect(f"{back}?{request.GET.urlencode()}" if request.GET else back)


def _run_each(
    console_admin: ConsoleAdmin, request: HttpRequest, action: Action, chosen: Chosen, form: ActionForm, token: str
) -> HttpResponse:
    try:
        with once.claimed(token):
            run_id = jobs.start_bulk(
                action=action_key(console_admin.target_kind, action),
                object_ids=chosen.ids,
                data={k: v for k, v in request.POST.items() if k not in _NOT_FORM},
                reason=form.cleaned_data["reason"],
                ticket=form.cleaned_data["ticket"],
                at=clock.now(),
            )
    except Refusal as refusal:
        target = Target(console_admin.target_kind, "*")
        footprints.refused(action.trail_name(console_admin.target_kind), target=target, refusal=refusal)
        raise
    return HttpResponseRedirect(progress_url(run_id))


def progress_url(run_id: str) -> str:
    """Where a run shows how far it is."""
    return reverse("admin:outbox_bulkrun_change", args=[run_id])


def _page(
    console_admin: ConsoleAdmin,
    request: HttpRequest,
    action: Action,
    chosen: Chosen,
    form: ActionForm,
    *,
    status: int = 200,
) -> HttpResponse:
    sample: list[Any] = [
        found for i in chosen.ids[:SAMPLE] if (found := console_admin.find_object(i, request)) is not None
    ]
    context = {
        **_effect_context(action, form, request, chosen),
        "title": action.label,
        "console_admin": console_admin,
        "action": action,
        "form": form,
        "token": once.new_token(),
        "chosen": chosen.sealed(),
        "is_whole": action.run_many is not None,
        "count": chosen.number.value,
        "shown_count": chosen.number,
        "is_too_many": len(chosen.ids) > CAP,
        "cap": CAP,
        "sample": [(console_admin.get_title(obj), console_admin.url_of(obj)) for obj in sample],
        "more": max(0, chosen.number.value - len(sample)),
        "cancel_url": reverse(console_admin.url_name("changelist")),
    }
    return pages.render(request, "console/bulk.html", context, status=status)
