"""The test suite: like development, with quick hashing and nothing that waits."""

from config.settings.dev import *

ENVIRONMENT = "test"
# dj-stripe's tables straight from its models: its migrations cost half a minute of CPU for each new template.
# `make check` makes sure that both say the same, and tests/faults/test_migrations.py runs them all.
MIGRATION_MODULES = {"djstripe": None}
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
STAFF_MFA_REQUIRED = True
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
}
# static files straight from the source folders: nothing is collected before a test run
WHITENOISE_AUTOREFRESH = True
WHITENOISE_USE_FINDERS = True
LIMIT_SCALE = 10_000
