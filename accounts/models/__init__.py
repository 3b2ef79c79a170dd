"""Users, workspaces, memberships, and what guards them. One file a noun."""

from accounts.models._changes import EmailChange
from accounts.models._keys import ApiKey
from accounts.models._logins import LoginNetwork
from accounts.models._mailboxes import Mailbox, mailbox_of
from accounts.models._restrictions import Restriction
from accounts.models._users import EmailField, User
from accounts.models._workspaces import Invitation, Membership, Workspace

__all__ = [
    "ApiKey",
    "EmailChange",
    "EmailField",
    "Invitation",
    "LoginNetwork",
    "Mailbox",
    "Membership",
    "Restriction",
    "User",
    "Workspace",
    "mailbox_of",
]
