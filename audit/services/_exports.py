"""Files of rows: of the trail, and of every list that registers itself as a source."""

from __future__ import annotations

import csv
import itertools
import json
import tempfile
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import IO, Any, cast

from django.core.files import File
from django.core.files.storage import default_storage
from django.db import transaction

from audit.actions import AuditAction
from audit.errors import ExportNotReady
from audit.models import Export
from audit.services._entries import record
from audit.states import EXPORT_MOVES, ExportFormat, ExportStatus
from core import jobs
from core.actors import Actor, ActorKind, Target
from core.errors import NotFound, PermissionMissing
from core.ids import from_public
from core.registries import ExportSource, export_sources
from core.states import move

LIMIT = 1_000_000
KEPT = timedelta(days=7)
FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")


@transaction.atomic
def request_export(
    *,
    source: str,
    selection: Mapping[str, Any],
    file_format: str,
    actor: Actor,
    reason: str,
    at: datetime,
    ticket: str = "",
    is_revealed: bool = False,
) -> Export:
    """Ask for a file of the rows that ``selection`` chooses from ``source``; a job writes it.

    Whether ``actor`` may ask, and ask for what is masked, is the caller's to check; who downloads is
    checked again. Refuses a selection that makes no sense (InvalidInput).
    """
    rules = export_sources[source]
    rules.check(selection)
    export = Export.objects.create(
        format=ExportFormat(file_format),
        source=source,
        selection=dict(selection),
        is_revealed=is_revealed,
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
    source = export_sources[export.source]
    with tempfile.TemporaryFile("w+", encoding="utf-8", newline="") as file:
        write = _write_csv if export.format == ExportFormat.CSV else _write_json
        export.row_count = write(file, source, export)
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
def open_export(*, export_id: str, actor: Actor, at: datetime, may: Callable[[str], bool]) -> tuple[Export, IO[bytes]]:
    """The file of an export, to be sent. ``may`` tells whether ``actor`` holds a permission.

    Refuses one that waits or has expired (ExportNotReady), and PermissionMissing.
    """
    export = _locked(export_id)
    source = export_sources[export.source]
    needed = [source.permission, *([source.reveal_permission] if export.is_revealed else [])]
    for permission in needed:
        if not may(permission):
            raise PermissionMissing(permission)
    if export.status != ExportStatus.READY or at >= export.expires_at:
        raise ExportNotReady
    _record(export, action=AuditAction.EXPORT_DOWNLOADED, actor=actor, reason="", at=at)
    return export, default_storage.open(export.path)


@transaction.atomic
def expire_due_exports(*, at: datetime) -> int:
    """Delete the files that have had their time, also what a run that never came to its end left; returns how many.

    What was searched is forgotten with them.
    """
    live = [ExportStatus.READY, ExportStatus.WAITING]
    due = Export.objects.select_for_update(skip_locked=True).filter(status__in=live, expires_at__lte=at)[:100]
    expired = list(due)
    for export in expired:
        default_storage.delete(export.path or _path_of(export))
        move(export, moves=EXPORT_MOVES, target=ExportStatus.EXPIRED, at=at)
        export.selection = {}
        export.save()
    return len(expired)


def escaped(value: str) -> str:
    """A cell that no spreadsheet takes for a formula."""
    return f"'{value}" if value.startswith(FORMULA_STARTS) else value


def _path_of(export: Export) -> str:
    return f"exports/{export.public_id}.{export.format}"


def _write_csv(file: Any, source: ExportSource, export: Export) -> int:
    writer = csv.writer(file)
    writer.writerow(source.columns)
    count = 0
    for count, row in enumerate(_rows(source, export), start=1):  # noqa: B007  counts
        writer.writerow([escaped(_text(row[name])) for name in source.columns])
    return count


def _write_json(file: Any, source: ExportSource, export: Export) -> int:
    count = 0
    for count, row in enumerate(_rows(source, export), start=1):  # noqa: B007  counts
        file.write(json.dumps({name: row[name] for name in source.columns}, ensure_ascii=False) + "\n")
    return count


def _rows(source: ExportSource, export: Export) -> Any:
    return itertools.islice(source.rows(export.selection, export.is_revealed), LIMIT)


def _text(value: Any) -> str:
    if isinstance(value, dict | list):
        return json.dumps(value, ensure_ascii=False) if value else ""
    return "" if value is None else str(value)


def _locked(export_id: str) -> Export:
    pk = from_public(Export.id_prefix, export_id)
    export = Export.objects.select_for_update().filter(pk=pk).first() if pk else None
    if export is None:
        raise NotFound
    return export


def _record(export: Export, *, action: AuditAction, actor: Actor, reason: str, at: datetime, ticket: str = "") -> None:
    chosen = export_sources[export.source].describe(export.selection)
    record(
        action=action,
        at=at,
        actor=actor,
        target=Target("audit.export", export.public_id),
        reason=reason,
        ticket=ticket,
        details={
            "source": export.source,
            "format": export.format,
            "rows": export.row_count,
            "revealed": export.is_revealed,
            **chosen,
        },
    )
