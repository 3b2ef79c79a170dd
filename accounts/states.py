"""What a user, an invitation and a change of e-mail can be, and how one becomes another."""

from django.db import models
from django.utils.translation import gettext_lazy as _


class UserStatus(models.TextChoices):
    """``closed`` is the soft delete: the row stays until compliance purges it."""

    ACTIVE = "active", _("Active")
    SUSPENDED = "suspended", _("Suspended")
    BANNED = "banned", _("Banned")
    CLOSED = "closed", _("Closed")


USER_MOVES = {
    UserStatus.ACTIVE: frozenset({UserStatus.SUSPENDED, UserStatus.BANNED, UserStatus.CLOSED}),
    UserStatus.SUSPENDED: frozenset({UserStatus.ACTIVE, UserStatus.BANNED, UserStatus.CLOSED}),
    UserStatus.BANNED: frozenset({UserStatus.ACTIVE, UserStatus.CLOSED}),
    UserStatus.CLOSED: frozenset({UserStatus.ACTIVE}),
}


class MemberRole(models.TextChoices):
    """What a member may do in a workspace: owners manage everything, admins members, members use it."""

    OWNER = "owner", _("Owner")
    ADMIN = "admin", _("Admin")
    MEMBER = "member", _("Member")


MANAGING_ROLES = frozenset({MemberRole.OWNER, MemberRole.ADMIN})


class Capability(models.TextChoices):
    """What a restriction takes away. ``write`` leaves a read-only account."""

    LOGIN = "login", _("Log in")
    SPEND = "spend", _("Spend credits")
    GENERATE = "generate", _("Generate")
    WRITE = "write", _("Change anything")


class InvitationStatus(models.TextChoices):
    """A pending invitation past its ``expires_at`` counts as expired, whatever its status says."""

    PENDING = "pending", _("Pending")
    ACCEPTED = "accepted", _("Accepted")
    REVOKED = "revoked", _("Revoked")
    EXPIRED = "expired", _("Expired")


INVITATION_MOVES = {
    InvitationStatus.PENDING: frozenset(
        {InvitationStatus.ACCEPTED, InvitationStatus.REVOKED, InvitationStatus.EXPIRED}
    ),
    InvitationStatus.ACCEPTED: frozenset(),
    InvitationStatus.REVOKED: frozenset(),
    InvitationStatus.EXPIRED: frozenset(),
}


class EmailChangeStatus(models.TextChoices):
    """``requested`` waits for the new address to confirm; ``confirmed`` waits for the cooling-off to end."""

    REQUESTED = "requested", _("Requested")
    CONFIRMED = "confirmed", _("Confirmed")
    APPLIED = "applied", _("Applied")
    CANCELED = "canceled", _("Canceled")
    EXPIRED = "expired", _("Expired")


EMAIL_CHANGE_MOVES = {
    EmailChangeStatus.REQUESTED: frozenset(
        {EmailChangeStatus.CONFIRMED, EmailChangeStatus.CANCELED, EmailChangeStatus.EXPIRED}
    ),
    EmailChangeStatus.CONFIRMED: frozenset({EmailChangeStatus.APPLIED, EmailChangeStatus.CANCELED}),
    EmailChangeStatus.APPLIED: frozenset(),
    EmailChangeStatus.CANCELED: frozenset(),
    EmailChangeStatus.EXPIRED: frozenset(),
}
OPEN_EMAIL_CHANGES = frozenset({EmailChangeStatus.REQUESTED, EmailChangeStatus.CONFIRMED})


class KeyState(models.TextChoices):
    """Whether an API key works now, and if not, why not."""

    LIVE = "live", _("Live")
    REVOKED = "revoked", _("Revoked")
    EXPIRED = "expired", _("Expired")
    MAKER_DISABLED = "maker_disabled", _("Stopped: its maker's account is disabled")
    MAKER_NO_LOGIN = "maker_no_login", _("Stopped: its maker may not log in")
    MAKER_LEFT = "maker_left", _("Stopped: its maker left the workspace")


class KeyMode(models.TextChoices):
    """Which of the product's two worlds a key belongs to; it shows in the key itself."""

    LIVE = "live", _("Live")
    TEST = "test", _("Test")
