"""What staff can be allowed to do with users, workspaces, keys and roles."""

from enum import StrEnum


class Permission(StrEnum):
    VIEW_USER = "accounts.view_user"
    REVEAL_USER = "accounts.reveal_user"
    EDIT_USER = "accounts.edit_user"
    CHANGE_EMAIL = "accounts.change_email"
    TAG_USER = "accounts.tag_user"
    SUSPEND_USER = "accounts.suspend_user"
    BAN_USER = "accounts.ban_user"
    CLOSE_USER = "accounts.close_user"
    MANAGE_STAFF = "accounts.manage_staff"
    RESTRICT_USER = "accounts.restrict_user"
    LIFT_RESTRICTION = "accounts.lift_restriction"
    VIEW_RESTRICTION = "accounts.view_restriction"
    SEND_PASSWORD_RESET = "accounts.send_password_reset"  # noqa: S105  a permission, not a password
    RESET_SECOND_FACTOR = "accounts.reset_second_factor"
    APPROVE_FACTOR_RESET = "accounts.approve_factor_reset"
    RESEND_VERIFICATION = "accounts.resend_verification"
    END_SESSIONS = "accounts.end_sessions"
    UNLOCK_LOGIN = "accounts.unlock_login"
    VIEW_WORKSPACE = "accounts.view_workspace"
    VIEW_INVITATION = "accounts.view_invitation"
    REVOKE_INVITATION = "accounts.revoke_invitation"
    VIEW_API_KEY = "accounts.view_api_key"
    REVOKE_API_KEY = "accounts.revoke_api_key"
    SECURE_OWN_ACCOUNT = "accounts.secure_own_account"
    VIEW_STAFF_ROLE = "accounts.view_staff_role"
    GRANT_STAFF_ROLE = "accounts.grant_staff_role"
    APPROVE_STAFF_ROLE = "accounts.approve_staff_role"
    REVOKE_STAFF_ROLE = "accounts.revoke_staff_role"
