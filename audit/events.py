"""Facts that the trail's approvals publish."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class ApprovalRequested:
    """Somebody waits for a second person. ``permission`` is what that person needs."""

    approval_id: str
    kind: str
    permission: str
    requester_id: str


@dataclass(frozen=True, slots=True)
class ApprovalDecided:
    """A request ended: ``status`` is approved, denied, withdrawn or expired."""

    approval_id: str
    kind: str
    status: str
    requester_id: str
    approver_id: str


@dataclass(frozen=True, slots=True)
class ChangedOutsideApplication:
    """Watched rows were changed by transactions that wrote no entry (at most a thousand are named)."""

    stray_ids: tuple[int, ...]
    found_at: datetime
