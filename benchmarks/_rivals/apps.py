"""The app of the benchmark's tables."""

from django.apps import AppConfig


class RivalsConfig(AppConfig):
    name = "benchmarks._rivals"
    label = "rivals"
    default_auto_field = "django.db.models.BigAutoField"
