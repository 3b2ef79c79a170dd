"""Files of what a search of the trail finds."""

from __future__ import annotations

import csv
import json
import tempfile
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import IO, Any, cast

from django.core.files import File
from django.core.files.storage import default_storage
from django.db import transaction
from django.db.models import Q

from audit.actions import AuditAction
from audit.errors import ExportNotReady
from audit.models import Entry, Export
from audit.services._entries import record
from audit.states import EXPORT_MOVES, ExportFormat, ExportStatus
from audit.tokens import parse_tokens
from core import jobs
from core.actors import Actor, ActorKind, Target
from core.errors import FieldError, InvalidInput, NotFound
from core.ids import from_public
from core.states import move

LIMIT = 1_000_000
BATCH = 2_000
KEPT = timedelta(days=7)
FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")
COLUMNS = (
    "id", "occurred_at", "action", "outcome", "actor_kind", "actor_id", "actor", "impersonator_id", "target_kind",
    "target_id", "target", "ticket", "request_id", "reason", "changes", "details",
)  # fmt: skip


@transaction.atomic
def request_export(
    *, query: str, file_format: str, actor: Actor, reason: str, ticket: str = "", at: datetime
) -> Export:
    """Ask for a file of what ``query`` finds; a job writes it. Refuses what is no search (InvalidInput)."""
    if parse_tokens(query) is None:
        raise InvalidInput(
            FieldError("query", "invalid", "Use tokens such as actor:… action:credits.* from:2026-01-31.")
        )
    export = Export.objects.create(
        format=ExportFormat(file_format),
        query=query,
        requester_id=actor.id,
        requester_label=actor.label,
        reason=reason,
        status_changed_at=at,
        created_at=at,
        expires_at=at + KEPT,
    )
    jobs.enqueue("audit.write_export", arguments={"export_id": export.public_id})
    _record(export, action=AuditAction.EXPORT_REQUESTED, actor=actor, reason=reason, ticket=ticket, at=at)
    return export


@transaction.atomic
def write_export(*, export_id: str, at: datetime) -> Export:
    """Write the file, up to a million rows. Called again for a file that is there, it does nothing more."""
    export = _locked(export_id)
    if export.status != ExportStatus.WAITING:
        return export
    condition = parse_tokens(export.query)
    if condition is None:
        raise InvalidInput(FieldError("query", "invalid", export.query))
    with tempfile.TemporaryFile("w+", encoding="utf-8", newline="") as file:
        write = _write_csv if export.format == ExportFormat.CSV else _write_json
        export.row_count = write(file, condition)
        file.seek(0)
        # A run that died before its commit left a file of this name; beside it, this one would get another.
        default_storage.delete(_path_of(export))
        export.path = default_storage.save(_path_of(export), File(cast(Any, file.buffer)))
    export.is_cut = export.row_count >= LIMIT
    move(export, moves=EXPORT_MOVES, target=ExportStatus.READY, at=at)
    export.save()
    requester = Actor(ActorKind.STAFF, export.requester_id, export.requester_label)
    _record(export, action=AuditAction.EXPORT_WRITTEN, actor=requester, reason=export.reason, at=at)
    return export


@transaction.atomic
def open_export(*, export_id: str, actor: Actor, at: datetime) -> tuple[Export, IO[bytes]]:
    """The file of an export, to be sent. Refuses one that waits or has expired (ExportNotReady)."""
    export = _locked(export_id)
    if export.status != ExportStatus.READY or at >= export.expires_at:
        raise ExportNotReady
    _record(export, action=AuditAction.EXPORT_DOWNLOADED, actor=actor, reason="", at=at)
    return export, default_storage.open(export.path)


@transaction.atomic
def expire_due_exports(*, at: datetime) -> int:
    """Delete the files that have had their time, also what a run that never came to its end left; returns how many."""
    live = [ExportStatus.READY, ExportStatus.WAITING]
    due = Export.objects.select_for_update(skip_locked=True).filter(status__in=live, expires_at__lte=at)[:100]
    expired = list(due)
    for export in expired:
        default_storage.delete(export.path or _path_of(export))
        move(export, moves=EXPORT_MOVES, target=ExportStatus.EXPIRED, at=at)
        export.save()
    return len(expired)


def escaped(value: str) -> str:
    """A cell that no spreadsheet takes for a formula."""
    return f"'{value}" if value.startswith(FORMULA_STARTS) else value


def _path_of(export: Export) -> str:
    return f"exports/{export.public_id}.{export.format}"


def _rows(condition: Q) -> Iterator[dict[str, Any]]:
    entries = Entry.objects.select_related("payload").filter(condition).order_by("occurred_at", "seq")
    after, left = Q(), LIMIT
    while left > 0:
        batch = list(entries.filter(after)[: min(BATCH, left)])
        yield from (_row(entry) for entry in batch)
        if len(batch) < BATCH:
            return
        left -= len(batch)
        last = batch[-1]
        after = Q(occurred_at__gte=last.occurred_at) & (
            Q(occurred_at__gt=last.occurred_at) | Q(occurred_at=last.occurred_at, seq__gt=last.seq)
        )


def _row(entry: Entry) -> dict[str, Any]:
    kept = entry.payload
    values: dict[str, Any] = {name: getattr(entry, name, "") for name in COLUMNS}
    return values | {
        "id": entry.public_id,
        "occurred_at": entry.occurred_at.isoformat(),
        "actor": kept.actor_label if kept else "",
        "target": kept.target_label if kept else "",
        "reason": kept.reason if kept else "",
        "changes": kept.changes if kept else "",
        "details": kept.details if kept else "",
    }


def _write_csv(file: Any, condition: Q) -> int:
    writer = csv.writer(file)
    writer.writerow(COLUMNS)
    count = 0
    for count, row in enumerate(_rows(condition), start=1):  # noqa: B007  counts
        writer.writerow([escaped(str(row[name])) for name in COLUMNS])
    return count


def _write_json(file: Any, condition: Q) -> int:
    count = 0
    for count, row in enumerate(_rows(condition), start=1):  # noqa: B007  counts
        parsed = {name: json.loads(row[name] or "{}") for name in ("changes", "details")}
        file.write(json.dumps(row | parsed, ensure_ascii=False) + "\n")
    return count


def _locked(export_id: str) -> Export:
    pk = from_public(Export.id_prefix, export_id)
    export = Export.objects.select_for_update().filter(pk=pk).first() if pk else None
    if export is None:
        raise NotFound
    return export


def _record(export: Export, *, action: AuditAction, actor: Actor, reason: str, at: datetime, ticket: str = "") -> None:
    record(
        action=action,
        at=at,
        actor=actor,
        target=Target("audit.export", export.public_id),
        reason=reason,
        ticket=ticket,
        details={"query": export.query, "format": export.format, "rows": export.row_count},
    )
