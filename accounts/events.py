"""Facts this app publishes. Ids are public ids."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class UserSignedUp:
    """A user exists, with a personal workspace."""

    user_id: str
    workspace_id: str
    at: datetime


@dataclass(frozen=True, slots=True)
class UserDisabled:
    """The user can do nothing from now on. ``status`` says which way, or is ``no_login``."""

    user_id: str
    status: str
    at: datetime


@dataclass(frozen=True, slots=True)
class UserEnabled:
    """The user is active again."""

    user_id: str
    at: datetime


@dataclass(frozen=True, slots=True)
class RestrictionAdded:
    """A capability is taken away. One of ``user_id`` and ``workspace_id`` is empty."""

    restriction_id: str
    user_id: str
    workspace_id: str
    capability: str
    at: datetime


@dataclass(frozen=True, slots=True)
class RestrictionLifted:
    """A restriction is over, by a person or by its end date."""

    restriction_id: str
    user_id: str
    workspace_id: str
    capability: str
    at: datetime


@dataclass(frozen=True, slots=True)
class MemberJoined:
    """A user became a member of a workspace."""

    workspace_id: str
    user_id: str
    role: str
    at: datetime


@dataclass(frozen=True, slots=True)
class MemberLeft:
    """A user is no member of a workspace any more."""

    workspace_id: str
    user_id: str
    at: datetime


@dataclass(frozen=True, slots=True)
class EmailChanged:
    """The user logs in with another address from now on."""

    user_id: str
    at: datetime
