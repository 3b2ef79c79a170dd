"""The one permission table: which staff roles hold which permission, for every app.

An app that adds a permission adds its line here. Roles do not inherit: what a role may do is
exactly what its name stands beside. docs/adr/0033 says why this is code and not rows.
"""

from __future__ import annotations

from collections.abc import Iterable
from types import MappingProxyType

from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _


class StaffRole(TextChoices):
    """The groups of staff. Nobody works as superuser."""

    SUPPORT = "support", _("Support")
    SUPPORT_LEAD = "support_lead", _("Support lead")
    MODERATOR = "moderator", _("Moderator")
    TRUST_LEAD = "trust_lead", _("Trust lead")
    COMPLIANCE = "compliance", _("Compliance")
    FINANCE = "finance", _("Finance")
    ENGINEER = "engineer", _("Engineer")
    FOUNDER = "founder", _("Founder")


def _only(*roles: StaffRole) -> frozenset[str]:
    return frozenset(role.value for role in roles)


_S, _SL = StaffRole.SUPPORT, StaffRole.SUPPORT_LEAD
_M, _TL = StaffRole.MODERATOR, StaffRole.TRUST_LEAD
_C, _FI = StaffRole.COMPLIANCE, StaffRole.FINANCE
_E, _FO = StaffRole.ENGINEER, StaffRole.FOUNDER

EVERYONE = _only(*StaffRole)
HELPERS = _only(_S, _SL, _FO)
LEADS = _only(_SL, _FO)
TRUST = _only(_M, _TL, _FO)

PERMISSIONS: MappingProxyType[str, frozenset[str]] = MappingProxyType(
    {
        # accounts: looking
        "accounts.view_user": EVERYONE,
        "accounts.reveal_user": _only(_S, _SL, _M, _TL, _C, _FI, _FO),
        "accounts.export_user": _only(_SL, _C, _FO),
        "accounts.view_workspace": EVERYONE,
        "accounts.view_invitation": _only(_S, _SL, _C, _E, _FO),
        "accounts.view_restriction": EVERYONE,
        "accounts.view_api_key": _only(_S, _SL, _TL, _E, _FO),
        "accounts.view_staff_role": EVERYONE,
        # accounts: helping
        "accounts.edit_user": HELPERS,
        "accounts.change_email": HELPERS,
        "accounts.tag_user": _only(_S, _SL, _M, _TL, _FO),
        "accounts.send_password_reset": HELPERS,
        "accounts.reset_second_factor": LEADS,
        "accounts.resend_verification": HELPERS,
        "accounts.end_sessions": _only(_S, _SL, _TL, _E, _FO),
        "accounts.unlock_login": HELPERS,
        "accounts.revoke_invitation": HELPERS,
        "accounts.revoke_api_key": _only(_S, _SL, _TL, _E, _FO),
        # accounts: stopping
        "accounts.suspend_user": _only(_SL, _M, _TL, _FO),
        "accounts.ban_user": _only(_TL, _FO),
        "accounts.close_user": _only(_SL, _C, _FO),
        "accounts.restrict_user": _only(_SL, _M, _TL, _C, _FO),
        "accounts.lift_restriction": _only(_SL, _TL, _C, _FO),
        # accounts: staff
        "accounts.secure_own_account": EVERYONE,
        "accounts.manage_staff": _only(_E, _FO),
        "accounts.grant_staff_role": _only(_SL, _E, _FO),
        "accounts.approve_staff_role": _only(_C, _FO),
        "accounts.approve_factor_reset": _only(_C, _E, _FO),
        "accounts.revoke_staff_role": _only(_E, _FO),
        # audit
        "audit.view_entry": _only(_SL, _TL, _C, _FI, _E, _FO),
        "audit.reveal_payload": _only(_TL, _C, _FO),
        "audit.view_export": _only(_SL, _C, _FO),
        "audit.export_entry": _only(_C, _FO),
        "audit.view_approval": EVERYONE,
        "audit.view_verification": _only(_C, _E, _FO),
        "audit.explain_stray": _only(_C, _FO),
        # outbox
        "outbox.view_jobs": _only(_SL, _TL, _E, _FO),
        "outbox.retry_jobs": _only(_E),
        "outbox.cancel_jobs": _only(_E),
        "outbox.pause_queues": _only(_E, _FO),
        "outbox.view_messages": _only(_S, _SL, _TL, _C, _E, _FO),
        "outbox.reveal_recipients": _only(_S, _SL, _TL, _C, _FO),
        "outbox.manage_suppressions": _only(_SL, _E, _FO),
        "outbox.view_bulk_runs": EVERYONE,
        "outbox.cancel_bulk_runs": _only(_SL, _TL, _E, _FO),
        # core (console)
        # credits
        "credits.view_account": EVERYONE,
        "credits.grant_credits": _only(_S, _SL, _FI, _FO),
        "credits.adjust_account": _only(_SL, _FI, _FO),
        "credits.reverse_entry": _only(_S, _SL, _FI, _FO),
        "credits.release_hold": _only(_S, _SL, _E, _FO),
        "credits.freeze_account": _only(_SL, _TL, _FI, _FO),
        "credits.approve_grant": _only(_SL, _FI, _FO),
        "credits.change_limit": _only(_FO),
        # flags
        # billing
        # providers
        # moderation
        # compliance
        # support
        # operations
    }
)


def permissions_of(roles: Iterable[str]) -> frozenset[str]:
    """Everything that people with these roles may do."""
    held = frozenset(roles)
    return frozenset(permission for permission, allowed in PERMISSIONS.items() if held & allowed)


def roles_with(permission: str) -> frozenset[str]:
    """The roles that hold ``permission``; none for one the table does not know."""
    return PERMISSIONS.get(permission, frozenset())


def is_allowed(roles: Iterable[str], permission: str) -> bool:
    """Whether one of ``roles`` holds ``permission``."""
    return bool(roles_with(permission).intersection(roles))


def role_labels_with(permission: str) -> list[str]:
    """How the roles that hold ``permission`` are called to people, in the order of the table."""
    holders = roles_with(permission)
    return [str(role.label) for role in StaffRole if role.value in holders]
