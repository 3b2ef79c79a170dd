"""API keys, as they authenticate and as their workspace sees them."""

from __future__ import annotations

import hmac
from datetime import datetime
from typing import Any

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import OuterRef, QuerySet, Subquery

from accounts.keys import digest_of
from accounts.models import ApiKey, Membership, Restriction, User, Workspace
from accounts.states import Capability, KeyState


def find_api_key(*, secret: str, at: datetime) -> ApiKey | None:
    """The key ``secret`` is, with its maker and workspace and all that may stop it, or None. One query.

    The answer carries ``maker_role`` (None where the maker left), ``maker_restricted`` and
    ``workspace_restricted``. It may not work: see ``key_state``.
    """
    digest = digest_of(secret)
    active = Restriction.objects.active(at).order_by()
    key = (
        with_what_stops(ApiKey.objects.filter(secret_digest=digest), at=at)
        .select_related("workspace")
        .annotate(
            workspace_restricted=ArraySubquery(active.filter(workspace=OuterRef("workspace")).values("capability")),
        )
        .first()
    )
    if key is None or not hmac.compare_digest(key.secret_digest, digest):
        return None
    return key


def with_what_stops(keys: QuerySet[ApiKey], *, at: datetime) -> QuerySet[ApiKey]:
    """``keys`` with their makers and what ``key_state`` asks, in the same query."""
    role = Membership.objects.filter(workspace=OuterRef("workspace"), user=OuterRef("created_by")).values("role")
    taken = Restriction.objects.active(at).order_by().filter(user=OuterRef("created_by")).values("capability")
    return keys.select_related("created_by").annotate(
        maker_role=Subquery(role[:1]), maker_restricted=ArraySubquery(taken)
    )


def key_state(key: Any, *, at: datetime) -> KeyState:
    """Whether a key works at ``at``, of a row that ``with_what_stops`` read. Authentication asks the same."""
    if key.revoked_at is not None:
        return KeyState.REVOKED
    if not key.is_live(at):
        return KeyState.EXPIRED
    if not key.created_by.is_active:
        return KeyState.MAKER_DISABLED
    if Capability.LOGIN in key.maker_restricted:
        return KeyState.MAKER_NO_LOGIN
    return KeyState.LIVE if key.maker_role is not None else KeyState.MAKER_LEFT


def list_api_keys(*, workspace: Workspace) -> QuerySet[ApiKey]:
    """The keys of a workspace with their makers, live ones and others."""
    return ApiKey.objects.filter(workspace=workspace).select_related("created_by", "replaced_by")


def list_api_keys_of(*, user: User, at: datetime) -> QuerySet[ApiKey]:
    """The keys a user has made, wherever, newest first, with what may stop them."""
    return with_what_stops(ApiKey.objects.filter(created_by=user), at=at).order_by("-created_at", "-id")
