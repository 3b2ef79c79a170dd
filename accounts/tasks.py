"""The jobs of this app: all on a schedule, none needed for a rule to hold."""

from __future__ import annotations

from datetime import timedelta

from accounts import services
from core import clock
from core.jobs import job


@job("accounts.stamp_ended_restrictions", every=timedelta(minutes=1))
def stamp_ended_restrictions() -> int:
    """Write down that restrictions have ended by themselves."""
    return services.stamp_ended_restrictions(at=clock.now())


@job("accounts.settle_due_email_changes", every=timedelta(minutes=1))
def settle_due_email_changes() -> int:
    """Apply what was confirmed once its cooling-off is over; expire what was forgotten."""
    return services.settle_due_email_changes(at=clock.now())


@job("accounts.forget_ended_sessions", every=timedelta(hours=6))
def forget_ended_sessions() -> int:
    """Delete what is left of sessions that ran out."""
    return services.forget_ended_sessions(at=clock.now())


@job("accounts.forget_old_logins", every=timedelta(hours=6), offset=timedelta(hours=1))
def forget_old_logins() -> int:
    """Delete counters and networks that no rule looks at any more."""
    return services.forget_old_logins(at=clock.now())
