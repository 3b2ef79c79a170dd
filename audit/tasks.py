"""The trail's jobs."""

from __future__ import annotations

from datetime import timedelta

from audit import services
from core import clock
from core.jobs import job


@job("audit.expire_due_approvals", every=timedelta(minutes=5))
def expire_due_approvals() -> None:
    """End requests that nobody decided in time."""
    services.expire_due_approvals(at=clock.now())


# A transaction each batch: audit_mark, which every writer of checkpoints locks, is not held for the whole run.
@job("audit.reconcile", every=timedelta(minutes=5), timeout_seconds=600, transactional=False)
def reconcile() -> None:
    """Seal what is settled and list watched changes that have no entry."""
    services.reconcile(at=clock.now())


@job("audit.make_partitions_ahead", every=timedelta(days=1), offset=timedelta(hours=1), catch_up=True)
def make_partitions_ahead() -> None:
    """Make the months to come."""
    services.make_partitions_ahead(at=clock.now())


@job(
    "audit.verify_and_keep",
    every=timedelta(days=1),
    offset=timedelta(hours=2),
    timeout_seconds=1200,
    transactional=False,
)
def verify_and_keep() -> None:
    """Read the whole trail again; what does not fit into a quarter of an hour is next day's."""
    services.verify_and_keep(at=clock.now(), finished_at=clock.now, stop_after_seconds=900)


@job("audit.write_export", queue="default", timeout_seconds=1200)
def write_export(*, export_id: str) -> None:
    """Write the file of an export."""
    services.write_export(export_id=export_id, at=clock.now())


@job("audit.expire_due_exports", every=timedelta(hours=1))
def expire_due_exports() -> None:
    """Delete files that have had their time."""
    services.expire_due_exports(at=clock.now())


@job("audit.forget_used_forms", every=timedelta(hours=6))
def forget_used_forms() -> None:
    """Delete tokens of forms that nobody can send any more."""
    services.forget_used_forms(at=clock.now())
