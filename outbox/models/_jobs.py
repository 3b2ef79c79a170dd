"""Jobs and their attempts."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from outbox.models._base import PublicRow
from outbox.states import WAITING, AttemptOutcome, JobStatus

_WAITING = sorted(str(status) for status in WAITING)


class Job(PublicRow):
    """A piece of work, written in the transaction that wants it.

    ``fence`` grows by one at each claim; only the holder of the current fence may settle.
    ``canceled_by`` and ``cancel_reason`` are there where somebody ended it.
    ``sent_at`` is when a wake-up for it was last given to the broker.
    """

    id_prefix: ClassVar[str] = "job"

    name = models.CharField(_("job"), max_length=100)
    queue = models.CharField(_("queue"), max_length=40)
    tenant = models.CharField(_("workspace"), max_length=64, blank=True)
    actor_id = models.CharField(_("actor"), max_length=64, blank=True)
    arguments = models.JSONField(_("arguments"), default=dict)
    context = models.JSONField(_("context"), default=dict)
    dedupe_key = models.CharField(_("dedupe key"), max_length=200, blank=True)
    status = models.CharField(_("status"), max_length=16, choices=JobStatus.choices, default=JobStatus.QUEUED)
    status_changed_at = models.DateTimeField(default=timezone.now)
    created_at = models.DateTimeField(_("created"), default=timezone.now)
    run_at = models.DateTimeField(_("due"), default=timezone.now)
    sent_at = models.DateTimeField(null=True, blank=True)
    started_at = models.DateTimeField(_("last start"), null=True, blank=True)
    finished_at = models.DateTimeField(_("finished"), null=True, blank=True)
    attempts = models.PositiveIntegerField(_("attempts"), default=0)
    max_attempts = models.PositiveIntegerField(_("attempts allowed"))
    timeout_seconds = models.PositiveIntegerField(_("time limit, s"))
    fence = models.BigIntegerField(default=0)
    lease_until = models.DateTimeField(null=True, blank=True)
    heartbeat_at = models.DateTimeField(null=True, blank=True)
    worker = models.CharField(_("worker"), max_length=200, blank=True)
    memory_kb = models.PositiveBigIntegerField(_("memory, kB"), default=0)
    cancel_requested_at = models.DateTimeField(null=True, blank=True)
    canceled_by = models.CharField(_("canceled by"), max_length=100, blank=True, default="", db_default="")
    cancel_reason = models.TextField(_("why canceled"), blank=True, default="", db_default="")
    cause = models.CharField(_("cause"), max_length=200, blank=True)
    error = models.TextField(_("last error"), blank=True)
    traceback = models.TextField(_("traceback"), blank=True)

    class Meta:
        verbose_name = _("job")
        verbose_name_plural = _("jobs")
        constraints = [
            models.CheckConstraint(condition=Q(status__in=JobStatus.values), name="outbox_job_status_known"),
            models.CheckConstraint(
                condition=~Q(status=JobStatus.RUNNING) | Q(lease_until__isnull=False, started_at__isnull=False),
                name="outbox_job_running_has_lease",
            ),
            models.CheckConstraint(
                condition=Q(status=JobStatus.RUNNING) | Q(lease_until__isnull=True),
                name="outbox_job_lease_only_while_running",
            ),
            models.UniqueConstraint(
                fields=["name", "dedupe_key"],
                condition=Q(status__in=_WAITING) & ~Q(dedupe_key=""),
                name="outbox_job_one_waiting_per_key",
            ),
        ]
        indexes = [
            models.Index(fields=["-created_at", "-id"], name="outbox_job_newest"),
            # the claim walks it tenant by tenant
            models.Index(
                fields=["queue", "tenant", "run_at", "id"], condition=Q(status__in=_WAITING), name="outbox_job_turns"
            ),
            # the relay and the "oldest waiting" figure read it by age
            models.Index(fields=["queue", "run_at"], condition=Q(status__in=_WAITING), name="outbox_job_due"),
            models.Index(
                fields=["queue", "sent_at"],
                condition=Q(status__in=_WAITING, sent_at__isnull=False),
                name="outbox_job_on_its_way",
            ),
            models.Index(fields=["lease_until"], condition=Q(status="running"), name="outbox_job_leases"),
            models.Index(fields=["queue", "tenant"], condition=Q(status="running"), name="outbox_job_running"),
            models.Index(
                fields=["actor_id", "-created_at", "-id"], condition=~Q(actor_id=""), name="outbox_job_by_actor"
            ),
            models.Index(fields=["tenant", "-created_at", "-id"], condition=~Q(tenant=""), name="outbox_job_by_tenant"),
            models.Index(fields=["name", "-created_at", "-id"], name="outbox_job_by_name"),
            models.Index(fields=["cause", "name"], condition=~Q(cause=""), name="outbox_job_cause"),
            # nearly all jobs are done: for those the newest will do
            models.Index(
                fields=["status", "-created_at", "-id"], condition=~Q(status="done"), name="outbox_job_by_status"
            ),
            models.Index(fields=["finished_at"], condition=Q(finished_at__isnull=False), name="outbox_job_finished"),
        ]


class Attempt(models.Model):
    """One run of a job, written when it starts and closed when it ends."""

    id = models.BigAutoField(primary_key=True)
    job = models.ForeignKey("outbox.Job", on_delete=models.CASCADE, related_name="attempt_rows")
    number = models.PositiveIntegerField()
    fence = models.BigIntegerField()
    worker = models.CharField(max_length=200)
    started_at = models.DateTimeField()
    finished_at = models.DateTimeField(null=True, blank=True)
    outcome = models.CharField(max_length=16, choices=AttemptOutcome.choices, default=AttemptOutcome.RUNNING)
    error = models.TextField(blank=True)
    traceback = models.TextField(blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["job", "number"], name="outbox_attempt_number_once"),
            models.CheckConstraint(condition=Q(outcome__in=AttemptOutcome.values), name="outbox_attempt_outcome_known"),
        ]
        indexes = [models.Index(fields=["worker", "-started_at"], name="outbox_attempt_worker")]

    def __str__(self) -> str:
        return f"{self.job_id} #{self.number}"
