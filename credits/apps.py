"""The ledger: accounts, lots, holds, entries."""

from django.apps import AppConfig


class CreditsConfig(AppConfig):
    name = "credits"

    def ready(self) -> None:
        from credits import mails, tasks, wiring

        mails.register()
        wiring.register()
        assert tasks
