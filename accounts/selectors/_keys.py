"""API keys, as they authenticate and as their workspace sees them."""

from __future__ import annotations

import hmac
from datetime import datetime

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import OuterRef, QuerySet, Subquery

from accounts.keys import digest_of
from accounts.models import ApiKey, Membership, Restriction, User, Workspace


def find_api_key(*, secret: str, at: datetime) -> ApiKey | None:
    """The key ``secret`` is, with its maker and workspace and all that may stop it, or None. One query.

    The answer carries ``maker_role`` (None where the maker left), ``maker_restricted`` and
    ``workspace_restricted``. It may be revoked or expired: see ``is_live``.
    """
    digest = digest_of(secret)
    active = Restriction.objects.active(at).order_by()
    role = Membership.objects.filter(workspace=OuterRef("workspace"), user=OuterRef("created_by")).values("role")
    key = (
        ApiKey.objects.filter(secret_digest=digest)
        .select_related("created_by", "workspace")
        .annotate(
            maker_role=Subquery(role[:1]),
            maker_restricted=ArraySubquery(active.filter(user=OuterRef("created_by")).values("capability")),
            workspace_restricted=ArraySubquery(active.filter(workspace=OuterRef("workspace")).values("capability")),
        )
        .first()
    )
    if key is None or not hmac.compare_digest(key.secret_digest, digest):
        return None
    return key


def list_api_keys(*, workspace: Workspace) -> QuerySet[ApiKey]:
    """The keys of a workspace with their makers, live ones and others."""
    return ApiKey.objects.filter(workspace=workspace).select_related("created_by", "replaced_by")


def list_api_keys_of(*, user: User) -> QuerySet[ApiKey]:
    """The keys a user has made, wherever, newest first."""
    return ApiKey.objects.filter(created_by=user).order_by("-created_at", "-id")
