"""What the ledger tells the registries below it at start. Called from ``ready()``."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from core import registries
from core.registries import ApprovalKind, AuditLabel
from credits import invariants
from credits import services as credits_services
from credits.actions import LABELS
from credits.permissions import Permission


def register() -> None:
    """Fill the registries."""
    for action, label in LABELS.items():
        registries.audit_labels.register(action, AuditLabel(label))
    for name, check in invariants.ALL.items():
        registries.invariants.register(name, check)
    registries.approval_kinds.register(
        credits_services.APPROVAL_KIND,
        ApprovalKind(
            name=credits_services.APPROVAL_KIND,
            label=_("Grant or correct credits"),
            permission=Permission.APPROVE_GRANT,
            execute=credits_services.execute_approved,
            fingerprint=credits_services.fingerprint_of,
            describe=credits_services.describe_deed,
        ),
    )
