"""What must always hold of users, workspaces and roles."""

from __future__ import annotations

from collections.abc import Callable

from django.db.models import Count, Exists, F, OuterRef, Q

from accounts.models import Membership, User, Workspace
from accounts.roles import StaffRole
from accounts.states import MemberRole
from core.registries import Violation

_SHOWN = 100


def every_user_has_a_personal_workspace() -> list[Violation]:
    """Each user owns a workspace of their own and is its owner-member."""
    own = Membership.objects.filter(
        user=OuterRef("pk"), workspace__personal_owner=OuterRef("pk"), role=MemberRole.OWNER
    )
    broken = User.objects.filter(~Exists(own))[:_SHOWN]
    return [
        Violation("accounts.personal_workspace", u.public_id, "has no personal workspace of their own") for u in broken
    ]


def every_workspace_has_an_owner() -> list[Violation]:
    """No workspace is left without somebody who can manage it."""
    owners = Membership.objects.filter(workspace=OuterRef("pk"), role=MemberRole.OWNER)
    broken = Workspace.objects.filter(~Exists(owners))[:_SHOWN]
    return [Violation("accounts.workspace_owner", w.public_id, "has no owner") for w in broken]


def personal_workspaces_have_one_member() -> list[Violation]:
    """A personal workspace is its person's alone."""
    counted = Workspace.objects.filter(personal_owner__isnull=False).annotate(n=Count("memberships"))
    broken = counted.filter(~Q(n=1) | ~Q(memberships__user=F("personal_owner")))[:_SHOWN]
    return [Violation("accounts.personal_members", w.public_id, "has other members than its person") for w in broken]


def staff_are_those_with_a_role() -> list[Violation]:
    """``is_staff`` says exactly whether somebody holds a staff role."""
    roles = User.groups.through.objects.filter(user_id=OuterRef("pk"), group__name__in=StaffRole.values)
    broken = User.objects.annotate(has_role=Exists(roles)).exclude(is_staff=F("has_role"))[:_SHOWN]
    return [Violation("accounts.staff_roles", u.public_id, "is_staff and the staff roles disagree") for u in broken]


def nobody_is_superuser() -> list[Violation]:
    """The flag grants nothing here; where it is set, somebody expected it to."""
    return [
        Violation("accounts.superuser", u.public_id, "has the superuser flag, which nobody needs")
        for u in User.objects.filter(is_superuser=True)[:_SHOWN]
    ]


ALL: dict[str, Callable[[], list[Violation]]] = {
    "accounts.personal_workspace": every_user_has_a_personal_workspace,
    "accounts.workspace_owner": every_workspace_has_an_owner,
    "accounts.personal_members": personal_workspaces_have_one_member,
    "accounts.staff_roles": staff_are_those_with_a_role,
    "accounts.superuser": nobody_is_superuser,
}
