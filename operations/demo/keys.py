"""API keys of customers."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from random import Random
from uuid import UUID

from accounts.states import KeyMode, MemberRole
from core.actors import Actor, ActorKind, Target
from core.ids import to_public
from operations.demo.chance import dice, digest_like, id_at
from operations.demo.people import Customer, Habit
from operations.demo.rhythm import Span
from operations.demo.teams import Team

_NAMES = ("Production", "Render farm", "Staging", "Plugin", "Zapier", "CI", "Nightly thumbnails", "Maya’s laptop")
_SCOPES = (
    ["credits:read", "credits:write", "generations:read", "generations:write"],
    ["credits:read", "generations:read", "generations:write"],
    ["account:read", "credits:read"],
)
_LETTERS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"


@dataclass(slots=True)
class Key:
    """An API key whose secret nobody knows."""

    id: UUID
    workspace_id: UUID
    maker: Customer
    name: str
    mode: KeyMode
    prefix: str
    digest: str
    scopes: list[str]
    created_at: datetime
    networks: list[str]
    expires_at: datetime | None = None
    revoked_at: datetime | None = None
    last_used_at: datetime | None = None

    @property
    def public_id(self) -> str:
        return to_public("key", self.id)

    @property
    def actor(self) -> Actor:
        return Actor(ActorKind.API_KEY, self.public_id, self.name)

    @property
    def target(self) -> Target:
        return Target("accounts.api_key", self.public_id, self.name)

    def works(self, at: datetime) -> bool:
        """Whether a call with it is let in at ``at``."""
        ended = any(end is not None and end <= at for end in (self.expires_at, self.revoked_at))
        return self.created_at <= at and not ended and self.mode == KeyMode.LIVE


def make_keys(*, seed: int, span: Span, people: Sequence[Customer], teams: Sequence[Team]) -> list[Key]:
    """Most teams have one to three; a few single subscribers have one."""
    stream = dice(seed, "keys")
    found: list[Key] = []
    for team in teams:
        makers = [m for m in team.members if m.role != MemberRole.MEMBER]
        for _ in range(stream.choice((0, 1, 1, 2, 3))):
            maker = stream.choice(makers)
            found.append(_make(team.id, maker.person, after=maker.joined_at, span=span, stream=stream))
    for person in people:
        if person.habit is Habit.SUBSCRIBER and stream.random() < 0.12:
            found.append(_make(person.workspace_id, person, after=person.joined_at, span=span, stream=stream))
    return found


def _make(workspace_id: UUID, maker: Customer, *, after: datetime, span: Span, stream: Random) -> Key:
    latest = span.end - timedelta(hours=2)
    at = min(after + timedelta(days=stream.uniform(0.1, 60)), latest)
    mode = KeyMode.TEST if stream.random() < 0.2 else KeyMode.LIVE
    key = Key(
        id=id_at(stream, at),
        workspace_id=workspace_id,
        maker=maker,
        name=stream.choice(_NAMES),
        mode=mode,
        prefix=f"bk_{mode.value}_{''.join(stream.choices(_LETTERS, k=6))}",
        digest=digest_like(stream),
        scopes=sorted(stream.choice(_SCOPES)),
        created_at=at,
        networks=["198.51.100.0/24"] if stream.random() < 0.15 else [],
    )
    fate = stream.random()
    if fate < 0.15:
        key.revoked_at = min(at + timedelta(days=stream.uniform(5, 120)), latest)
    elif fate < 0.3:
        key.expires_at = at + timedelta(days=stream.choice((30, 90, 365)))
    return key


def key_rows(keys: Iterable[Key]) -> Iterator[dict[str, object]]:
    """Rows of accounts.ApiKey."""
    for key in keys:
        yield {
            "id": key.id,
            "workspace_id": key.workspace_id,
            "created_by_id": key.maker.id,
            "name": key.name,
            "mode": key.mode,
            "key_prefix": key.prefix,
            "secret_digest": key.digest,
            "scopes": key.scopes,
            "allowed_networks": key.networks,
            "expires_at": key.expires_at,
            "revoked_at": key.revoked_at,
            "revoked_by": key.maker.public_id if key.revoked_at else "",
            "last_used_at": key.last_used_at,
            "created_at": key.created_at,
        }
