"""What happens at once when somebody may do nothing any more."""

from __future__ import annotations

from datetime import datetime

from accounts.models import ApiKey, User
from accounts.services._sessions import drop_sessions
from core.actors import Actor
from outbox import services as outbox_services


def stop_everything(*, user: User, actor: Actor, reason: str, at: datetime) -> int:
    """End the sessions and jobs of ``user`` and of their API keys; returns how many sessions there were.

    The keys themselves need nothing: every use of one reads its maker's state. The caller audits.
    """
    keys = [key.public_id for key in ApiKey.objects.filter(created_by=user, revoked_at__isnull=True).only("id")]
    outbox_services.cancel_jobs_of(actor_ids=[user.public_id, *keys], actor=actor, reason=reason, at=at)
    return drop_sessions(user=user)
