"""Every write of the outbox, split by noun."""

from outbox.services._bulk import cancel_bulk_run, run_bulk_chunk, start_bulk_run
from outbox.services._enqueue import enqueue_job
from outbox.services._erasure import erase_jobs_of, erase_messages_of
from outbox.services._jobs import (
    cancel_job,
    cancel_jobs_of,
    cancel_many_by_cause,
    retry_job,
    retry_many_by_cause,
)
from outbox.services._mail import deliver_message, send_message
from outbox.services._mail_events import apply_mail_event, store_mail_event
from outbox.services._queues import pause_queue, resume_queue
from outbox.services._relay import ensure_queues, follow_up, give_back_wakeups, sweep_leases, take_wakeups
from outbox.services._running import (
    CancelAsked,
    Ending,
    FenceLost,
    beat_job,
    claim_job,
    settle_done,
    settle_ended,
)
from outbox.services._schedules import database_now, note_canary, send_canaries, settle_slots
from outbox.services._suppressions import add_suppression, remove_suppression
from outbox.services._upkeep import beat_process, end_process, prune

__all__ = [
    "CancelAsked",
    "Ending",
    "FenceLost",
    "add_suppression",
    "apply_mail_event",
    "beat_job",
    "beat_process",
    "cancel_bulk_run",
    "cancel_job",
    "cancel_jobs_of",
    "cancel_many_by_cause",
    "claim_job",
    "database_now",
    "deliver_message",
    "end_process",
    "enqueue_job",
    "ensure_queues",
    "erase_jobs_of",
    "erase_messages_of",
    "follow_up",
    "give_back_wakeups",
    "note_canary",
    "pause_queue",
    "prune",
    "remove_suppression",
    "resume_queue",
    "retry_job",
    "retry_many_by_cause",
    "run_bulk_chunk",
    "send_canaries",
    "send_message",
    "settle_done",
    "settle_ended",
    "settle_slots",
    "start_bulk_run",
    "store_mail_event",
    "sweep_leases",
    "take_wakeups",
]
