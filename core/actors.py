"""Who acts, and on what: plain values that every app, job and trail entry shares."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class ActorKind(StrEnum):
    """What sort of party acts."""

    ANONYMOUS = "anonymous"
    CUSTOMER = "customer"
    STAFF = "staff"
    API_KEY = "api_key"
    SYSTEM = "system"


@dataclass(frozen=True, slots=True)
class Actor:
    """The party an action is attributed to.

    ``id`` is a public id (``usr_…``, ``key_…``) or the name of a system part (``scheduler``).
    ``label`` identifies the actor to staff (a name or role, never an e-mail address).
    """

    kind: ActorKind
    id: str
    label: str = ""

    @property
    def is_staff(self) -> bool:
        return self.kind is ActorKind.STAFF


def system(name: str) -> Actor:
    """The product itself, in the part called ``name`` (for example ``credits.expiry``)."""
    return Actor(ActorKind.SYSTEM, name, name)


ANONYMOUS = Actor(ActorKind.ANONYMOUS, "", "")


@dataclass(frozen=True, slots=True)
class Target:
    """What an action was done to: ``kind`` is ``app.noun`` (``accounts.user``), ``id`` its public id."""

    kind: str
    id: str
    label: str = ""
