"""Queues with their pause, schedules and their slots."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.contrib import admin
from django.http import HttpRequest
from django.template.loader import render_to_string
from django.utils.translation import gettext_lazy as _

from core import clock, jobs
from core.console import Action, ActionCall, ConsoleAdmin, Effect, NavItem, SearchRule, chip_for
from outbox import selectors, services
from outbox.models import Queue, Schedule, Slot
from outbox.permissions import Permission
from outbox.slots import next_due


def _pause(call: ActionCall) -> str:
    services.pause_queue(name=call.obj.name, actor=call.actor, reason=call.reason, ticket=call.ticket, at=call.at)
    return str(_("The queue %(queue)s is paused.") % {"queue": call.obj.name})


def _resume(call: ActionCall) -> str:
    services.resume_queue(name=call.obj.name, actor=call.actor, reason=call.reason, ticket=call.ticket, at=call.at)
    return str(_("The queue %(queue)s runs again.") % {"queue": call.obj.name})


def _pause_effect(queue: Queue, _data: Any, _request: HttpRequest) -> list[Effect]:
    counts = selectors.summarize_queues(at=clock.now()).get(queue.name, {})
    return [
        Effect(_("No job of this queue starts until it is resumed."), tone="warn"),
        Effect(_("Running now, and running on: %(count)d") % {"count": counts.get("running", 0)}, tone="info"),
        Effect(_("Waiting now: %(count)d") % {"count": counts.get("waiting", 0)}, tone="info"),
    ]


pause = Action(
    "pause",
    _("Pause"),
    Permission.PAUSE_QUEUES,
    _pause,
    effect=_pause_effect,
    available=lambda queue: queue.paused_at is None,
    audit_action="outbox.queue.paused",
    submit_label=lambda queue, _data: _("Pause %(queue)s") % {"queue": queue.name},
    icon="pause",
    key="p",
    danger=True,
)
resume = Action(
    "resume",
    _("Resume"),
    Permission.PAUSE_QUEUES,
    _resume,
    effect=lambda _queue, _data, _request: [Effect(_("Waiting jobs start within seconds."), tone="good")],
    available=lambda queue: queue.paused_at is not None,
    audit_action="outbox.queue.resumed",
    submit_label=lambda queue, _data: _("Resume %(queue)s") % {"queue": queue.name},
    icon="play_arrow",
    key="p",
)


def _chip(value: str, label: Any) -> str:
    return render_to_string("console/parts/chip.html", {"chip": chip_for(value, label=label)})


@admin.register(Queue)
class QueueAdmin(ConsoleAdmin):
    """A handful of rows: whether each runs, and how long its canary takes."""

    view_permission = Permission.VIEW_JOBS
    target_kind = "outbox.queue"
    nav = NavItem(group="System", title=_("Queues"), icon="lan", order=42)
    records_reads = False
    keyset = ("name",)
    sorts = {"name": (_("By name"), ("name",))}
    list_display = ("name", "state", "pause_reason", "canary_at", "canary_delay_ms")
    key_facts = ("state", "waiting", "running", "oldest", "canary_at")
    fieldsets = ((None, {"fields": ("paused_at", "paused_by", "pause_reason", "canary_at", "canary_delay_ms")}),)
    search_rules = (SearchRule.exact("name", pattern=r"[a-z_]+", label=_("name")),)
    actions_for_object = (pause, resume)
    empty_text = _("Queues appear here when the scheduler has run once.")

    @admin.display(description=_("state"))
    def state(self, obj: Queue) -> str:
        """Running or paused."""
        return _chip("paused", _("Paused")) if obj.paused_at else _chip("active", _("Running"))

    @admin.display(description=_("waiting"))
    def waiting(self, obj: Queue) -> int:
        """Jobs that wait."""
        return int(self._counts(obj).get("waiting", 0))

    @admin.display(description=_("running"))
    def running(self, obj: Queue) -> int:
        """Jobs that run."""
        return int(self._counts(obj).get("running", 0))

    @admin.display(description=_("oldest waits for"))
    def oldest(self, obj: Queue) -> timedelta | None:
        """The age of the oldest job that may run."""
        age = self._counts(obj).get("age")
        return timedelta(seconds=int(age.total_seconds())) if age else None

    def _counts(self, obj: Queue) -> dict[str, Any]:
        if not hasattr(obj, "counts"):
            obj.counts = selectors.summarize_queues(at=clock.now()).get(obj.name, {})  # type: ignore[attr-defined]
        counts: dict[str, Any] = obj.counts  # type: ignore[attr-defined]
        return counts


@admin.register(Schedule)
class ScheduleAdmin(ConsoleAdmin):
    """What runs by the clock, and when next."""

    view_permission = Permission.VIEW_JOBS
    target_kind = "outbox.schedule"
    nav = NavItem(group="System", title=_("Schedules"), icon="event_repeat", order=44)
    records_reads = False
    keyset = ("name",)
    sorts = {"name": (_("By name"), ("name",))}
    list_display = ("name", "every", "last_due_at", "next_due_at", "policy")
    key_facts = ("every", "last_due_at", "next_due_at", "policy")
    fieldsets = ((None, {"fields": ("first_seen_at", "last_due_at")}),)
    search_rules = (SearchRule.exact("name", pattern=r"[a-z_.]+", label=_("name")),)
    empty_text = _("Schedules appear here when the scheduler has run once.")

    @admin.display(description=_("every"))
    def every(self, obj: Schedule) -> Any:
        """Its period."""
        definition = jobs.definitions.get(obj.name)
        return str(definition.every) if definition and definition.every else _("no longer declared")

    @admin.display(description=_("next"))
    def next_due_at(self, obj: Schedule) -> Any:
        """When its next slot is due."""
        definition = jobs.definitions.get(obj.name)
        return next_due(definition, clock.now()) if definition and definition.every else None

    @admin.display(description=_("missed slots"))
    def policy(self, obj: Schedule) -> Any:
        """What becomes of slots while no scheduler ran."""
        definition = jobs.definitions.get(obj.name)
        return _("run later") if definition and definition.catch_up else _("are shown as missed")


@admin.register(Slot)
class SlotAdmin(ConsoleAdmin):
    """Due times, missed ones first."""

    view_permission = Permission.VIEW_JOBS
    target_kind = "outbox.slot"
    nav = NavItem(group="System", title=_("Schedule slots"), icon="event_busy", order=46)
    records_reads = False
    keyset = ("-created_at", "-id")
    sorts = {
        "missed": (_("Missed first"), ("-status", "-due_at", "-id")),
        "newest": (_("Newest first"), ("-created_at", "-id")),
    }
    list_display = ("schedule", "due_at", "status", "job", "created_at")
    list_filter = ("status", "due_at")
    list_select_related = ("job",)
    chip_tones = {"missed": "bad", "enqueued": "good"}
    search_rules = (SearchRule.exact("schedule", pattern=r"[a-z_.]+", label=_("schedule's name")),)
    fields = ("schedule", "due_at", "status", "job", "created_at")
    empty_text = _("Each due time of a schedule appears here once.")
