"""The page of an action: form, effect, button; and what happens when it is pressed."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from django import forms
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.translation import gettext as _

from core import clock, context
from core.actors import Target
from core.console import footprints, once, pages
from core.console.actions import Action, ActionCall, ActionForm, Effect
from core.console.running import perform
from core.errors import PermissionMissing, Refusal

if TYPE_CHECKING:
    from core.console.model_admin import ConsoleAdmin

CONFIRMATION = "confirmation"


def action_view(console_admin: ConsoleAdmin, request: HttpRequest, object_id: str, name: str) -> HttpResponse:
    """GET shows the form and its effect (a fragment of it for htmx); POST does the deed."""
    action = console_admin.find_action(name)
    if action is None:
        raise Http404
    _require(console_admin, request, action, object_id)
    obj = console_admin.get_object_or_404(object_id, request)
    if request.method == "POST":
        return _post(console_admin, request, action, obj)
    if pages.is_fragment(request):
        form = make_form(action, obj, request, data=request.GET)
        form.full_clean()
        context_ = _effect_context(action, obj, form, request)
        return pages.fragment(request, "console/parts/effect.html", {**context_, "is_fragment": True})
    return _page(console_admin, request, action, obj, make_form(action, obj, request))


def make_form(action: Action, obj: Any, request: HttpRequest, *, data: Mapping[str, Any] | None = None) -> ActionForm:
    """The action's form about ``obj`` (None: about many), with the typed confirmation where it asks for one."""
    initial = action.initial(obj) if action.initial else {}
    form = action.form(data, obj=obj, request=request, initial=initial)
    if action.typed_name is not None and obj is not None:
        form.fields[CONFIRMATION] = _confirmation_field(action.typed_name(obj))
    return form


def _confirmation_field(expected: str) -> forms.CharField:
    def check(value: str) -> None:
        if value != expected:
            raise forms.ValidationError(_("This is not the name. Type it exactly as shown."))

    return forms.CharField(
        label=_("Type “%(name)s” to confirm") % {"name": expected},
        validators=[check],
        widget=forms.TextInput(attrs={"autocomplete": "off", "spellcheck": "false"}),
        help_text=_("This cannot be undone."),
    )


def _require(console_admin: ConsoleAdmin, request: HttpRequest, action: Action, object_id: str) -> None:
    """Asked before the object is looked for: who may not act learns nothing of what is there."""
    for permission in (action.permission, console_admin.view_permission):
        if request.user.has_perm(permission):
            continue
        missing = PermissionMissing(permission)
        if request.method == "POST":
            target = Target(console_admin.target_kind, object_id[:100])
            footprints.refused(action.trail_name(console_admin.target_kind), target=target, refusal=missing)
        raise missing


def _post(console_admin: ConsoleAdmin, request: HttpRequest, action: Action, obj: Any) -> HttpResponse:
    form = make_form(action, obj, request, data=request.POST)
    if not form.is_valid():
        return _page(console_admin, request, action, obj, form, status=422)
    token = once.token_of(request)
    call = call_from(form, obj=obj, request=request, token=token)
    try:
        result = perform(
            action,
            call,
            kind=console_admin.target_kind,
            target=console_admin.target_of(obj),
            scope=once.claimed(token),
        )
    except Refusal as refusal:
        form.add_error(None, str(refusal))
        return _page(console_admin, request, action, obj, form, status=refusal.http_status)
    except once.AlreadyDone:
        messages.info(request, _("This form was sent twice. It was done once."))
    else:
        messages.success(request, result if isinstance(result, str) else _done(action, obj))
    return HttpResponseRedirect(_afterwards(console_admin, obj))


def _afterwards(console_admin: ConsoleAdmin, obj: Any) -> str:
    """The object's page; the list where the deed was to take the object away."""
    is_there = console_admin.model._default_manager.filter(pk=obj.pk).exists()
    return console_admin.url_of(obj) if is_there else reverse(console_admin.url_name("changelist"))


def call_from(form: ActionForm, *, obj: Any, request: HttpRequest, token: str) -> ActionCall:
    """The call a valid form stands for."""
    data = {k: v for k, v in form.cleaned_data.items() if k not in {"reason", "ticket", CONFIRMATION}}
    return ActionCall(
        obj=obj,
        data=data,
        reason=form.cleaned_data["reason"],
        ticket=form.cleaned_data["ticket"],
        actor=context.current().actor,
        at=clock.now(),
        idempotency_key=f"console:{token}",
        request=request,
    )


def _done(action: Action, obj: Any) -> str:
    return _("Done: %(deed)s (%(name)s).") % {"deed": action.label, "name": obj}


def _page(
    console_admin: ConsoleAdmin, request: HttpRequest, action: Action, obj: Any, form: ActionForm, *, status: int = 200
) -> HttpResponse:
    can_run, why_not = action.state_for(obj)
    page = {
        **console_admin.page_context(request, obj),
        **_effect_context(action, obj, form, request),
        "title": action.label,
        "form": form,
        "can_run": can_run,
        "why_not": why_not or _("This cannot be done in the present state."),
        "token": once.token_of(request) if request.method == "POST" else once.new_token(),
        "cancel_url": console_admin.url_of(obj),
    }
    return pages.render(request, "console/action.html", page, status=status)


def _effect_context(action: Action, obj: Any, form: ActionForm, request: HttpRequest) -> dict[str, Any]:
    data = valid_part(form)
    return {
        "action": action,
        "effects": effects_of(action, obj, data, request),
        "submit_label": action.label_for(obj, data),
    }


def valid_part(form: ActionForm) -> dict[str, Any]:
    """What of the form makes sense so far; of an unsent form, its initial values."""
    if form.is_bound:
        return dict(getattr(form, "cleaned_data", {}))
    return {name: form.get_initial_for_field(field, name) for name, field in form.fields.items()}


def effects_of(
    action: Action, obj: Any, data: Mapping[str, Any], request: HttpRequest, *, count: int | None = None
) -> list[Effect]:
    """What would change, to ``obj`` or to ``count`` rows; a refusal that can be foreseen is an effect too."""
    try:
        if count is not None and action.effect_of_many is not None:
            return action.effect_of_many(count, data, request)
        return action.effect(obj, data, request) if action.effect else []
    except Refusal as refusal:
        return [Effect(_("This will be refused: %(why)s") % {"why": refusal}, tone="bad")]
