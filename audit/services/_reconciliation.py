"""Sealing what is settled, and holding watched changes against entries."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.db import connection, transaction

from audit.actions import AuditAction
from audit.errors import AlreadyAcknowledged
from audit.events import ChangedOutsideApplication
from audit.models import Stray
from audit.services._entries import record
from core.actors import Actor, Target
from core.errors import FieldError, InvalidInput, NotFound
from core.events import publish

SEAL_AT_ONCE = 50_000
CHECK_AT_ONCE = 50_000
# Autovacuum summarizes new blocks when it comes by; until then each run would read all of them again.
_SUMMARIZE = """
SELECT brin_summarize_new_values(relid) FROM pg_partition_tree('audit_entry_written') WHERE isleaf
UNION ALL SELECT brin_summarize_new_values(relid) FROM pg_partition_tree('audit_change_written') WHERE isleaf
"""


@dataclass(frozen=True, slots=True)
class Advance:
    """What one run did: changes without an entry that it found, by their ids."""

    stray_ids: tuple[int, ...]


def reconcile(*, at: datetime) -> Advance:
    """Seal settled entries into checkpoints and list watched changes that have no entry.

    It starts where the last run ended and works in batches, a transaction each, so its cost is that of
    what is new. Changes by transactions still running wait for the next run.
    """
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(_SUMMARIZE)
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SELECT audit_settle()")
    while _step("SELECT audit_seal(%s)", SEAL_AT_ONCE):
        pass
    before = _greatest_stray()
    while _step("SELECT audit_reconcile(%s)", CHECK_AT_ONCE):
        pass
    found = tuple(Stray.objects.filter(id__gt=before).order_by("id").values_list("id", flat=True)[:1000])
    if found:
        with transaction.atomic():
            publish(ChangedOutsideApplication(stray_ids=found, found_at=at))
    return Advance(stray_ids=found)


def _step(sql: str, limit: int) -> bool:
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(sql, [limit])
        return bool(cursor.fetchone()[0])


def _greatest_stray() -> int:
    return Stray.objects.order_by("-id").values_list("id", flat=True).first() or 0


@transaction.atomic
def acknowledge_stray(*, stray_id: int, actor: Actor, reason: str, ticket: str = "", at: datetime) -> Stray:
    """Note why a change was made outside the application; verification then passes again.

    Refuses an unknown change (NotFound), an empty reason (InvalidInput) and one that is already
    explained (AlreadyAcknowledged).
    """
    stray = Stray.objects.select_for_update().filter(id=stray_id).first()
    if stray is None:
        raise NotFound
    if not reason.strip():
        raise InvalidInput(FieldError("reason", "required", "Say why."))
    if stray.acknowledged_at is not None:
        raise AlreadyAcknowledged
    stray.acknowledged_at, stray.acknowledged_by, stray.acknowledgement = at, actor.id, reason
    stray.save()
    record(
        action=AuditAction.STRAY_ACKNOWLEDGED,
        at=at,
        actor=actor,
        target=Target("audit.stray", str(stray.id), str(stray)),
        reason=reason,
        ticket=ticket,
        details={"table": stray.table_name, "row": stray.row_id, "operation": stray.operation},
    )
    return stray
