"""Jobs: what waits, what runs, what failed and why."""

from __future__ import annotations

from typing import Any, ClassVar

from django import forms
from django.contrib import admin
from django.db.models import Q
from django.http import HttpRequest
from django.utils.html import format_html
from django.utils.translation import gettext_lazy as _

from core import jobs
from core.console import (
    Action,
    ActionCall,
    ActionForm,
    ConsoleAdmin,
    Effect,
    NavItem,
    Panel,
    SearchRule,
    TokenFilter,
    panels,
)
from core.ids import from_public
from outbox import selectors, services
from outbox.models import Job
from outbox.permissions import Permission
from outbox.states import JOB_MOVES, JobStatus


class RetryForm(ActionForm):
    """Other arguments than before, where those were the trouble."""

    arguments = forms.JSONField(
        label=_("Arguments"),
        required=False,
        widget=forms.Textarea(attrs={"rows": 6, "spellcheck": "false"}),
        help_text=_("As JSON. Leave them as they are to run the job as it was."),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        definition = jobs.definitions.get(self.obj.name) if self.obj else None
        if definition and definition.arguments_fixed:
            self.fields["arguments"].disabled = True
            self.fields["arguments"].help_text = _("This job runs as it was asked for, or not at all.")

    def clean_arguments(self) -> dict[str, Any] | None:
        """A JSON object, or nothing."""
        value = self.cleaned_data["arguments"]
        if value is None or isinstance(value, dict):
            return value
        raise forms.ValidationError(_("Write the arguments as a JSON object: names and values in braces."))


def _retry(call: ActionCall) -> str:
    given = call.data.get("arguments")
    job = services.retry_job(
        job_id=call.obj.pk,
        actor=call.actor,
        reason=call.reason,
        ticket=call.ticket,
        at=call.at,
        arguments=given if given != call.obj.arguments else None,
    )
    return str(_("%(job)s is queued again.") % {"job": job.public_id})


def _cancel(call: ActionCall) -> str:
    job = services.cancel_job(job_id=call.obj.pk, actor=call.actor, reason=call.reason, ticket=call.ticket, at=call.at)
    if job.status == JobStatus.RUNNING:
        return str(_("%(job)s was told to end. It is gone within a minute.") % {"job": job.public_id})
    return str(_("%(job)s is canceled.") % {"job": job.public_id})


def _retry_effect(job: Job | None, data: Any, _request: HttpRequest) -> list[Effect]:
    if job is None:
        return [Effect(_("Each is queued again, with the arguments it had unless you give others."), tone="info")]
    effects = [Effect(_("Status"), job.get_status_display(), JobStatus.QUEUED.label)]
    if data.get("arguments") not in (None, job.arguments):
        effects.append(Effect(_("The job runs with other arguments than before, in your name."), tone="warn"))
    return effects


def _cancel_effect(job: Job | None, _data: Any, _request: HttpRequest) -> list[Effect]:
    if job is None:
        return [Effect(_("Each is canceled. Those that run are told to end; what they did so far is undone."))]
    effects = [Effect(_("Status"), job.get_status_display(), JobStatus.CANCELED.label)]
    if job.status == JobStatus.RUNNING:
        effects.append(Effect(_("What it did so far is undone, unless it spoke to somebody outside."), tone="info"))
    return effects


def _can_retry(job: Job) -> bool:
    return JobStatus.QUEUED in JOB_MOVES[JobStatus(job.status)]


def _can_cancel(job: Job) -> Any:
    if job.status == JobStatus.RUNNING and job.cancel_requested_at:
        return _("It was told to end already.")
    return JobStatus.CANCELED in JOB_MOVES[JobStatus(job.status)]


retry = Action(
    "retry",
    _("Run again"),
    Permission.RETRY_JOBS,
    _retry,
    form=RetryForm,
    effect=_retry_effect,
    available=_can_retry,
    initial=lambda job: {"arguments": job.arguments} if job else {},
    audit_action="outbox.job.retried",
    bulk=True,
    key="r",
    icon="replay",
    order=10,
)
cancel = Action(
    "cancel",
    _("Cancel"),
    Permission.CANCEL_JOBS,
    _cancel,
    effect=_cancel_effect,
    available=_can_cancel,
    audit_action="outbox.job.canceled",
    bulk=True,
    danger=True,
    icon="cancel",
    order=20,
)


@admin.register(Job)
class JobAdmin(ConsoleAdmin):
    """Rows of work; the page says how each attempt went."""

    view_permission = Permission.VIEW_JOBS
    target_kind = "outbox.job"
    nav = NavItem(group="System", title=_("Jobs"), icon="work_history", order=40, key="j")
    records_reads = False
    list_display = ("public_id", "name", "queue", "status", "attempts", "run_at", "cause", "tenant")
    list_filter: ClassVar[Any] = (
        "status",
        TokenFilter("name", title=_("Job"), parse=lambda term: Q(name=term), expects=_("a job's whole name")),
        TokenFilter("queue", title=_("Queue"), parse=lambda term: Q(queue=term), expects=_("a queue's name")),
        TokenFilter("cause", title=_("Cause"), parse=lambda term: Q(cause=term), expects=_("a cause, whole")),
    )
    search_rules = (
        SearchRule.public_id(),
        SearchRule.exact("tenant", pattern=r"wsp_[0-9a-z]{26}", label=_("workspace id")),
        SearchRule.exact("actor_id", pattern=r"(usr|key)_[0-9a-z]{26}", label=_("actor's id")),
        SearchRule.exact("name", pattern=r"[a-z_]+\.[a-z_]+", label=_("job's name")),
    )
    key_facts = ("name", "queue", "attempts", "run_at")
    fieldsets = (
        (_("Work"), {"fields": ("arguments", "tenant", "actor_id", "request_id", "dedupe_key", "timeout_seconds")}),
        (
            _("Runs"),
            {
                "fields": (
                    "created_at",
                    "started_at",
                    "finished_at",
                    "heartbeat_at",
                    "lease_until",
                    "worker",
                    "memory_kb",
                )
            },
        ),
        (_("Ended by hand"), {"fields": ("canceled_by", "cancel_reason", "cancel_requested_at")}),
        (_("Last failure"), {"fields": ("cause", "error", "last_traceback")}),
    )
    actions_for_object = (retry, cancel)
    empty_text = _("Jobs appear here when the product has work to do in the background.")

    @admin.display(description=_("request"))
    def request_id(self, obj: Job) -> str:
        """The request the job stems from."""
        return str(obj.context.get("request_id", ""))

    @admin.display(description=_("traceback"))
    def last_traceback(self, obj: Job) -> Any:
        """As Python wrote it."""
        return format_html('<pre class="c-json">{}</pre>', obj.traceback) if obj.traceback else ""


def _load_attempts(public_id: str) -> dict[str, Any]:
    return {"attempts": selectors.list_attempts(from_public(Job.id_prefix, public_id))[:50]}


panels.register(
    "outbox.job",
    Panel("attempts", _("Attempts"), Permission.VIEW_JOBS, "outbox/console/attempts.html", _load_attempts, order=10),
)
