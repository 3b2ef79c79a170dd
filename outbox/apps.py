"""The outbox: everything that leaves a transaction."""

from django.apps import AppConfig
from django.utils.module_loading import autodiscover_modules


class OutboxConfig(AppConfig):
    """Sets the carrier of jobs, reads every app's job declarations, fills the registries."""

    name = "outbox"

    def ready(self) -> None:
        from core import jobs, registries
        from outbox import checks, health, invariants, privacy, receivers  # noqa: F401  checks register themselves
        from outbox.actions import LABELS
        from outbox.backend import OutboxBackend

        jobs.use_backend(OutboxBackend())
        autodiscover_modules("tasks")
        receivers.connect()
        for action, label in LABELS.items():
            registries.audit_labels.register(action, registries.AuditLabel(label))
        for name, check in health.CHECKS.items():
            registries.health_checks.register(name, check)
        for name, statement in vars(invariants).items():
            if name.startswith("check_"):
                registries.invariants.register(f"outbox.{name.removeprefix('check_')}", statement)
        for source in privacy.SOURCES:
            registries.privacy_sources.register(source.name, source)
