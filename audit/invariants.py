"""What must always hold in the trail."""

from __future__ import annotations

from django.db.models import F

from audit.guards import find_missing_guards
from audit.models import Approval, Entry, Stray
from audit.states import ApprovalStatus
from core.registries import Violation

_NAMED = 100


def guards_stand() -> list[Violation]:
    """Every trigger that protects the trail or watches a table is there and switched on."""
    return [Violation("audit.guards_stand", guard, "gone, or not always on") for guard in find_missing_guards()]


def changes_have_entries() -> list[Violation]:
    """Every watched change that a reconciliation saw has an entry, or an explanation."""
    strays = Stray.objects.filter(acknowledged_at__isnull=True).order_by("id")[:_NAMED]
    return [
        Violation(
            "audit.changes_have_entries", f"{stray.table_name} {stray.row_id}", f"{stray} outside the application"
        )
        for stray in strays
    ]


def approvals_have_entries() -> list[Violation]:
    """Every approval was asked for in the trail; the newest are looked at."""
    newest = list(Approval.objects.order_by("-requested_at", "-id")[:_NAMED])
    asked = set(
        Entry.objects.filter(
            action="audit.approval.requested", occurred_at__in={approval.requested_at for approval in newest}
        ).values_list("target_id", "occurred_at")
    )
    return [
        Violation("audit.approvals_have_entries", approval.public_id, "no entry says who asked")
        for approval in newest
        if (approval.target_id, approval.requested_at) not in asked
    ]


def nobody_approved_their_own() -> list[Violation]:
    """No approval was decided by who asked for it. The table's CHECK says so too."""
    own = Approval.objects.filter(status=ApprovalStatus.APPROVED, approver_id=F("requester_id"))[:_NAMED]
    return [Violation("audit.nobody_approved_their_own", approval.public_id, approval.approver_id) for approval in own]
