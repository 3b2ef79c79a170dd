"""What staff may do with credits. Who has which is one table in accounts."""

from enum import StrEnum


class Permission(StrEnum):
    VIEW_ACCOUNT = "credits.view_account"
    GRANT_CREDITS = "credits.grant_credits"
    ADJUST_ACCOUNT = "credits.adjust_account"
    APPROVE_GRANT = "credits.approve_grant"
    REVERSE_ENTRY = "credits.reverse_entry"
    RELEASE_HOLD = "credits.release_hold"
    FREEZE_ACCOUNT = "credits.freeze_account"
    CHANGE_LIMIT = "credits.change_limit"
