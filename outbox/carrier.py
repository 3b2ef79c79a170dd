"""The broker's side: wake-ups that carry a job's id, and nothing that must not be lost.

A wake-up says "the queue of this job has work". Losing one costs seconds, a surplus one costs a
query; the rows decide.
"""

from __future__ import annotations

import time
from typing import Any

import structlog
from celery import Celery
from django.conf import settings
from kombu.exceptions import KombuError

log = structlog.get_logger(__name__)

RUN_TASK = "outbox.run_job"
HINT_PAUSE_SECONDS = 5.0

app = Celery("ballast", set_as_current=False)
app.config_from_object("django.conf:settings", namespace="CELERY")

_sender = Celery("ballast-sender", set_as_current=False)
_sender.config_from_object("django.conf:settings", namespace="CELERY")
_state = {"quiet_until": 0.0, "tuned": False}


def broker_queue(queue: str) -> str:
    """The name of ``queue`` at the broker."""
    return f"{settings.OUTBOX_QUEUE_PREFIX}{queue}"


def wake(*, queue: str, job_id: str) -> bool:
    """Tell one worker of ``queue`` that work waits. False where the broker cannot be reached."""
    _tune_once()
    try:
        _sender.send_task(
            RUN_TASK,
            args=[job_id],
            queue=broker_queue(queue),
            retry=True,
            retry_policy={"max_retries": 1, "interval_start": 0, "interval_step": 0.1, "interval_max": 0.1},
            ignore_result=True,
        )
    except (KombuError, OSError) as error:
        _state["quiet_until"] = time.monotonic() + HINT_PAUSE_SECONDS
        log.warning("broker_unreachable", queue=queue, error=type(error).__name__)
        return False
    return True


def hint(*, queue: str, job_id: str) -> None:
    """As ``wake``, for requests: while the broker is known to be away they do not wait for it."""
    if time.monotonic() >= _state["quiet_until"]:
        wake(queue=queue, job_id=job_id)


def answers() -> bool:
    """Whether a fresh connection to the broker can be made now."""
    try:
        with _sender.connection_for_read() as connection:
            connection.ensure_connection(max_retries=0, timeout=4)
    except (KombuError, OSError):
        return False
    return True


def _tune_once() -> None:
    """A sender gives up quickly (kombu tries for ever by default); the relay comes again."""
    if _state["tuned"]:
        return
    options: dict[str, Any] = dict(_sender.conf.broker_transport_options or {})
    if not str(settings.CELERY_BROKER_URL).startswith("amqp"):
        options |= {"socket_connect_timeout": 1.0, "socket_timeout": 3.0}
    _sender.conf.broker_transport_options = options | {
        "max_retries": 1,
        "interval_start": 0,
        "interval_step": 0.1,
        "interval_max": 0.1,
        "connect_retries_timeout": 4,
    }
    _sender.conf.broker_connection_timeout = 2.0
    _state["tuned"] = True
