"""The trail's commands: write an entry, decide an approval, withdraw a payload, check it all."""

from audit.services._approvals import approve, deny, expire_due_approvals, request_approval, withdraw
from audit.services._entries import record
from audit.services._exports import expire_due_exports, open_export, request_export, write_export
from audit.services._forms import forget_used_forms, use_form
from audit.services._partitions import ensure_partitions, make_partitions_ahead
from audit.services._payloads import withdraw_payloads
from audit.services._reconciliation import acknowledge_stray, reconcile
from audit.services._verification import Finding, FindingKind, Report, verify, verify_and_keep
from audit.services._views import remove_view, save_view

__all__ = [
    "Finding",
    "FindingKind",
    "Report",
    "acknowledge_stray",
    "approve",
    "deny",
    "ensure_partitions",
    "expire_due_approvals",
    "expire_due_exports",
    "forget_used_forms",
    "make_partitions_ahead",
    "open_export",
    "reconcile",
    "record",
    "remove_view",
    "request_approval",
    "request_export",
    "save_view",
    "use_form",
    "verify",
    "verify_and_keep",
    "withdraw",
    "withdraw_payloads",
    "write_export",
]
