"""What this app says no to."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

from core.errors import Refusal


class EmailTaken(Refusal):
    """Another account uses the address. Shown to staff and members, never to strangers."""

    code = "email_taken"
    http_status = 409
    title = "Another account uses this e-mail address"


class CredentialsInvalid(Refusal):
    """The credentials that were sent cannot be used. The same answer whatever is wrong with them."""

    code = "credentials_invalid"
    http_status = 401
    title = "These credentials are not valid"
    auth_header = 'Bearer realm="api"'


class AccountDisabled(Refusal):
    """The account is suspended, banned or closed."""

    code = "account_disabled"
    http_status = 403
    title = "This account is disabled"


@dataclass(eq=False)
class AccountRestricted(Refusal):
    """A restriction takes ``capability`` away until ``ends_at`` (RFC 3339, empty where open-ended)."""

    capability: str
    ends_at: str
    code: ClassVar[str] = "account_restricted"
    http_status: ClassVar[int] = 403
    title: ClassVar[str] = "This account is restricted"
    detail: ClassVar[str] = "The capability “{capability}” is restricted for this account."

    @property
    def facts(self) -> dict[str, Any]:
        return {"capability": self.capability, "ends_at": self.ends_at or None}


class TooManyAttempts(Refusal):
    """Too many failed attempts from here; it says after how many seconds to try again."""

    code = "too_many_attempts"
    http_status = 429
    title = "Too many failed attempts"

    def __init__(self, retry_after_seconds: int) -> None:
        super().__init__(retry_after_seconds)
        self.retry_after_seconds = retry_after_seconds

    @property
    def facts(self) -> dict[str, Any]:
        return {"retry_after_seconds": self.retry_after_seconds}


class AddressNotAllowed(Refusal):
    """The key may not be used from this network address."""

    code = "address_not_allowed"
    http_status = 403
    title = "This API key may not be used from your network address"


class LiveKeyRequired(Refusal):
    """A test key asked for something that would happen in the live product."""

    code = "live_key_required"
    http_status = 403
    title = "A test key cannot do this"
    detail = "Keys that begin with bk_test_ may read. What moves credits needs a live key."


@dataclass(eq=False)
class ScopeMissing(Refusal):
    """The API key lacks ``scope``; empty where no key may do this at all."""

    scope: str
    code: ClassVar[str] = "scope_missing"
    http_status: ClassVar[int] = 403
    title: ClassVar[str] = "This API key may not do this"


class ReauthenticationRequired(Refusal):
    """Log in again within the last minutes before changing what guards the account."""

    code = "reauthentication_required"
    http_status = 403
    title = "Please confirm who you are first"


@dataclass(eq=False)
class MemberRoleMissing(Refusal):
    """The workspace role of the caller does not suffice; ``needed`` is the least that does."""

    needed: str
    code: ClassVar[str] = "member_role_missing"
    http_status: ClassVar[int] = 403
    title: ClassVar[str] = "Your role in this workspace does not allow this"


class LastOwner(Refusal):
    """A workspace must keep an owner."""

    code = "last_owner"
    http_status = 409
    title = "The last owner cannot go: make another member owner first"


class PersonalWorkspace(Refusal):
    """A personal workspace has exactly its person."""

    code = "personal_workspace"
    http_status = 409
    title = "A personal workspace cannot have other members"


class AlreadyMember(Refusal):
    """The invited person is a member already."""

    code = "already_member"
    http_status = 409
    title = "This person is a member already"


class InvitationUnusable(Refusal):
    """The invitation is unknown, expired, revoked, used, or meant for another address."""

    code = "invitation_unusable"
    http_status = 409
    title = "This invitation cannot be used"


class TokenUnusable(Refusal):
    """The link is unknown, expired or used."""

    code = "token_unusable"
    http_status = 409
    title = "This link cannot be used any more"


class KeyRevoked(Refusal):
    """The API key is revoked or expired already."""

    code = "key_revoked"
    http_status = 409
    title = "This API key is no longer live"


class KeyAlreadyRotating(Refusal):
    """The key was rotated before: rotate its successor."""

    code = "key_already_rotating"
    http_status = 409
    title = "This API key has a successor already"


@dataclass(eq=False)
class TooMany(Refusal):
    """There are ``limit`` of them already."""

    what: str
    limit: int
    code: ClassVar[str] = "too_many"
    http_status: ClassVar[int] = 409
    title: ClassVar[str] = "The limit is reached"
    detail: ClassVar[str] = "There are {limit} {what} already."


class RestrictionOver(Refusal):
    """The restriction has ended or was lifted."""

    code = "restriction_over"
    http_status = 409
    title = "This restriction is over"


class OwnAccount(Refusal):
    """Staff never act on their own account, and nobody hands a role to themselves."""

    code = "own_account"
    http_status = 403
    title = "Nobody may do this to their own account"


@dataclass(eq=False)
class StaffTarget(Refusal):
    """The target is a member of staff: that needs ``permission``."""

    permission: str
    code: ClassVar[str] = "staff_target"
    http_status: ClassVar[int] = 403
    title: ClassVar[str] = "The target is a member of staff"
    detail: ClassVar[str] = "Acting on a colleague's account needs {permission}."


class RoleUnchanged(Refusal):
    """The person has the role already, or does not have the one to be taken."""

    code = "role_unchanged"
    http_status = 409
    title = "The roles of this person would not change"


class LastFounder(Refusal):
    """Somebody must be able to grant roles."""

    code = "last_founder"
    http_status = 409
    title = "The last founder keeps the role"


class NothingToChange(Refusal):
    """The request would leave everything as it is."""

    code = "nothing_to_change"
    http_status = 409
    title = "Nothing would change"


class PasskeyRefused(Refusal):
    """What the browser showed proves nothing here: another account's, out of date, or no passkey at all."""

    code = "passkey_refused"
    http_status = 422
    title = "This passkey was not accepted. Please try again"


class LastFactor(Refusal):
    """Staff keep a second factor: the next login would let anybody with the password add their own."""

    code = "last_factor"
    http_status = 409
    title = "Add another second factor before you remove the last one"
