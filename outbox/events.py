"""Facts this app publishes."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class JobQuarantined:
    """A job used up its attempts and waits for a person."""

    job_id: str
    name: str
    queue: str
    cause: str


@dataclass(frozen=True)
class MessageBounced:
    """A mail could not be delivered for good; its address is suppressed."""

    message_id: str
    recipient_key: str


@dataclass(frozen=True)
class MessageComplained:
    """A recipient marked a mail as spam; the address is suppressed."""

    message_id: str
    recipient_key: str


@dataclass(frozen=True)
class BulkRunFinished:
    """Every item of a bulk run has its outcome."""

    run_id: str
    actor_id: str
