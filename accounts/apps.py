from django.apps import AppConfig


class AccountsConfig(AppConfig):
    name = "accounts"

    def ready(self) -> None:
        from accounts import mails, tasks, wiring

        mails.register()
        wiring.connect(self)
        wiring.register()
        assert tasks
