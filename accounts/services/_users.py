"""What becomes of a person's account, and what is written on it."""

from __future__ import annotations

import uuid
from datetime import datetime

from django.db import transaction

from accounts import selectors
from accounts.actions import AuditAction
from accounts.errors import LastOwner, NothingToChange, TooMany
from accounts.events import UserDisabled, UserEnabled
from accounts.models import ApiKey, User
from accounts.services._base import lock_user, refuse_unfit_staff, refuse_without_reason, user_target
from accounts.services._stop import stop_everything
from accounts.states import USER_MOVES, UserStatus
from accounts.values import TAG_LIMIT, clean_locale, clean_name, clean_tag, clean_time_zone
from audit import services as audit_services
from core import events
from core.actors import Actor
from core.states import move


def suspend_user(*, user_id: uuid.UUID, actor: Actor, reason: str, at: datetime, ticket: str = "") -> User:
    """Stop an account until somebody reinstates it. Sessions, keys and jobs end with it.

    Refuses InvalidTransition, OwnAccount, and StaffTarget for a colleague's account.
    """
    return _change_status(
        user_id, UserStatus.SUSPENDED, AuditAction.USER_SUSPENDED, actor=actor, reason=reason, at=at, ticket=ticket
    )


def ban_user(*, user_id: uuid.UUID, actor: Actor, reason: str, at: datetime, ticket: str = "") -> User:
    """Stop an account for good: the trust team's last word. Refuses as ``suspend_user``."""
    return _change_status(
        user_id, UserStatus.BANNED, AuditAction.USER_BANNED, actor=actor, reason=reason, at=at, ticket=ticket
    )


def reinstate_user(*, user_id: uuid.UUID, actor: Actor, reason: str, at: datetime, ticket: str = "") -> User:
    """Make a suspended or banned account active again; its keys work again, its sessions are gone."""
    return _change_status(
        user_id,
        UserStatus.ACTIVE,
        AuditAction.USER_REINSTATED,
        actor=actor,
        reason=reason,
        at=at,
        ticket=ticket,
        only_from=frozenset({UserStatus.SUSPENDED, UserStatus.BANNED}),
    )


def close_user(*, user_id: uuid.UUID, actor: Actor, reason: str, at: datetime, ticket: str = "") -> User:
    """Close an account: a soft delete. Its API keys are revoked and stay so after reopening.

    Refuses LastOwner where a team would be left without an owner, and as ``suspend_user``.
    """
    with transaction.atomic():
        user = lock_user(user_id)
        if selectors.list_teams_left_ownerless(user_id=user.pk).exists():
            raise LastOwner
        closed = _change_status(
            user_id, UserStatus.CLOSED, AuditAction.USER_CLOSED, actor=actor, reason=reason, at=at, ticket=ticket
        )
        ApiKey.objects.filter(created_by=user, revoked_at__isnull=True).update(revoked_at=at, revoked_by=actor.id)
    return closed


def reopen_user(*, user_id: uuid.UUID, actor: Actor, reason: str, at: datetime, ticket: str = "") -> User:
    """Make a closed account active again."""
    return _change_status(
        user_id,
        UserStatus.ACTIVE,
        AuditAction.USER_REOPENED,
        actor=actor,
        reason=reason,
        at=at,
        ticket=ticket,
        only_from=frozenset({UserStatus.CLOSED}),
    )


@transaction.atomic
def _change_status(
    user_id: uuid.UUID,
    target: UserStatus,
    /,
    action: AuditAction,
    *,
    actor: Actor,
    reason: str,
    at: datetime,
    ticket: str,
    only_from: frozenset[UserStatus] | None = None,
) -> User:
    user = lock_user(user_id)
    refuse_unfit_staff(actor=actor, user=user)
    reason = refuse_without_reason(reason)
    before = UserStatus(user.status)
    moves = USER_MOVES if only_from is None else {s: USER_MOVES[s] for s in only_from}
    move(user, moves=moves, target=target, at=at)
    user.save(update_fields=["status", "status_changed_at"])
    ended = {} if user.is_active else stop_everything(user=user, actor=actor, reason=reason, at=at)
    audit_services.record(
        action=action,
        at=at,
        actor=actor,
        target=user_target(user),
        reason=reason,
        ticket=ticket,
        changes={"status": (before.value, target.value)},
        details=ended or None,
    )
    if user.is_active:
        events.publish(UserEnabled(user_id=user.public_id, at=at))
    else:
        events.publish(UserDisabled(user_id=user.public_id, status=target.value, at=at))
    return user


@transaction.atomic
def edit_user(
    *,
    user_id: uuid.UUID,
    actor: Actor,
    at: datetime,
    name: str | None = None,
    locale: str | None = None,
    time_zone: str | None = None,
    reason: str = "",
    ticket: str = "",
) -> User:
    """Change how a person is addressed. None leaves a value alone.

    Refuses InvalidInput, StaffTarget, OwnAccount, and NothingToChange where every value is as before.
    """
    user = lock_user(user_id)
    refuse_unfit_staff(actor=actor, user=user)
    wanted: dict[str, str] = {}
    if name is not None:
        wanted["name"] = clean_name(name)
    if locale is not None:
        wanted["locale"] = clean_locale(locale)
    if time_zone is not None:
        wanted["time_zone"] = clean_time_zone(time_zone)
    changes = {field: (getattr(user, field), new) for field, new in wanted.items() if getattr(user, field) != new}
    if not changes:
        raise NothingToChange
    for field, (_old, new) in changes.items():
        setattr(user, field, new)
    user.save(update_fields=list(changes))
    audit_services.record(
        action=AuditAction.USER_EDITED,
        at=at,
        actor=actor,
        target=user_target(user),
        reason=reason,
        ticket=ticket,
        changes=changes,
    )
    return user


@transaction.atomic
def tag_user(*, user_id: uuid.UUID, tag: str, actor: Actor, at: datetime, reason: str = "", ticket: str = "") -> User:
    """Put a tag on a user. Refuses InvalidInput, NothingToChange where it is there, TooMany, StaffTarget."""
    user = lock_user(user_id)
    refuse_unfit_staff(actor=actor, user=user)
    tag = clean_tag(tag)
    if tag in user.tags:
        raise NothingToChange
    if len(user.tags) >= TAG_LIMIT:
        raise TooMany(what="tags", limit=TAG_LIMIT)
    return _set_tags(
        user,
        sorted({*user.tags, tag}),
        action=AuditAction.USER_TAGGED,
        actor=actor,
        at=at,
        reason=reason,
        ticket=ticket,
    )


@transaction.atomic
def untag_user(*, user_id: uuid.UUID, tag: str, actor: Actor, at: datetime, reason: str = "", ticket: str = "") -> User:
    """Take a tag off a user. Refuses NothingToChange where it is not there, StaffTarget."""
    user = lock_user(user_id)
    refuse_unfit_staff(actor=actor, user=user)
    if tag not in user.tags:
        raise NothingToChange
    left = [t for t in user.tags if t != tag]
    return _set_tags(user, left, action=AuditAction.USER_UNTAGGED, actor=actor, at=at, reason=reason, ticket=ticket)


def _set_tags(
    user: User, tags: list[str], *, action: AuditAction, actor: Actor, at: datetime, reason: str, ticket: str
) -> User:
    before, user.tags = user.tags, tags
    user.save(update_fields=["tags"])
    audit_services.record(
        action=action,
        at=at,
        actor=actor,
        target=user_target(user),
        reason=reason,
        ticket=ticket,
        changes={"tags": (before, tags)},
    )
    return user
