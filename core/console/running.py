"""Running an action: from the form and from a bulk run, with one entry in the trail either way."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import AbstractContextManager
from datetime import datetime
from typing import TYPE_CHECKING, Any

from django.contrib import admin
from django.contrib.auth import get_user_model
from django.db import models, transaction

from core import context
from core.actors import Target
from core.console import footprints
from core.console.actions import Action, ActionCall, ManyCall
from core.console.once import AlreadyDone
from core.errors import FieldError, InvalidInput, NotFound, PermissionMissing, Refusal
from core.ids import from_public

if TYPE_CHECKING:
    from core.console.model_admin import ConsoleAdmin


def perform(
    action: Action, call: ActionCall | ManyCall, *, kind: str, target: Target, scope: AbstractContextManager[Any]
) -> Any:
    """Run ``action`` inside ``scope`` (a transaction) and return what it returns.

    The command records what was done. A Refusal, or anything that breaks, is recorded here after
    the rollback and raised again; AlreadyDone leaves nothing, because nothing was tried.
    """
    name = action.trail_name(kind)
    try:
        with scope:
            return action.run_many(call) if isinstance(call, ManyCall) and action.run_many else action.run(call)  # type: ignore[arg-type]
    except AlreadyDone:
        raise
    except Refusal as refusal:
        footprints.refused(name, target=target, refusal=refusal, reason=call.reason, ticket=call.ticket)
        raise
    except Exception as error:
        footprints.failed(name, target=target, error=error, reason=call.reason, ticket=call.ticket)
        raise


def action_key(kind: str, action: Action) -> str:
    """The name an action has outside its page: ``accounts.user/suspend``."""
    return f"{kind}/{action.name}"


def run_action(
    *,
    action: str,
    object_id: str,
    data: Mapping[str, Any],
    reason: str,
    ticket: str,
    at: datetime,
    idempotency_key: str,
) -> str:
    """Run one item of a bulk run under the context's actor; returns the message of the deed.

    Every item asks again: the actor may have lost the permission, the object may be gone (NotFound)
    or in another state. Refusals are raised after their entry was written; a caller that wants the
    entry to stay must catch them inside its own transaction.
    """
    kind, _, name = action.partition("/")
    console_admin = admin_of(kind)
    found = console_admin.find_action(name) if console_admin else None
    if console_admin is None or found is None or not found.bulk or found.run_many:
        raise NotFound
    obj = console_admin.find_object(object_id)
    if obj is None:
        raise NotFound
    target = console_admin.target_of(obj)
    actor = context.current().actor
    if not _may(actor.id, found.permission):
        missing = PermissionMissing(found.permission)
        footprints.refused(found.trail_name(kind), target=target, refusal=missing, reason=reason, ticket=ticket)
        raise missing
    form = found.form({**data, "reason": reason, "ticket": ticket}, obj=obj)
    if not form.is_valid():
        raise InvalidInput(*[FieldError(f, "invalid", "; ".join(map(str, e))) for f, e in form.errors.items()])
    call = ActionCall(obj, form.cleaned_data, reason, ticket, actor, at, idempotency_key)
    result = perform(found, call, kind=kind, target=target, scope=transaction.atomic())
    return str(result) if isinstance(result, str) else ""


def admin_of(kind: str) -> ConsoleAdmin | None:
    """The admin class of a kind: its ``target_kind``."""
    registered: list[Any] = list(admin.site._registry.values())
    return next((found for found in registered if found.target_kind == kind), None)


def _may(actor_id: str, permission: str) -> bool:
    user_model: type[models.Model] = get_user_model()
    key = from_public(getattr(user_model, "id_prefix", ""), actor_id)
    user: Any = user_model._default_manager.filter(pk=key).first() if key else None
    return bool(user and user.is_active and user.is_staff and user.has_perm(permission))
