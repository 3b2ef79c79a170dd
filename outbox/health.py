"""Health checks: None where all is well, else a sentence for the health page."""

from __future__ import annotations

from datetime import timedelta

from django.utils.translation import gettext as _

from outbox import selectors, services
from outbox.states import ProcessKind

OLDEST_WAITING = timedelta(minutes=5)
SILENT = timedelta(seconds=30)
CANARY_SILENT = timedelta(minutes=5)
MISSED_WITHIN = timedelta(hours=24)


def check_oldest_waiting_job() -> str | None:
    """A job that may run has been due for too long."""
    at = services.database_now()
    for queue, age in selectors.oldest_waiting(at=at).items():
        if age > OLDEST_WAITING:
            return _("The oldest job of the queue %(queue)s has waited %(seconds)d s.") % {
                "queue": queue,
                "seconds": age.total_seconds(),
            }
    return None


def check_scheduler() -> str | None:
    """No scheduler spoke lately: nothing is relayed, swept or scheduled."""
    return _silence(ProcessKind.SCHEDULER, _("No scheduler is running."))


def check_workers() -> str | None:
    """No worker spoke lately."""
    return _silence(ProcessKind.WORKER, _("No worker is running."))


def check_canaries() -> str | None:
    """A canary did not come back."""
    lost = selectors.list_lost_canaries(at=services.database_now(), silent=CANARY_SILENT)
    return _("No canary came through the queues %(names)s.") % {"names": ", ".join(lost)} if lost else None


def check_missed_slots() -> str | None:
    """Slots were missed in the last day."""
    missed = selectors.count_missed_slots(since=services.database_now() - MISSED_WITHIN)
    return _("%(count)d schedule slots were missed in 24 hours.") % {"count": missed} if missed else None


def check_quarantine() -> str | None:
    """Jobs wait for a person."""
    count = selectors.count_quarantined()
    return _("%(count)d jobs are in quarantine.") % {"count": count} if count else None


def _silence(kind: ProcessKind, sentence: str) -> str | None:
    return None if selectors.has_live_process(kind=kind, since=services.database_now() - SILENT) else sentence


CHECKS = {
    "outbox.oldest_waiting_job": check_oldest_waiting_job,
    "outbox.scheduler": check_scheduler,
    "outbox.workers": check_workers,
    "outbox.canaries": check_canaries,
    "outbox.missed_slots": check_missed_slots,
    "outbox.quarantine": check_quarantine,
}
