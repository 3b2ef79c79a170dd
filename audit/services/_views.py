"""Keeping searches of the trail."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction

from audit.actions import AuditAction
from audit.errors import NameTaken
from audit.models import SavedView
from audit.services._entries import record
from audit.tokens import parse_tokens
from core.actors import Actor, Target
from core.errors import FieldError, InvalidInput, NotFound
from core.ids import from_public


@transaction.atomic
def save_view(*, name: str, query: str, actor: Actor, reason: str = "", at: datetime) -> SavedView:
    """Keep a search under a name of the actor's own.

    Refuses a search that is not understood or an empty name (InvalidInput), and a name in use (NameTaken).
    """
    if not name.strip() or len(name) > 100:
        raise InvalidInput(FieldError("name", "invalid", "Give it a name of at most 100 characters."))
    if len(query) > 200 or parse_tokens(query) is None:
        raise InvalidInput(
            FieldError("query", "invalid", "Use tokens such as actor:… action:credits.* from:2026-01-31.")
        )
    view, is_new = SavedView.objects.get_or_create(
        owner_id=actor.id, name=name.strip(), defaults={"query": query, "created_at": at}
    )
    if not is_new:
        raise NameTaken
    _record(view, action=AuditAction.VIEW_SAVED, actor=actor, reason=reason, at=at)
    return view


@transaction.atomic
def remove_view(*, view_id: str, actor: Actor, reason: str = "", at: datetime) -> None:
    """Forget a search. Refuses one that is not the actor's own (NotFound)."""
    pk = from_public(SavedView.id_prefix, view_id)
    view = SavedView.objects.filter(pk=pk, owner_id=actor.id).first() if pk else None
    if view is None:
        raise NotFound
    _record(view, action=AuditAction.VIEW_REMOVED, actor=actor, reason=reason, at=at)
    view.delete()


def _record(view: SavedView, *, action: AuditAction, actor: Actor, reason: str, at: datetime) -> None:
    target = Target("audit.savedview", view.public_id)
    record(
        action=action,
        at=at,
        actor=actor,
        target=target,
        reason=reason,
        details={"name": view.name, "query": view.query},
    )
