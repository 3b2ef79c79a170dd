"""One question, asked at every door of the console."""

from __future__ import annotations

from django.http import HttpRequest

from core.errors import PermissionMissing


def require(request: HttpRequest, permission: str) -> None:
    """Raise PermissionMissing unless the signed-in staff member has ``permission``."""
    if not request.user.has_perm(permission):
        raise PermissionMissing(permission)
