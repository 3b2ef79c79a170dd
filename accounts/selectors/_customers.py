"""A customer as staff see them on every page of theirs."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import F, OuterRef, Q, Subquery, UUIDField, Value
from django.db.models.functions import JSONObject

from accounts.models import Membership, Restriction, User
from accounts.states import Capability, MemberRole


@dataclass(frozen=True, slots=True)
class Taken:
    """A capability that is taken from a customer, and until when."""

    capability: Capability
    ends_at: datetime | None


@dataclass(frozen=True, slots=True)
class CustomerFacts:
    """A person, the workspace that is looked at (their own where none is named), what is taken from either now."""

    user: User
    workspace_id: uuid.UUID | None
    taken: tuple[Taken, ...]


def find_customer(
    *, at: datetime, user_id: uuid.UUID | None = None, workspace_id: uuid.UUID | None = None
) -> CustomerFacts | None:
    """The person with this key, or the first owner of the workspace. One query."""
    own = workspace_id or F("personal_workspace__id")
    active = Restriction.objects.active(at).filter(Q(user=OuterRef("pk")) | Q(workspace=OuterRef("looked_at")))
    facts = JSONObject(capability="capability", ends_at="ends_at")
    users = User.objects.annotate(looked_at=_key(own)).annotate(
        taken=ArraySubquery(active.order_by("capability", "ends_at").values(fact=facts)[:20])
    )
    user: Any = users.filter(pk=user_id if user_id else _owner(workspace_id)).first()
    if user is None:
        return None
    return CustomerFacts(user, user.looked_at, tuple(_taken(fact) for fact in user.taken))


def _key(own: Any) -> Any:
    return own if isinstance(own, F) else Value(own, output_field=UUIDField())


def _owner(workspace_id: uuid.UUID | None) -> Subquery:
    owners = Membership.objects.filter(workspace=workspace_id, role=MemberRole.OWNER)
    return Subquery(owners.order_by("created_at", "pk").values("user")[:1])


def _taken(fact: dict[str, Any]) -> Taken:
    ends_at = fact["ends_at"]
    return Taken(Capability(fact["capability"]), datetime.fromisoformat(ends_at) if ends_at else None)
