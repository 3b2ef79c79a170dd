"""What this app writes into the trail."""

from enum import StrEnum

from django.utils.translation import gettext_lazy as _


class AuditAction(StrEnum):
    """``outbox.noun.past_participle``."""

    JOB_RETRIED = "outbox.job.retried"
    JOB_CANCELED = "outbox.job.canceled"
    JOBS_RETRIED = "outbox.jobs.retried"
    JOBS_CANCELED = "outbox.jobs.canceled"
    QUEUE_PAUSED = "outbox.queue.paused"
    QUEUE_RESUMED = "outbox.queue.resumed"
    SUPPRESSION_ADDED = "outbox.suppression.added"
    SUPPRESSION_REMOVED = "outbox.suppression.removed"
    BULK_STARTED = "outbox.bulk_run.started"
    BULK_CANCELED = "outbox.bulk_run.canceled"


LABELS = {
    AuditAction.JOB_RETRIED: _("Job queued again"),
    AuditAction.JOB_CANCELED: _("Job canceled"),
    AuditAction.JOBS_RETRIED: _("Jobs with one cause queued again"),
    AuditAction.JOBS_CANCELED: _("Jobs canceled"),
    AuditAction.QUEUE_PAUSED: _("Queue paused"),
    AuditAction.QUEUE_RESUMED: _("Queue resumed"),
    AuditAction.SUPPRESSION_ADDED: _("Address suppressed"),
    AuditAction.SUPPRESSION_REMOVED: _("Suppression removed"),
    AuditAction.BULK_STARTED: _("Bulk run started"),
    AuditAction.BULK_CANCELED: _("Bulk run canceled"),
}
