"""What staff may be allowed to do here. Roles are given them in accounts/roles.py."""

from enum import StrEnum


class Permission(StrEnum):
    """``audit.verb_noun``. Deciding an approval needs the permission that its kind names."""

    VIEW_ENTRY = "audit.view_entry"
    REVEAL_PAYLOAD = "audit.reveal_payload"
    VIEW_EXPORT = "audit.view_export"
    EXPORT_ENTRY = "audit.export_entry"
    VIEW_APPROVAL = "audit.view_approval"
    VIEW_VERIFICATION = "audit.view_verification"
    EXPLAIN_STRAY = "audit.explain_stray"
