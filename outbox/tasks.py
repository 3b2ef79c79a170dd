"""The jobs of the outbox itself, and the one Celery task that runs every job."""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import UUID

from celery import shared_task

from core.clock import now
from core.jobs import job
from outbox import carrier, runner, services


@shared_task(name=carrier.RUN_TASK, ignore_result=True, acks_late=True)
def run_job(job_id: str) -> None:
    """A wake-up: run the next job of the queue that ``job_id`` is in."""
    runner.serve(job_id)


@job("outbox.send_message", queue="mail", max_attempts=8, transactional=False, belongs_to_actor=False)
def send_message(*, message_id: str) -> None:
    """Hand one message to the mail carrier."""
    services.deliver_message(message_id=UUID(message_id), at=now())


@job("outbox.sing_canary")
def sing_canary(*, queue: str, sent_at: str) -> None:
    """Shows that a queue works: from scheduler over broker to worker and back."""
    services.note_canary(queue=queue, sent_at=datetime.fromisoformat(sent_at), at=services.database_now())


@job("outbox.prune", queue="low", every=timedelta(hours=1), timeout_seconds=300, transactional=False)
def prune() -> None:
    """Delete what is past its time."""
    services.prune(at=now(), stop_after_seconds=240)


@job("outbox.apply_mail_event", queue="mail", belongs_to_actor=False)
def apply_mail_event(*, event_id: int) -> None:
    """Do what a provider's report calls for."""
    services.apply_mail_event(event_id=event_id, at=now())


@job("outbox.run_bulk_chunk", queue="bulk", timeout_seconds=600, transactional=False, arguments_fixed=True)
def run_bulk_chunk(*, run_id: str) -> None:
    """Act on the next items of a bulk run."""
    services.run_bulk_chunk(run_id=UUID(run_id), at=now())
