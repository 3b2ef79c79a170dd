"""The trail as a list that can be written into a file, without addresses and browsers."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from audit.models import Entry
from audit.permissions import Permission
from audit.tokens import parse_tokens
from core.errors import FieldError, InvalidInput
from core.registries import ExportSource

BATCH = 2_000
COLUMNS = (
    "id", "occurred_at", "action", "outcome", "actor_kind", "actor_id", "actor", "impersonator_id", "target_kind",
    "target_id", "target", "ticket", "request_id", "reason", "changes", "details",
)  # fmt: skip


def _condition(selection: Mapping[str, Any]) -> Q:
    condition = parse_tokens(selection["query"])
    if condition is None:
        raise InvalidInput(
            FieldError("query", "invalid", "Use tokens such as actor:… action:credits.* from:2026-01-31.")
        )
    return condition


def check(selection: Mapping[str, Any]) -> None:
    """Refuse what is no search."""
    _condition(selection)


def rows(selection: Mapping[str, Any], _is_revealed: bool) -> Iterator[dict[str, Any]]:
    """The entries the search finds, oldest first."""
    entries = Entry.objects.select_related("payload").filter(_condition(selection)).order_by("occurred_at", "seq")
    after = Q()
    while True:
        batch = list(entries.filter(after)[:BATCH])
        yield from (_row(entry) for entry in batch)
        if len(batch) < BATCH:
            return
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
        "changes": json.loads(kept.changes or "{}") if kept else {},
        "details": json.loads(kept.details or "{}") if kept else {},
    }


SOURCE = ExportSource(
    name="audit.entry",
    label=_("Trail"),
    permission=Permission.EXPORT_ENTRY,
    columns=COLUMNS,
    rows=rows,
    check=check,
    describe=dict,
)
