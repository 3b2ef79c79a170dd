"""Which staff roles people hold."""

from __future__ import annotations

import uuid

from django.db.models import QuerySet

from accounts.models import User
from accounts.roles import StaffRole, roles_with
from accounts.states import UserStatus


def list_roles(*, user_id: uuid.UUID) -> frozenset[str]:
    """The staff roles of a user. Groups that are no role count for nothing."""
    names = User.groups.through.objects.filter(user_id=user_id).values_list("group__name", flat=True)
    return frozenset(names) & frozenset(StaffRole.values)


def list_staff_with(permission: str) -> QuerySet[User]:
    """Active staff who hold ``permission``: who can be asked."""
    return (
        User.objects.filter(is_staff=True, status=UserStatus.ACTIVE, groups__name__in=roles_with(permission))
        .distinct()
        .order_by("name", "id")
    )


def find_role_label(role: str) -> str:
    """How a role is called to people; the role itself where it is none of ours."""
    return str(StaffRole(role).label) if role in StaffRole.values else role
