"""Pages that are not one table: the overview, causes, adding a suppression, mail templates."""

from __future__ import annotations

from typing import Any

from django import forms
from django.http import Http404, HttpRequest, HttpResponse
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from core import clock
from core.console import Action, ActionCall, ActionForm, ConsoleView, DeedView, Effect, NavItem, console_site
from core.errors import Refusal
from outbox import selectors, services
from outbox.models import Queue
from outbox.permissions import Permission
from outbox.templates import MailTemplate, registry, render


class Overview(ConsoleView):
    """Queues by the age of their oldest job, failures by cause, and who is at work."""

    permission = Permission.VIEW_JOBS
    title = _("Jobs at a glance")
    template_name = "outbox/console/overview.html"
    nav = NavItem(group="System", title=_("Jobs at a glance"), icon="monitor_heart", order=38)

    def get_context(self, request: HttpRequest, **_kwargs: Any) -> dict[str, Any]:
        """Four queries: queues, jobs by queue, causes, processes."""
        at = clock.now()
        counts = selectors.summarize_queues(at=at)
        queues = [(queue, counts.get(queue.name, {})) for queue in Queue.objects.order_by("name")]
        return {
            "queues": queues,
            "causes": selectors.summarize_causes(),
            "processes": selectors.list_processes()[:50],
            "may_retry": request.user.has_perm(Permission.RETRY_JOBS),
            "may_cancel": request.user.has_perm(Permission.CANCEL_JOBS),
        }


def _cause_of(request: HttpRequest) -> dict[str, str]:
    subject = {name: request.GET.get(name, "")[:200].replace("\x00", "") for name in ("cause", "name")}
    if not subject["cause"]:
        raise Http404
    return subject


def _count(subject: dict[str, str]) -> int:
    return selectors.count_failed(cause=subject["cause"], name=subject["name"])


def _retry_cause(call: ActionCall) -> str:
    done = services.retry_many_by_cause(
        cause=call.obj["cause"],
        name=call.obj["name"],
        actor=call.actor,
        reason=call.reason,
        ticket=call.ticket,
        at=call.at,
    )
    return ngettext("%(count)d job is queued again.", "%(count)d jobs are queued again.", done) % {"count": done}


def _cancel_cause(call: ActionCall) -> str:
    done = services.cancel_many_by_cause(
        cause=call.obj["cause"],
        name=call.obj["name"],
        actor=call.actor,
        reason=call.reason,
        ticket=call.ticket,
        at=call.at,
    )
    return ngettext("%(count)d job is canceled.", "%(count)d jobs are canceled.", done) % {"count": done}


class CauseView(DeedView):
    """A deed on every failed job with one cause."""

    kind = "outbox.job"
    back = "admin:outbox_overview"

    def get_subject(self, request: HttpRequest, **_kwargs: Any) -> Any:
        """Cause and job name from the query string."""
        return _cause_of(request)


class RetryCause(CauseView):
    """Run all of them again."""

    permission = Permission.RETRY_JOBS
    title = _("Run jobs again by cause")
    action = Action(
        "retry-cause",
        _("Run all again"),
        Permission.RETRY_JOBS,
        _retry_cause,
        effect=lambda subject, _data, _request: [
            Effect(_("Cause: %(cause)s") % subject),
            Effect(_("Failed or quarantined jobs queued again"), 0, min(_count(subject), 1000), tone="info"),
        ],
        audit_action="outbox.jobs.retried",
        icon="replay",
    )


class CancelCause(CauseView):
    """Give all of them up."""

    permission = Permission.CANCEL_JOBS
    title = _("Cancel jobs by cause")
    action = Action(
        "cancel-cause",
        _("Cancel all"),
        Permission.CANCEL_JOBS,
        _cancel_cause,
        effect=lambda subject, _data, _request: [
            Effect(_("Cause: %(cause)s") % subject),
            Effect(_("Failed or quarantined jobs canceled"), 0, min(_count(subject), 1000), tone="warn"),
        ],
        audit_action="outbox.jobs.canceled",
        danger=True,
        icon="cancel",
    )


class SuppressForm(ActionForm):
    """Which address."""

    address = forms.EmailField(label=_("E-mail address"), help_text=_("It gets no more mail from the product."))


def _add_suppression(call: ActionCall) -> str:
    row = services.add_suppression(
        address=call.data["address"], actor=call.actor, reason=call.reason, ticket=call.ticket, at=call.at
    )
    return str(_("No more mail goes to %(address)s.") % {"address": row.address_hint})


class AddSuppression(DeedView):
    """Put an address on the list by hand."""

    permission = Permission.MANAGE_SUPPRESSIONS
    title = _("Suppress an address")
    kind = "outbox.suppression"
    back = "admin:outbox_suppression_changelist"
    action = Action(
        "add",
        _("Suppress this address"),
        Permission.MANAGE_SUPPRESSIONS,
        _add_suppression,
        form=SuppressForm,
        effect=lambda _none, data, _request: [
            Effect(_("No mail goes to %(address)s any more.") % {"address": data.get("address") or "…"}, tone="warn")
        ],
        audit_action="outbox.suppression.added",
    )


class Templates(ConsoleView):
    """Every mail the product can send."""

    permission = Permission.VIEW_MESSAGES
    title = _("Mail templates")
    template_name = "outbox/console/templates.html"
    nav = NavItem(group="System", title=_("Mail templates"), icon="drafts", order=54)

    def get_context(self, request: HttpRequest, **_kwargs: Any) -> dict[str, Any]:
        """No queries: templates are declared in code."""
        return {"templates": sorted(registry, key=lambda template: template.name)}


class TemplatePreview(ConsoleView):
    """One mail with its sample values, as text and as the recipient's program shows it."""

    permission = Permission.VIEW_MESSAGES
    title = _("Mail template")
    template_name = "outbox/console/template.html"

    def get_context(self, request: HttpRequest, **kwargs: Any) -> dict[str, Any]:
        """The sample mail, or why it cannot be made."""
        template = _template_or_404(kwargs["template"])
        try:
            mail = render(template=template, values=template.sample, language=request.LANGUAGE_CODE)
        except Refusal as refusal:
            return {"template": template, "problem": str(refusal)}
        return {"template": template, "mail": mail, "title": template.name}


class TemplateHtml(ConsoleView):
    """The HTML half alone, for the frame on the preview page: it may style itself, and run nothing."""

    permission = Permission.VIEW_MESSAGES

    def get(self, request: HttpRequest, **kwargs: Any) -> HttpResponse:
        """The sample mail as a document of its own."""
        template = _template_or_404(kwargs["template"])
        mail = render(template=template, values=template.sample, language=request.LANGUAGE_CODE)
        response = HttpResponse(mail.html)
        response["Content-Security-Policy"] = (
            "default-src 'none'; style-src 'unsafe-inline'; img-src data:; frame-ancestors 'self'; sandbox"
        )
        response["X-Frame-Options"] = "SAMEORIGIN"
        return response


def _template_or_404(name: str) -> MailTemplate:
    template = registry.get(name)
    if template is None:
        raise Http404
    return template


console_site.add_view("outbox/overview/", Overview, name="outbox_overview")
console_site.add_view("outbox/causes/retry/", RetryCause, name="outbox_cause_retry")
console_site.add_view("outbox/causes/cancel/", CancelCause, name="outbox_cause_cancel")
console_site.add_view("outbox/suppression/add/", AddSuppression, name="outbox_suppression_add")
console_site.add_view("outbox/templates/", Templates, name="outbox_templates")
console_site.add_view("outbox/templates/<str:template>/", TemplatePreview, name="outbox_template")
console_site.add_view("outbox/templates/<str:template>/html/", TemplateHtml, name="outbox_template_html")
