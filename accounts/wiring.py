"""What this app tells the registries and ports below it at start. Called from ``ready()``."""

from __future__ import annotations

from allauth.mfa import signals as mfa_signals
from django.apps import AppConfig
from django.contrib.auth.signals import user_logged_in, user_logged_out, user_login_failed
from django.db.models.signals import post_migrate
from django.utils.translation import gettext_lazy as _

from accounts import console_gate, invariants, receivers, services
from accounts.actions import LABELS
from accounts.permissions import Permission
from accounts.roles import role_labels_with
from accounts.views import StaffLoginView
from core import registries
from core.console import ports
from core.registries import ApprovalKind, AuditLabel


def connect(config: AppConfig) -> None:
    """Listen to what libraries send."""
    post_migrate.connect(receivers.ensure_staff_groups, sender=config)
    user_logged_in.connect(receivers.on_login)
    user_logged_out.connect(receivers.on_logout)
    user_login_failed.connect(receivers.on_login_refused)
    mfa_signals.authentication_failed.connect(receivers.on_factor_refused)
    mfa_signals.authenticator_used.connect(receivers.on_factor_used)


def register() -> None:
    """Fill the registries."""
    for action, label in LABELS.items():
        registries.audit_labels.register(action, AuditLabel(label))
    registries.approval_kinds.register(
        services.GRANT_KIND,
        ApprovalKind(
            name=services.GRANT_KIND,
            label=_("Grant a staff role"),
            permission=Permission.APPROVE_STAFF_ROLE,
            execute=services.execute_grant,
            fingerprint=services.fingerprint_grant,
            describe=services.describe_grant,
        ),
    )
    registries.approval_kinds.register(
        services.RESET_KIND,
        ApprovalKind(
            name=services.RESET_KIND,
            label=_("Reset a colleague's second factor"),
            permission=Permission.APPROVE_FACTOR_RESET,
            execute=services.execute_factor_reset,
            fingerprint=services.fingerprint_factor_reset,
            describe=services.describe_factor_reset,
        ),
    )
    for name, check in invariants.ALL.items():
        registries.invariants.register(name, check)
    ports.use_role_lookup(role_labels_with)
    ports.use_gate(console_gate.answer)
    ports.use_login_view(StaffLoginView.as_view())
