"""The outbox on its own: what the processes of the fault tests run with. Numbers come from the test."""

import os
from pathlib import Path
from typing import Any

from config.settings.test import *  # noqa: F403

INSTALLED_APPS = [
    "django.contrib.contenttypes",
    "django.contrib.auth",
    "core",
    "audit",
    "outbox",
]
AUTH_USER_MODEL = "auth.User"
AUTHENTICATION_BACKENDS = ["django.contrib.auth.backends.ModelBackend"]
MIDDLEWARE: list[str] = []
ROOT_URLCONF = "tests.faults.outbox_settings"
urlpatterns: list[Any] = []
TEMPLATES: list[dict[str, Any]] = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [Path(__file__).parent / "templates", Path(__file__).parents[2] / "templates"],
    }
]
EMAIL_FILE_PATH = Path(os.environ["FAULT_DIR"]) / "mail"

for _name in ("LEASE", "HEARTBEAT", "STOP_GRACE", "RESEND", "TICK", "DEAF"):
    if f"FAULT_{_name}" in os.environ:
        globals()[f"OUTBOX_{_name}_SECONDS"] = float(os.environ[f"FAULT_{_name}"])
OUTBOX_QUEUE_PREFIX = os.environ.get("FAULT_PREFIX", "faults.")
CELERY_TASK_DEFAULT_QUEUE = f"{OUTBOX_QUEUE_PREFIX}default"
