"""What happens at once when somebody may do nothing any more."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from accounts.models import ApiKey, User
from accounts.services._email_changes import drop_email_change
from accounts.services._sessions import drop_sessions
from core.actors import Actor
from outbox import services as outbox_services


def stop_everything(*, user: User, actor: Actor, reason: str, at: datetime) -> dict[str, Any]:
    """End the sessions, jobs and open change of address of ``user``, and the jobs of their API keys.

    Returns what the caller's entry should tell: how many sessions and jobs ended, which change was
    canceled; what there was none of is left out. The keys themselves need nothing: every use of one
    reads its maker's state.
    """
    keys = [key.public_id for key in ApiKey.objects.filter(created_by=user, revoked_at__isnull=True).only("id")]
    jobs = outbox_services.cancel_jobs_of(actor_ids=[user.public_id, *keys], actor=actor, reason=reason, at=at)
    canceled = drop_email_change(user=user, at=at)
    ended = {"sessions_ended": drop_sessions(user=user), "jobs_canceled": jobs, "email_change_canceled": canceled}
    return {what: found for what, found in ended.items() if found}
