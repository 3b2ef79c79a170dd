"""Reading the whole trail again, to say whether it is as it was written."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any

from django.db import connection, transaction

from audit.guards import find_missing_guards, find_unsorted_rows
from audit.models import Stray, Verification
from audit.services._reconciliation import reconcile

BATCH = 20_000
_NAMED = 100  # findings spelled out; the rest is counted


class FindingKind(StrEnum):
    """What can be wrong. A withdrawn payload is not: it is lawful, and counted apart."""

    CONTENT = "content"
    PAYLOAD_ALTERED = "payload altered"
    PAYLOAD_MISSING = "payload missing"
    ENTRY_MISSING = "entry missing"
    ENTRY_ADDED = "entry added"
    CHECKPOINT_MISSING = "checkpoint missing"
    CHANGED_OUTSIDE = "changed outside the application"
    GUARD_MISSING = "guard missing"


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that is wrong. ``seq`` is the entry's number, where an entry can be named."""

    kind: FindingKind
    detail: str
    seq: int | None = None


@dataclass(slots=True)
class Report:
    """What a verification saw. ``findings`` names the first hundred; ``finding_count`` counts all."""

    checked: int = 0
    payloads_withdrawn: int = 0
    checkpoints: int = 0
    verified_to: int = 0
    complete: bool = True
    finding_count: int = 0
    findings: list[Finding] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)
    duration_seconds: float = 0.0

    def add(self, finding: Finding, *, count: int = 1) -> None:
        self.finding_count += count
        if len(self.findings) < _NAMED:
            self.findings.append(finding)

    @property
    def first(self) -> Finding | None:
        """The finding with the lowest sequence number; where none has a number, the first."""
        numbered = [finding for finding in self.findings if finding.seq is not None]
        return min(numbered, key=lambda finding: finding.seq or 0) if numbered else next(iter(self.findings), None)

    def as_json(self) -> dict[str, Any]:
        first = self.first
        return {
            "ok": not self.finding_count,
            "checked": self.checked,
            "payloads_withdrawn": self.payloads_withdrawn,
            "checkpoints": self.checkpoints,
            "verified_to": self.verified_to,
            "complete": self.complete,
            "first_bad_seq": first.seq if first else None,
            "first_bad_kind": first.kind.value if first else None,
            "finding_count": self.finding_count,
            "findings": [{"kind": f.kind.value, "seq": f.seq, "detail": f.detail} for f in self.findings],
            "warnings": self.warnings,
            "duration_seconds": round(self.duration_seconds, 3),
        }


# One row a run of numbers: how many, how many withdrawn, and the bad ones with what is wrong with them.
# A missing payload is lawful where a withdrawal row names it and that row's transaction has its entry.
_ENTRIES = """
WITH entry AS (
    SELECT e.seq, e.content_hash = audit_content_hash(e) AS content_ok, p.seq IS NOT NULL AS has_payload,
           e.commitment = audit_commitment(p.salt, p.ip, p.user_agent, p.actor_label, p.impersonator_label,
                                           p.target_label, p.reason, p.changes, p.details) AS payload_ok,
           e.occurred_at
    FROM audit_entry e LEFT JOIN audit_payload p ON p.occurred_at = e.occurred_at AND p.seq = e.seq
    WHERE e.seq BETWEEN %(low)s AND %(high)s
), judged AS (
    SELECT seq, CASE
        WHEN NOT content_ok THEN 'content'
        WHEN has_payload AND NOT payload_ok THEN 'payload altered'
        WHEN has_payload THEN NULL
        WHEN EXISTS (
            SELECT FROM audit_withdrawal w JOIN audit_entry x ON x.txid = w.txid AND x.recorded_at = w.withdrawn_at
            WHERE w.occurred_at = entry.occurred_at AND w.seq = entry.seq
              AND x.action = 'audit.payload.withdrawn') THEN 'withdrawn'
        ELSE 'payload missing' END AS verdict
    FROM entry
)
SELECT count(*), count(*) FILTER (WHERE verdict = 'withdrawn'),
       count(*) FILTER (WHERE verdict <> 'withdrawn'),
       (array_agg(ARRAY[seq::text, verdict] ORDER BY seq) FILTER (WHERE verdict <> 'withdrawn'))[1:100]
FROM judged
"""
_CHECKPOINTS = """
SELECT c.from_seq, c.upto_seq, c.entries, found.entries, c.digest = found.digest,
       lag(c.upto_seq, 1, %(low)s - 1) OVER (ORDER BY c.upto_seq) + 1
FROM audit_checkpoint c CROSS JOIN LATERAL (
    SELECT count(*) AS entries, audit_digest(string_agg(e.content_hash, ''::bytea ORDER BY e.seq)) AS digest
    FROM audit_entry e WHERE e.seq BETWEEN c.from_seq AND c.upto_seq
) found
WHERE c.upto_seq BETWEEN %(low)s AND %(high)s ORDER BY c.upto_seq
"""
_ORPHANS = """
SELECT p.seq FROM audit_payload p
WHERE NOT EXISTS (SELECT FROM audit_entry e WHERE e.occurred_at = p.occurred_at AND e.seq = p.seq)
  AND p.seq >= %(low)s
ORDER BY p.seq LIMIT 100
"""


def verify(
    *,
    at: datetime,
    from_seq: int = 1,
    stop_after_seconds: float | None = None,
    progress: Callable[[int], None] | None = None,
) -> Report:
    """Check every entry from ``from_seq`` on, its payload, the checkpoints, the guards and the watched tables.

    It works in batches and keeps nothing but counts, so its memory does not grow with the trail.
    ``progress`` is told the last number checked: a run that was cut short, or that stopped by itself
    after ``stop_after_seconds`` (the report is then not ``complete``), goes on from ``verified_to + 1``.
    """
    started = time.monotonic()
    report = Report()
    for guard in find_missing_guards():
        report.add(Finding(FindingKind.GUARD_MISSING, guard))
    reconcile(at=at)
    sealed, last = _ends()
    low = from_seq
    while low <= last:
        high = _batch_end(low=low, last=last)
        with transaction.atomic():
            _look_up_payloads_by_key()
            _check_entries(report, low=low, high=high)
            _check_checkpoints(report, low=low, high=min(high, sealed))
        report.verified_to = high
        if progress:
            progress(high)
        low = high + 1
        if stop_after_seconds is not None and time.monotonic() - started > stop_after_seconds:
            break
    report.complete = low > last
    _check_rest(report, from_seq=from_seq, sealed=sealed)
    report.duration_seconds = time.monotonic() - started
    return report


def _look_up_payloads_by_key() -> None:
    """A hash join would read every payload there is for each batch of entries."""
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_hashjoin = off; SET LOCAL enable_mergejoin = off")


def _ends() -> tuple[int, int]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT sealed_seq, (SELECT max(seq) FROM audit_entry) FROM audit_mark")
        sealed, last = cursor.fetchone()
    return int(sealed), max(int(sealed), int(last or 0))


def _batch_end(*, low: int, last: int) -> int:
    """The end of a checkpoint about a batch away, so that no checkpoint is cut in two."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT max(upto_seq) FILTER (WHERE upto_seq < %(end)s), min(upto_seq) FILTER (WHERE upto_seq >= %(end)s)"
            " FROM (SELECT upto_seq FROM audit_checkpoint WHERE upto_seq >= %(low)s ORDER BY upto_seq LIMIT 5000) c",
            {"low": low, "end": low + BATCH},
        )
        before, after = cursor.fetchone()
    return int(before or after or min(last, low + BATCH - 1))


def _check_entries(report: Report, *, low: int, high: int) -> None:
    with connection.cursor() as cursor:
        cursor.execute(_ENTRIES, {"low": low, "high": high})
        checked, withdrawn, bad, named = cursor.fetchone()
    report.checked += checked
    report.payloads_withdrawn += withdrawn
    for seq, verdict in named or []:
        report.add(Finding(FindingKind(verdict), f"entry {seq}", int(seq)), count=0)
    report.finding_count += bad


def _check_checkpoints(report: Report, *, low: int, high: int) -> None:
    with connection.cursor() as cursor:
        cursor.execute(_CHECKPOINTS, {"low": low, "high": high})
        rows = cursor.fetchall()
    for from_seq, upto_seq, sealed, found, same, expected_from in rows:
        report.checkpoints += 1
        where = f"entries {from_seq} to {upto_seq}: {sealed} sealed, {found} found"
        if from_seq > expected_from:
            report.add(
                Finding(FindingKind.CHECKPOINT_MISSING, f"none for {expected_from} to {from_seq - 1}", expected_from)
            )
        if found < sealed:
            report.add(Finding(FindingKind.ENTRY_MISSING, where, from_seq))
        elif found > sealed:
            report.add(Finding(FindingKind.ENTRY_ADDED, where, from_seq))
        elif not same:
            report.add(Finding(FindingKind.CONTENT, f"{where}, with other content", from_seq))


def _check_rest(report: Report, *, from_seq: int, sealed: int) -> None:
    with connection.cursor() as cursor:
        cursor.execute(_ORPHANS, {"low": from_seq})
        orphans = [seq for (seq,) in cursor.fetchall()]
        cursor.execute("SELECT coalesce(max(upto_seq), 0) FROM audit_checkpoint")
        (upto,) = cursor.fetchone()
    for seq in orphans:
        report.add(Finding(FindingKind.ENTRY_MISSING, f"payload {seq} has no entry", seq))
    if upto < sealed:
        report.add(Finding(FindingKind.CHECKPOINT_MISSING, f"none for {upto + 1} to {sealed}", upto + 1))
    for stray in Stray.objects.filter(acknowledged_at__isnull=True).order_by("id")[:_NAMED]:
        report.add(Finding(FindingKind.CHANGED_OUTSIDE, f"{stray}, at {stray.changed_at.isoformat()}"), count=0)
    report.finding_count += Stray.objects.filter(acknowledged_at__isnull=True).count()
    report.warnings += [f"{rows} rows of {table} are in no month" for table, rows in find_unsorted_rows()]


def verify_and_keep(
    *, at: datetime, finished_at: Callable[[], datetime], stop_after_seconds: float | None = None
) -> Verification:
    """Verify the trail and keep the outcome for the console; a run that stopped is gone on with by the next."""
    last = Verification.objects.order_by("-finished_at", "-id").first()
    from_seq = last.verified_to + 1 if last and not last.is_complete else 1
    report = verify(at=at, from_seq=from_seq, stop_after_seconds=stop_after_seconds)
    first = report.first
    return Verification.objects.create(
        started_at=at,
        finished_at=finished_at(),
        is_complete=report.complete,
        verified_from=from_seq,
        verified_to=report.verified_to,
        entries_checked=report.checked,
        payloads_withdrawn=report.payloads_withdrawn,
        finding_count=report.finding_count,
        first_bad_seq=first.seq if first else None,
        first_bad_kind=first.kind if first else "",
        findings=report.as_json()["findings"],
    )
