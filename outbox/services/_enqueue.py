"""Writing a job into the caller's transaction."""

from __future__ import annotations

import inspect
import json
from datetime import datetime
from functools import partial
from typing import Any
from uuid import UUID

from django.db import connection, transaction

from core import context
from core.ids import new_id, to_public
from core.jobs import JobDefinition
from outbox import carrier
from outbox.errors import JobArgumentsInvalid
from outbox.models import Job

ARGUMENT_BYTES = 16_384
HINTS_PER_TRANSACTION = 20

# The waiting twin is locked FOR SHARE, so that no worker claims it (FOR UPDATE SKIP LOCKED) before this
# transaction has committed the change the twin is to see.
_TWIN = """
SELECT id FROM outbox_job
 WHERE name = %s AND dedupe_key = %s AND status IN ('failed', 'queued') FOR SHARE
"""
_INSERT = """
INSERT INTO outbox_job (id, name, queue, tenant, actor_id, arguments, context, dedupe_key, status, status_changed_at,
    created_at, run_at, sent_at, attempts, max_attempts, timeout_seconds, fence, worker, memory_kb, cause, error,
    traceback)
SELECT %(id)s::uuid, %(name)s, %(queue)s, %(tenant)s, %(actor_id)s, %(arguments)s::jsonb, %(context)s::jsonb,
    %(dedupe_key)s, 'queued', t.now,
    t.now, COALESCE(%(run_at)s::timestamptz, t.now), CASE WHEN %(hinted)s THEN t.now END, 0, %(max_attempts)s,
    %(timeout_seconds)s, 0, '', 0, '', '', ''
  FROM (SELECT clock_timestamp() AS now) t
ON CONFLICT (name, dedupe_key) WHERE status IN ('failed', 'queued') AND NOT dedupe_key = '' DO NOTHING
RETURNING id
"""


def check_arguments(definition: JobDefinition, arguments: dict[str, Any]) -> str:
    """The arguments as JSON text. Refuses what the function does not take, what is not JSON, what is too large."""
    try:
        inspect.signature(definition.function).bind(**arguments)
        text = json.dumps(arguments, allow_nan=False)
    except (TypeError, ValueError) as error:
        raise JobArgumentsInvalid(job=definition.name, problem=str(error)) from error
    if len(text) > ARGUMENT_BYTES:
        raise JobArgumentsInvalid(job=definition.name, problem=f"more than {ARGUMENT_BYTES} bytes")
    if "\\u0000" in text.replace("\\\\", ""):
        raise JobArgumentsInvalid(job=definition.name, problem="a NUL character")
    return text


def enqueue_job(
    *,
    definition: JobDefinition,
    arguments: dict[str, Any],
    run_at: datetime | None = None,
    dedupe_key: str = "",
    tenant: str = "",
) -> UUID:
    """Write the job, or find the waiting one with its ``dedupe_key``; a wake-up follows the commit.

    Refuses JobArgumentsInvalid.
    """
    text = check_arguments(definition, arguments)
    hinted = run_at is None and hints_left()
    values = {
        "name": definition.name,
        "queue": definition.queue,
        "tenant": tenant,
        "actor_id": context.current().actor.id[:64],
        "arguments": text,
        "context": json.dumps(context.to_payload(context.current())),
        "dedupe_key": dedupe_key,
        "run_at": run_at,
        "hinted": hinted,
        "max_attempts": definition.max_attempts,
        "timeout_seconds": definition.timeout_seconds,
    }
    job_id = _insert_or_find(values)
    if hinted:
        transaction.on_commit(
            partial(carrier.hint, queue=definition.queue, job_id=to_public(Job.id_prefix, job_id)), robust=True
        )
    return job_id


def _insert_or_find(values: dict[str, Any]) -> UUID:
    while True:
        with connection.cursor() as cursor:
            cursor.execute(_INSERT, values | {"id": new_id()})
            row = cursor.fetchone()
            if row is None:  # a twin waits, or waited a moment ago
                cursor.execute(_TWIN, [values["name"], values["dedupe_key"]])
                row = cursor.fetchone()
        if row is not None:
            return UUID(str(row[0]))


def hints_left() -> bool:
    """A large batch leaves the rest to the relay rather than hold its request for each wake-up."""
    ours = sum(1 for entry in connection.run_on_commit if getattr(entry[1], "func", None) is carrier.hint)
    return ours < HINTS_PER_TRANSACTION
