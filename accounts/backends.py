"""Who may log in, and what staff may do."""

from __future__ import annotations

from typing import Any

from allauth.account.auth_backends import AuthenticationBackend
from django.contrib.auth.backends import BaseBackend
from django.core.exceptions import PermissionDenied

from accounts import roles, selectors, services
from accounts.models import User
from accounts.states import Capability
from core import clock

_CACHE = "_staff_roles"


def roles_of(user: Any) -> frozenset[str]:
    """The staff roles of ``user``, read once for each user object, that is once a request."""
    if not getattr(user, "is_active", False) or not getattr(user, "is_staff", False):
        return frozenset()
    held: frozenset[str] | None = getattr(user, _CACHE, None)
    if held is None:
        held = selectors.list_roles(user_id=user.pk)
        setattr(user, _CACHE, held)
    return held


class StaffRoleBackend(BaseBackend):
    """Grants permissions by staff role, from the table in accounts/roles.py; never authenticates.

    Its no is final: a permission row in the database, which nothing here writes, cannot widen a role.
    """

    def has_perm(self, user_obj: Any, perm: str, obj: Any = None) -> bool:
        if not roles.is_allowed(roles_of(user_obj), perm):
            raise PermissionDenied
        return True

    def has_module_perms(self, user_obj: Any, app_label: str) -> bool:
        if not any(p.startswith(f"{app_label}.") for p in roles.permissions_of(roles_of(user_obj))):
            raise PermissionDenied
        return True

    def get_all_permissions(self, user_obj: Any, obj: Any = None) -> set[str]:
        return set(roles.permissions_of(roles_of(user_obj)))


class AccountBackend(AuthenticationBackend):  # type: ignore[misc]
    """Passwords by e-mail. A user who is disabled or may not log in has no session either.

    ``get_user`` runs for every request of a session, so a suspension works at once.
    """

    def get_user(self, user_id: Any) -> User | None:
        user = User.objects.with_restrictions(clock.now()).filter(pk=user_id).first()
        return user if user is not None and self.user_can_authenticate(user) else None

    def _check_password(self, user: Any, password: str) -> Any:
        """As the library does; a password that is right is stored by the rules of today."""
        found = super()._check_password(user, password)
        if found is not None:
            services.renew_password_hash(user=found, password=password, at=clock.now())
        return found

    def user_can_authenticate(self, user: Any) -> bool:
        if not user.is_active:
            return False
        taken = getattr(user, "restricted", None)
        if taken is None:
            taken = selectors.list_capabilities_taken(user_id=user.pk, at=clock.now())
        return Capability.LOGIN not in taken

    def get_all_permissions(self, user_obj: Any, obj: Any = None) -> set[str]:
        """None: permissions come from StaffRoleBackend alone."""
        return set()
