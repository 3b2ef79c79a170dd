"""What staff may be allowed to do here. Roles are given them in accounts/roles.py."""

from enum import StrEnum


class Permission(StrEnum):
    """``outbox.verb_noun``."""

    VIEW_JOBS = "outbox.view_jobs"
    RETRY_JOBS = "outbox.retry_jobs"
    CANCEL_JOBS = "outbox.cancel_jobs"
    PAUSE_QUEUES = "outbox.pause_queues"
    VIEW_MESSAGES = "outbox.view_messages"
    REVEAL_RECIPIENTS = "outbox.reveal_recipients"
    MANAGE_SUPPRESSIONS = "outbox.manage_suppressions"
    VIEW_BULK_RUNS = "outbox.view_bulk_runs"
    CANCEL_BULK_RUNS = "outbox.cancel_bulk_runs"
