"""What is taken away, from whom, until when."""

from __future__ import annotations

import uuid
from datetime import datetime

from django.db.models import Q, QuerySet

from accounts.models import Restriction


def list_restrictions(
    *, user_id: uuid.UUID | None = None, workspace_id: uuid.UUID | None = None
) -> QuerySet[Restriction]:
    """Every restriction there ever was on a user, or on a workspace, newest first."""
    where = Q(user=user_id) if user_id else Q(workspace=workspace_id)
    return Restriction.objects.filter(where).order_by("-created_at", "-id")


def find_active_restriction(
    *, capability: str, at: datetime, user_id: uuid.UUID | None = None, workspace_id: uuid.UUID | None = None
) -> Restriction | None:
    """The restriction that takes ``capability`` away at ``at``, the longest first, or None. One query.

    A workspace is touched by its own restrictions and, where it is personal, by its person's.
    """
    target = Q()
    if user_id:
        target |= Q(user=user_id)
    if workspace_id:
        target |= Q(workspace=workspace_id) | Q(user__personal_workspace=workspace_id)
    if not target:
        return None
    active = Restriction.objects.active(at).filter(target, capability=capability)
    return max(active, key=lambda r: (r.ends_at is None, r.ends_at or at), default=None)


def list_capabilities_taken(*, user_id: uuid.UUID, at: datetime) -> list[str]:
    """The capabilities a user lacks at ``at``."""
    active = Restriction.objects.active(at).filter(user=user_id)
    return sorted(set(active.values_list("capability", flat=True)))
