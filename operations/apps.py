from django.apps import AppConfig


class OperationsConfig(AppConfig):
    name = "operations"

    def ready(self) -> None:
        from core import registries
        from operations import checks  # noqa: F401  checks register themselves
        from operations.actions import LABELS

        for action, label in LABELS.items():
            registries.audit_labels.register(action, registries.AuditLabel(label))
