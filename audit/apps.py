"""The trail: who did what to what, and why; and who allowed it."""

from django.apps import AppConfig


class AuditConfig(AppConfig):
    name = "audit"

    def ready(self) -> None:
        from django.db.models.signals import post_migrate

        from audit import health, invariants, receivers, services, tasks, trail_export  # noqa: F401  tasks declare themselves
        from audit.actions import LABELS
        from core import registries, trail
        from core.console import ports

        trail.use_recorder(services.record)
        ports.use_form_register(services.use_form)
        post_migrate.connect(receivers.make_partitions_after_migrate, sender=self)
        registries.health_checks.register("audit", health.trail_is_healthy)
        registries.export_sources.register(trail_export.SOURCE.name, trail_export.SOURCE)
        for action, label in LABELS.items():
            registries.audit_labels.register(action, registries.AuditLabel(label))
        for check in (
            invariants.guards_stand,
            invariants.changes_have_entries,
            invariants.approvals_have_entries,
            invariants.nobody_approved_their_own,
        ):
            registries.invariants.register(f"audit.{check.__name__}", check)
