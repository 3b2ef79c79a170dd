"""Bulk runs: one action over many objects, each with its own outcome."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from outbox.models._base import PublicRow
from outbox.states import BulkStatus, ItemStatus


class BulkRun(PublicRow):
    """A console action applied to a list of objects in the background."""

    id_prefix: ClassVar[str] = "blk"

    action = models.CharField(_("action"), max_length=150)
    data = models.JSONField(_("data"), default=dict)
    reason = models.TextField(_("reason"), blank=True)
    ticket = models.CharField(_("ticket"), max_length=200, blank=True)
    actor_id = models.CharField(_("actor"), max_length=64, blank=True)
    actor_label = models.CharField(_("started by"), max_length=200, blank=True)
    status = models.CharField(_("status"), max_length=16, choices=BulkStatus.choices, default=BulkStatus.RUNNING)
    status_changed_at = models.DateTimeField(default=timezone.now)
    total = models.PositiveIntegerField(_("objects"))
    created_at = models.DateTimeField(_("started"), default=timezone.now)
    finished_at = models.DateTimeField(_("finished"), null=True, blank=True)

    class Meta:
        verbose_name = _("bulk run")
        verbose_name_plural = _("bulk runs")
        constraints = [
            models.CheckConstraint(condition=Q(status__in=BulkStatus.values), name="outbox_bulkrun_status_known"),
        ]
        indexes = [models.Index(fields=["-created_at", "-id"], name="outbox_bulkrun_newest")]


class BulkItem(models.Model):
    """One object of a run. ``position`` keeps the order in which they were chosen."""

    id = models.BigAutoField(primary_key=True)
    run = models.ForeignKey("outbox.BulkRun", on_delete=models.CASCADE, related_name="items")
    position = models.PositiveIntegerField()
    object_id = models.CharField(_("object"), max_length=100)
    status = models.CharField(_("outcome"), max_length=16, choices=ItemStatus.choices, default=ItemStatus.WAITING)
    message = models.CharField(_("message"), max_length=500, blank=True)
    finished_at = models.DateTimeField(_("at"), null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["run", "object_id"], name="outbox_bulkitem_once"),
            models.CheckConstraint(condition=Q(status__in=ItemStatus.values), name="outbox_bulkitem_status_known"),
        ]
        indexes = [models.Index(fields=["run", "status", "position"], name="outbox_bulkitem_progress")]

    def __str__(self) -> str:
        return f"{self.run_id} {self.object_id}"
