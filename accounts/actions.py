"""What this app writes to the trail."""

from enum import StrEnum

from django.utils.translation import gettext_lazy as _


class AuditAction(StrEnum):
    USER_SIGNED_UP = "accounts.user.signed_up"
    USER_EDITED = "accounts.user.edited"
    USER_SUSPENDED = "accounts.user.suspended"
    USER_REINSTATED = "accounts.user.reinstated"
    USER_BANNED = "accounts.user.banned"
    USER_CLOSED = "accounts.user.closed"
    USER_REOPENED = "accounts.user.reopened"
    USER_TAGGED = "accounts.user.tagged"
    USER_UNTAGGED = "accounts.user.untagged"
    LOGGED_IN = "accounts.user.logged_in"
    LOGGED_OUT = "accounts.user.logged_out"
    LOGIN_REFUSED = "accounts.login.refused"
    LOGIN_UNLOCKED = "accounts.login.unlocked"
    KEY_REFUSED = "accounts.api_key.refused"
    EMAIL_VERIFIED = "accounts.email.verified"
    VERIFICATION_SENT = "accounts.email.verification_sent"
    EMAIL_CHANGE_REQUESTED = "accounts.email_change.requested"
    EMAIL_CHANGE_CONFIRMED = "accounts.email_change.confirmed"
    EMAIL_CHANGE_APPLIED = "accounts.email_change.applied"
    EMAIL_CHANGE_CANCELED = "accounts.email_change.canceled"
    EMAIL_CHANGE_EXPIRED = "accounts.email_change.expired"
    PASSWORD_CHANGED = "accounts.password.changed"  # noqa: S105
    PASSWORD_RESET = "accounts.password.reset"  # noqa: S105
    PASSWORD_RESET_SENT = "accounts.password.reset_sent"  # noqa: S105
    PASSWORD_REHASHED = "accounts.password.rehashed"  # noqa: S105
    FACTOR_ADDED = "accounts.factor.added"
    FACTOR_REMOVED = "accounts.factor.removed"
    FACTOR_RENEWED = "accounts.factor.renewed"
    FACTOR_RESET = "accounts.factor.reset"
    SESSION_ENDED = "accounts.session.ended"
    RESTRICTION_ADDED = "accounts.restriction.added"
    RESTRICTION_LIFTED = "accounts.restriction.lifted"
    RESTRICTION_ENDED = "accounts.restriction.ended"
    WORKSPACE_CREATED = "accounts.workspace.created"
    WORKSPACE_RENAMED = "accounts.workspace.renamed"
    MEMBER_ROLE_CHANGED = "accounts.member.role_changed"
    MEMBER_REMOVED = "accounts.member.removed"
    MEMBER_LEFT = "accounts.member.left"
    INVITATION_SENT = "accounts.invitation.sent"
    INVITATION_ACCEPTED = "accounts.invitation.accepted"
    INVITATION_REVOKED = "accounts.invitation.revoked"
    KEY_CREATED = "accounts.api_key.created"
    KEY_ROTATED = "accounts.api_key.rotated"
    KEY_REVOKED = "accounts.api_key.revoked"
    ROLE_REQUESTED = "accounts.staff_role.requested"
    ROLE_GRANTED = "accounts.staff_role.granted"
    ROLE_REVOKED = "accounts.staff_role.revoked"


LABELS = {
    AuditAction.USER_SIGNED_UP: _("User signed up"),
    AuditAction.USER_EDITED: _("User details changed"),
    AuditAction.USER_SUSPENDED: _("User suspended"),
    AuditAction.USER_REINSTATED: _("User reinstated"),
    AuditAction.USER_BANNED: _("User banned"),
    AuditAction.USER_CLOSED: _("Account closed"),
    AuditAction.USER_REOPENED: _("Account reopened"),
    AuditAction.USER_TAGGED: _("User tagged"),
    AuditAction.USER_UNTAGGED: _("Tag taken off a user"),
    AuditAction.LOGGED_IN: _("Logged in"),
    AuditAction.LOGGED_OUT: _("Logged out"),
    AuditAction.LOGIN_REFUSED: _("Login refused"),
    AuditAction.LOGIN_UNLOCKED: _("Login unlocked"),
    AuditAction.KEY_REFUSED: _("Unknown API key refused"),
    AuditAction.EMAIL_VERIFIED: _("E-mail address verified"),
    AuditAction.VERIFICATION_SENT: _("Verification mail sent again"),
    AuditAction.EMAIL_CHANGE_REQUESTED: _("Change of e-mail address requested"),
    AuditAction.EMAIL_CHANGE_CONFIRMED: _("New e-mail address confirmed"),
    AuditAction.EMAIL_CHANGE_APPLIED: _("E-mail address changed"),
    AuditAction.EMAIL_CHANGE_CANCELED: _("Change of e-mail address canceled"),
    AuditAction.EMAIL_CHANGE_EXPIRED: _("Change of e-mail address expired"),
    AuditAction.PASSWORD_CHANGED: _("Password changed"),
    AuditAction.PASSWORD_RESET: _("Password reset"),
    AuditAction.PASSWORD_RESET_SENT: _("Password reset sent"),
    AuditAction.PASSWORD_REHASHED: _("Password stored anew, under stronger rules"),
    AuditAction.FACTOR_ADDED: _("Second factor added"),
    AuditAction.FACTOR_REMOVED: _("Second factor removed"),
    AuditAction.FACTOR_RENEWED: _("Recovery codes renewed"),
    AuditAction.FACTOR_RESET: _("Second factor reset"),
    AuditAction.SESSION_ENDED: _("Sessions ended"),
    AuditAction.RESTRICTION_ADDED: _("Restriction added"),
    AuditAction.RESTRICTION_LIFTED: _("Restriction lifted"),
    AuditAction.RESTRICTION_ENDED: _("Restriction ended"),
    AuditAction.WORKSPACE_CREATED: _("Workspace created"),
    AuditAction.WORKSPACE_RENAMED: _("Workspace renamed"),
    AuditAction.MEMBER_ROLE_CHANGED: _("Role of a member changed"),
    AuditAction.MEMBER_REMOVED: _("Member removed"),
    AuditAction.MEMBER_LEFT: _("Member left"),
    AuditAction.INVITATION_SENT: _("Invitation sent"),
    AuditAction.INVITATION_ACCEPTED: _("Invitation accepted"),
    AuditAction.INVITATION_REVOKED: _("Invitation revoked"),
    AuditAction.KEY_CREATED: _("API key created"),
    AuditAction.KEY_ROTATED: _("API key rotated"),
    AuditAction.KEY_REVOKED: _("API key revoked"),
    AuditAction.ROLE_REQUESTED: _("Staff role requested"),
    AuditAction.ROLE_GRANTED: _("Staff role granted"),
    AuditAction.ROLE_REVOKED: _("Staff role revoked"),
}
