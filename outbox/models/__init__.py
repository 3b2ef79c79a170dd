"""Tables of the outbox, split by noun."""

from outbox.models._bulk import BulkItem, BulkRun
from outbox.models._jobs import Attempt, Job
from outbox.models._mail import MailEvent, Message, Suppression
from outbox.models._running import Process, Queue, Schedule, Slot

__all__ = [
    "Attempt",
    "BulkItem",
    "BulkRun",
    "Job",
    "MailEvent",
    "Message",
    "Process",
    "Queue",
    "Schedule",
    "Slot",
    "Suppression",
]
