"""Entries, approvals and findings of the trail, made through its services where that is how they come to be."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from audit import services
from audit.models import Approval, Entry, Export, SavedView, Stray, Verification
from audit.selectors import find_entry
from core.actors import Actor, ActorKind, Target
from core.clock import now
from core.context import Context, bound
from core.registries import ApprovalKind, approval_kinds

SAM = Actor(ActorKind.STAFF, "usr_01jd3v0000000000000000sam0", "Sam")
ADA = Target("accounts.user", "usr_01jd3v0000000000000000ada0", "Ada")


def _execute(*, requester: Actor, approver: Actor, approval_id: str, reason: str, at: datetime, **_call: Any) -> str:
    """A deed without consequences but its entry."""
    details = {"approval": approval_id, "requested_by": requester.id}
    return services.record(
        action="tests.sample.done", at=at, actor=approver, target=ADA, reason=reason, details=details
    )


def _fingerprint(_payload: dict[str, Any]) -> str:
    return "unchanged"


def _describe(_payload: dict[str, Any]) -> list[str]:
    return ["Nothing happens"]


SAMPLE = ApprovalKind("tests.sample", "A sample", "audit.view_approval", _execute, _fingerprint, _describe)


def make_approval(**changes: Any) -> Approval:
    """A request by Sam that everybody else may decide."""
    approval_kinds.register(SAMPLE.name, SAMPLE)
    values = {"kind": SAMPLE.name, "actor": SAM, "target": ADA, "payload": {}, "reason": "Outage", "at": now()}
    return services.request_approval(**values | changes)


def make_entry(**changes: Any) -> Entry:
    """Something that Sam did to Ada, from an address, with an old and a new value."""
    values = {
        "action": "tests.note.changed",
        "at": now(),
        "actor": SAM,
        "target": ADA,
        "reason": "She asked",
        "changes": {"note": ("old words", "new words")},
    }
    with bound(Context(actor=SAM, client_ip="203.0.113.7", user_agent="Mozilla/5.0", request_id="req_1")):
        public_id = services.record(**values | changes)
    entry = find_entry(public_id)
    assert entry is not None
    return entry


def make_stray(**changes: Any) -> Stray:
    """A change that somebody made with psql."""
    values = {"id": 1, "changed_at": now(), "table_name": "credits_account", "operation": "update", "row_id": "1"}
    return Stray.objects.create(**{**values, "txid": 7, "found_at": now()} | changes)


def make_verification(**changes: Any) -> Verification:
    """The outcome of a run over the trail as it is."""
    return services.verify_and_keep(at=now(), finished_at=now, **changes)


def make_saved_view(**changes: Any) -> SavedView:
    """A search that Sam keeps."""
    return services.save_view(**{"name": "Notes", "query": "action:tests.*", "actor": SAM, "at": now()} | changes)


def make_export(**changes: Any) -> Export:
    """A file that Sam asked for and nobody has written yet."""
    values = {
        "source": "audit.entry",
        "selection": {"query": "action:tests.*"},
        "file_format": "csv",
        "actor": SAM,
        "reason": "Audit",
        "at": now(),
    }
    return services.request_export(**values | changes)
