"""Which staff looked at somebody: the trail, in words fit for the person it is about."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import QuerySet
from django.utils.translation import gettext as _

from accounts.models import User
from accounts.roles import StaffRole
from audit import selectors as audit_selectors
from core import registries
from core.actors import ActorKind
from core.ids import from_public

LOOKS = "console."  # reading and revealing; the reasons of other deeds may speak of other people


@dataclass(frozen=True, slots=True)
class Access:
    """Somebody of the staff looked or acted. The person stays unnamed: the role answers for them."""

    occurred_at: datetime
    staff_role: str
    action: str
    description: str
    reason: str


def list_staff_access(*, user: User) -> QuerySet[Any]:
    """The entries staff left about a user, newest first; ``describe_access`` makes them fit to show."""
    entries: QuerySet[Any] = audit_selectors.list_timeline_for_console(user.public_id)
    return entries.filter(actor_kind=ActorKind.STAFF, target_kind="accounts.user")


def describe_access(entries: Iterable[Any]) -> list[Access]:
    """The entries with roles instead of names. One query, however many there are."""
    rows = list(entries)
    ids = {value for row in rows if (value := from_public(User.id_prefix, row.actor_id))}
    held = User.groups.through.objects.filter(user_id__in=ids, group__name__in=StaffRole.values)
    labels: dict[Any, list[str]] = {}
    for user_id, role in held.order_by("group__name").values_list("user_id", "group__name"):
        labels.setdefault(user_id, []).append(str(StaffRole(role).label))
    return [_access(row, labels.get(from_public(User.id_prefix, row.actor_id), [])) for row in rows]


def _access(row: Any, roles: list[str]) -> Access:
    label = registries.audit_labels.get(row.action)
    payload = getattr(row, "payload", None) if row.action.startswith(LOOKS) else None
    seen = payload.detail_values.get("seen", "") if payload else ""
    words = str(label.label) if label else row.action
    return Access(
        occurred_at=row.occurred_at,
        staff_role=", ".join(roles) or _("Staff"),
        action=row.action,
        description=f"{words}: {seen}" if seen else words,
        reason=payload.reason if payload else "",
    )
