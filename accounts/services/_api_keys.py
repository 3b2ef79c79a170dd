"""API keys: made, rotated, revoked."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import NamedTuple

from django.db import transaction
from django.db.models import Q

from accounts.actions import AuditAction
from accounts.errors import KeyAlreadyRotating, KeyRevoked, TooMany
from accounts.keys import digest_of, new_key, visible_part
from accounts.models import ApiKey
from accounts.scopes import Scope
from accounts.services._base import key_target, lock_workspace, refuse_without_reason
from accounts.services._members import require_manager
from accounts.states import KeyMode
from accounts.values import KEY_NAME_LIMIT, clean_networks, clean_title
from audit import services as audit_services
from core.actors import Actor
from core.errors import FieldError, InvalidInput, NotFound

LIVE_LIMIT = 50
LONGEST_OVERLAP = timedelta(days=7)
TOUCH_EVERY = timedelta(minutes=1)


class NewKey(NamedTuple):
    """A key that was just made. ``secret`` is not stored: it can be told only now."""

    key: ApiKey
    secret: str


@transaction.atomic
def create_api_key(
    *,
    workspace_id: uuid.UUID,
    by_id: uuid.UUID,
    name: str,
    scopes: Sequence[str],
    actor: Actor,
    at: datetime,
    mode: KeyMode = KeyMode.LIVE,
    expires_at: datetime | None = None,
    allowed_networks: Sequence[str] = (),
) -> NewKey:
    """Make a key that acts for ``by_id`` in the workspace, within ``scopes``.

    Refuses MemberRoleMissing (owners and admins make keys), TooMany, InvalidInput.
    """
    workspace = lock_workspace(workspace_id)
    require_manager(workspace, user_id=by_id)
    _refuse_crowd(workspace.pk, at=at)
    if expires_at is not None and expires_at <= at:
        raise InvalidInput(FieldError("expires_at", "past", "The end must lie in the future."))
    made = _insert(
        ApiKey(
            workspace=workspace,
            created_by_id=by_id,
            name=clean_title(name, limit=KEY_NAME_LIMIT),
            mode=mode,
            scopes=_clean_scopes(scopes),
            allowed_networks=clean_networks(allowed_networks),
            expires_at=expires_at,
            created_at=at,
        )
    )
    audit_services.record(
        action=AuditAction.KEY_CREATED,
        at=at,
        actor=actor,
        target=key_target(made.key),
        details=_facts(made.key),
    )
    return made


@transaction.atomic
def rotate_api_key(
    *, workspace_id: uuid.UUID, key_id: uuid.UUID, by_id: uuid.UUID, actor: Actor, at: datetime, overlap: timedelta
) -> NewKey:
    """Make a successor with the same rights; the old key works on for ``overlap`` (up to seven days).

    The successor lives as long as the old key was meant to. Refuses MemberRoleMissing, KeyRevoked,
    KeyAlreadyRotating, TooMany, InvalidInput.
    """
    if not timedelta() <= overlap <= LONGEST_OVERLAP:
        raise InvalidInput(FieldError("overlap_seconds", "range", "Between 0 seconds and 7 days."))
    workspace = lock_workspace(workspace_id)
    require_manager(workspace, user_id=by_id)
    old = _lock(key_id, workspace_id=workspace_id)
    if not old.is_live(at):
        raise KeyRevoked
    if old.replaced_by_id is not None:
        raise KeyAlreadyRotating
    _refuse_crowd(workspace_id, at=at)
    made = _insert(
        ApiKey(
            workspace=workspace,
            created_by_id=by_id,
            name=old.name,
            mode=old.mode,
            scopes=old.scopes,
            allowed_networks=old.allowed_networks,
            expires_at=at + (old.expires_at - old.created_at) if old.expires_at else None,
            created_at=at,
        )
    )
    old.replaced_by = made.key
    old.expires_at = min(at + overlap, old.expires_at or at + overlap)
    old.save(update_fields=["replaced_by", "expires_at"])
    audit_services.record(
        action=AuditAction.KEY_ROTATED,
        at=at,
        actor=actor,
        target=key_target(old),
        details={"successor": made.key.public_id, "old_key_ends_at": old.expires_at.isoformat()},
    )
    return made


@transaction.atomic
def revoke_api_key(
    *, workspace_id: uuid.UUID, key_id: uuid.UUID, by_id: uuid.UUID, actor: Actor, at: datetime
) -> ApiKey:
    """Stop a key at once, for good. Refuses MemberRoleMissing, NotFound, KeyRevoked."""
    require_manager(lock_workspace(workspace_id), user_id=by_id)
    return _revoke(_lock(key_id, workspace_id=workspace_id), actor=actor, at=at)


@transaction.atomic
def revoke_api_key_as_staff(*, key_id: uuid.UUID, actor: Actor, reason: str, at: datetime, ticket: str = "") -> ApiKey:
    """Stop a customer's key. Refuses NotFound, KeyRevoked, a missing reason."""
    return _revoke(_lock(key_id), actor=actor, at=at, reason=refuse_without_reason(reason), ticket=ticket)


def touch_api_key(*, key_id: uuid.UUID, at: datetime) -> None:
    """Note the use of a key, at most once a minute however many ask at the same time."""
    before = at - TOUCH_EVERY
    ApiKey.objects.filter(Q(last_used_at__isnull=True) | Q(last_used_at__lte=before), pk=key_id).update(last_used_at=at)


def _lock(key_id: uuid.UUID, *, workspace_id: uuid.UUID | None = None) -> ApiKey:
    keys = ApiKey.objects.select_for_update().filter(pk=key_id)
    key = (keys.filter(workspace=workspace_id) if workspace_id else keys).first()
    if key is None:
        raise NotFound
    return key


def _insert(key: ApiKey) -> NewKey:
    secret = new_key(KeyMode(key.mode))
    key.key_prefix, key.secret_digest = visible_part(secret), digest_of(secret)
    key.save(force_insert=True)
    return NewKey(key, secret)


def _revoke(key: ApiKey, *, actor: Actor, at: datetime, reason: str = "", ticket: str = "") -> ApiKey:
    if not key.is_live(at):
        raise KeyRevoked
    key.revoked_at, key.revoked_by = at, actor.id
    key.save(update_fields=["revoked_at", "revoked_by"])
    audit_services.record(
        action=AuditAction.KEY_REVOKED,
        at=at,
        actor=actor,
        target=key_target(key),
        reason=reason,
        ticket=ticket,
        details={"key_prefix": key.key_prefix},
    )
    return key


def _refuse_crowd(workspace_id: uuid.UUID, *, at: datetime) -> None:
    live = ApiKey.objects.filter(
        Q(expires_at__isnull=True) | Q(expires_at__gt=at), workspace=workspace_id, revoked_at__isnull=True
    )
    if live.count() >= LIVE_LIMIT:
        raise TooMany(what="live API keys", limit=LIVE_LIMIT)


def _clean_scopes(scopes: Sequence[str]) -> list[str]:
    wanted = set(scopes)
    if not wanted:
        raise InvalidInput(FieldError("scopes", "required", "Name at least one scope."))
    if unknown := sorted(wanted - set(Scope.values)):
        raise InvalidInput(FieldError("scopes", "unknown", f"No such scope: {unknown[0][:64]}."))
    return sorted(wanted)


def _facts(key: ApiKey) -> dict[str, object]:
    return {
        "key_prefix": key.key_prefix,
        "scopes": key.scopes,
        "allowed_networks": key.allowed_networks,
        "expires_at": key.expires_at.isoformat() if key.expires_at else "",
    }
