"""What a job, a message, a slot and a bulk item can be, and how one becomes another."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _


class JobStatus(models.TextChoices):
    """``failed`` waits for its next attempt; ``quarantined`` waits for a person."""

    QUEUED = "queued", _("Queued")
    RUNNING = "running", _("Running")
    DONE = "done", _("Done")
    FAILED = "failed", _("Failed, will retry")
    QUARANTINED = "quarantined", _("Quarantined")
    CANCELED = "canceled", _("Canceled")


JOB_MOVES = {
    JobStatus.QUEUED: frozenset({JobStatus.RUNNING, JobStatus.CANCELED}),
    JobStatus.RUNNING: frozenset({JobStatus.DONE, JobStatus.FAILED, JobStatus.QUARANTINED, JobStatus.CANCELED}),
    JobStatus.FAILED: frozenset({JobStatus.RUNNING, JobStatus.QUEUED, JobStatus.CANCELED}),
    JobStatus.QUARANTINED: frozenset({JobStatus.QUEUED, JobStatus.CANCELED}),
    JobStatus.CANCELED: frozenset({JobStatus.QUEUED}),
    JobStatus.DONE: frozenset[JobStatus](),
}
WAITING = frozenset({JobStatus.QUEUED, JobStatus.FAILED})
LIVE = WAITING | {JobStatus.RUNNING}


class AttemptOutcome(models.TextChoices):
    """How one run ended. ``lost``: its worker stopped beating; ``canceled``: told to end."""

    RUNNING = "running", _("Running")
    DONE = "done", _("Done")
    FAILED = "failed", _("Failed")
    TIMED_OUT = "timed_out", _("Out of time")
    LOST = "lost", _("Worker lost")
    CANCELED = "canceled", _("Canceled")


class SlotStatus(models.TextChoices):
    """``missed``: nothing ran while the slot was due, and its schedule does not catch up."""

    ENQUEUED = "enqueued", _("Enqueued")
    MISSED = "missed", _("Missed")


class MessageStatus(models.TextChoices):
    """``sent``: a provider took it. What became of it then is what the provider tells us."""

    QUEUED = "queued", _("Queued")
    SENT = "sent", _("Sent")
    DELIVERED = "delivered", _("Delivered")
    BOUNCED = "bounced", _("Bounced")
    COMPLAINED = "complained", _("Marked as spam")
    SUPPRESSED = "suppressed", _("Suppressed")
    FAILED = "failed", _("Failed")


# Providers report out of order: a complaint may follow a bounce notice, a bounce may follow a
# delivery (an accepting relay bounces later). A complaint is the last word.
MESSAGE_MOVES = {
    MessageStatus.QUEUED: frozenset({MessageStatus.SENT, MessageStatus.SUPPRESSED, MessageStatus.FAILED}),
    MessageStatus.SENT: frozenset(
        {MessageStatus.DELIVERED, MessageStatus.BOUNCED, MessageStatus.COMPLAINED, MessageStatus.FAILED}
    ),
    MessageStatus.DELIVERED: frozenset({MessageStatus.BOUNCED, MessageStatus.COMPLAINED}),
    MessageStatus.BOUNCED: frozenset({MessageStatus.COMPLAINED}),
    MessageStatus.FAILED: frozenset({MessageStatus.SENT}),
    MessageStatus.COMPLAINED: frozenset[MessageStatus](),
    MessageStatus.SUPPRESSED: frozenset[MessageStatus](),
}


class SuppressionCause(models.TextChoices):
    """Why an address gets no more mail."""

    BOUNCED = "bounced", _("Hard bounce")
    COMPLAINED = "complained", _("Marked as spam")
    UNSUBSCRIBED = "unsubscribed", _("Unsubscribed")
    MANUAL = "manual", _("Added by staff")


class BulkStatus(models.TextChoices):
    """A run is finished once every item has its outcome."""

    RUNNING = "running", _("Running")
    FINISHED = "finished", _("Finished")
    CANCELED = "canceled", _("Canceled")


BULK_MOVES = {
    BulkStatus.RUNNING: frozenset({BulkStatus.FINISHED, BulkStatus.CANCELED}),
    BulkStatus.FINISHED: frozenset[BulkStatus](),
    BulkStatus.CANCELED: frozenset[BulkStatus](),
}


class ItemStatus(models.TextChoices):
    """``refused``: the product said no to this object; ``failed``: something broke."""

    WAITING = "waiting", _("Waiting")
    DONE = "done", _("Done")
    REFUSED = "refused", _("Refused")
    FAILED = "failed", _("Failed")
    SKIPPED = "skipped", _("Skipped")


ITEM_MOVES = {
    ItemStatus.WAITING: frozenset({ItemStatus.DONE, ItemStatus.REFUSED, ItemStatus.FAILED, ItemStatus.SKIPPED}),
    ItemStatus.DONE: frozenset[ItemStatus](),
    ItemStatus.REFUSED: frozenset[ItemStatus](),
    ItemStatus.FAILED: frozenset[ItemStatus](),
    ItemStatus.SKIPPED: frozenset[ItemStatus](),
}


class ProcessKind(models.TextChoices):
    """The long-running processes of the outbox."""

    WORKER = "worker", _("Worker")
    SCHEDULER = "scheduler", _("Scheduler")
