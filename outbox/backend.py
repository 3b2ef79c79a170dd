"""What core.jobs runs on."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from core.ids import to_public
from core.jobs import JobDefinition
from outbox import services
from outbox.models import Job


class OutboxBackend:
    """Implements core.jobs.Backend on the tables of this app."""

    def enqueue(
        self,
        definition: JobDefinition,
        *,
        arguments: dict[str, Any],
        run_at: datetime | None,
        dedupe_key: str,
        tenant: str,
    ) -> str:
        """Write the job and return its public id. See core.jobs.enqueue."""
        job_id = services.enqueue_job(
            definition=definition, arguments=arguments, run_at=run_at, dedupe_key=dedupe_key, tenant=tenant
        )
        return to_public(Job.id_prefix, job_id)

    def start_bulk(
        self,
        *,
        action: str,
        object_ids: Sequence[str],
        data: Mapping[str, Any],
        reason: str,
        ticket: str,
        at: datetime,
    ) -> str:
        """Write the run and its items and enqueue the first chunk. See core.jobs.start_bulk."""
        run = services.start_bulk_run(
            action=action, object_ids=object_ids, data=data, reason=reason, ticket=ticket, at=at
        )
        return run.public_id
