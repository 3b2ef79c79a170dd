from django.apps import AppConfig
from django.contrib.admin import apps as admin_apps


class CoreConfig(AppConfig):
    name = "core"
    default = True

    def ready(self) -> None:
        from core.console import footprints

        footprints.register_labels()


class ConsoleAdminConfig(admin_apps.AdminConfig):
    """django.contrib.admin with the console as its default site."""

    default = False
    default_site = "core.console.sites.ConsoleSite"
