"""Queues, schedules and the processes that serve them."""

from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from core.ids import new_id
from outbox.states import ProcessKind, SlotStatus


class Queue(models.Model):
    """A lane of jobs that can be paused. Rows appear with the first tick of a scheduler."""

    name = models.CharField(_("queue"), primary_key=True, max_length=40)
    created_at = models.DateTimeField(default=timezone.now)
    paused_at = models.DateTimeField(_("paused since"), null=True, blank=True)
    paused_by = models.CharField(_("paused by"), max_length=200, blank=True)
    pause_reason = models.TextField(_("reason"), blank=True)
    resumed_at = models.DateTimeField(null=True, blank=True)
    canary_sent_at = models.DateTimeField(null=True, blank=True)
    canary_at = models.DateTimeField(_("last canary"), null=True, blank=True)
    canary_delay_ms = models.PositiveIntegerField(_("canary delay, ms"), null=True, blank=True)

    class Meta:
        verbose_name = _("queue")
        verbose_name_plural = _("queues")

    def __str__(self) -> str:
        return self.name

    @property
    def public_id(self) -> str:
        return self.name


class Schedule(models.Model):
    """A schedule that some scheduler has seen, and the newest slot it settled."""

    name = models.CharField(_("schedule"), primary_key=True, max_length=100)
    first_seen_at = models.DateTimeField()
    last_due_at = models.DateTimeField(_("last slot"), null=True, blank=True)

    class Meta:
        verbose_name = _("schedule")
        verbose_name_plural = _("schedules")

    def __str__(self) -> str:
        return self.name

    @property
    def public_id(self) -> str:
        return self.name


class Slot(models.Model):
    """One due time of a schedule: unique, so any number of schedulers enqueue it once."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    schedule = models.CharField(_("schedule"), max_length=100)
    due_at = models.DateTimeField(_("due"))
    status = models.CharField(_("status"), max_length=16, choices=SlotStatus.choices)
    job = models.ForeignKey("outbox.Job", null=True, blank=True, on_delete=models.SET_NULL, related_name="slots")
    created_at = models.DateTimeField(_("settled"), default=timezone.now)

    class Meta:
        verbose_name = _("schedule slot")
        verbose_name_plural = _("schedule slots")
        constraints = [
            models.UniqueConstraint(fields=["schedule", "due_at"], name="outbox_slot_once"),
            models.CheckConstraint(condition=Q(status__in=SlotStatus.values), name="outbox_slot_status_known"),
        ]
        indexes = [
            models.Index(fields=["-created_at", "-id"], name="outbox_slot_newest"),
            models.Index(fields=["-status", "-due_at", "-id"], name="outbox_slot_missed_first"),
            models.Index(fields=["-due_at"], condition=Q(status="missed"), name="outbox_slot_missed"),
        ]

    def __str__(self) -> str:
        return f"{self.schedule} at {self.due_at:%Y-%m-%d %H:%M:%S}"

    @property
    def public_id(self) -> str:
        return str(self.id)


class Process(models.Model):
    """A worker or scheduler process, by its own last word."""

    name = models.CharField(primary_key=True, max_length=200)
    kind = models.CharField(max_length=16, choices=ProcessKind.choices)
    queues = models.JSONField(default=list)
    started_at = models.DateTimeField()
    beat_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(kind__in=ProcessKind.values), name="outbox_process_kind_known")
        ]
        indexes = [models.Index(fields=["kind", "-beat_at"], name="outbox_process_beats")]

    def __str__(self) -> str:
        return self.name
