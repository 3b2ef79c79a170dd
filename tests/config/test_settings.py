"""Settings as each way of running loads them."""

import json
import os
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest

from operations import checks
from tests.config.variables import VARIABLES

ROOT = Path(__file__).resolve().parents[2]
PRODUCTION = {
    "DJANGO_SETTINGS_MODULE": "config.settings.prod",
    "SECRET_KEY": "made-up-0123456789-abcdefghijklmnopqrstuvwxyz-ABCDEFGHIJ",
    "API_KEY_PEPPER": "made-up-9876543210-zyxwvutsrqponmlkjihgfedcba-JIHGFEDCBA",
    "ALLOWED_HOSTS": "ballast.example",
    "BASE_URL": "https://ballast.example",
    "TRUSTED_PROXY_COUNT": "1",
    "DATABASE_URL": "postgresql://ballast@database.example/ballast",
    "REDIS_URL": "redis://cache.example/0",
    "CELERY_BROKER_URL": "amqp://broker.example//",
    "EMAIL_URL": "smtp://mail.example",
    "DEFAULT_FROM_EMAIL": "Ballast <no-reply@ballast.example>",
}


def _surroundings() -> dict[str, str]:
    """This process's environment without the product's variables, and without what browser tests set."""
    return {
        name: value for name, value in os.environ.items() if name not in VARIABLES and not name.startswith("DJANGO_")
    }


def manage(*arguments: str, **variables: str) -> subprocess.CompletedProcess:
    return subprocess.run(
        [sys.executable, "manage.py", *arguments],
        cwd=ROOT,
        env={**_surroundings(), **variables},
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )


def test_a_wrong_variable_ends_the_command_in_one_line():
    done = manage("check", PORT="eighty")

    assert done.returncode == 1
    assert done.stderr == "error: PORT: expected a whole number from 1 to 65535.\n"


SECRET = "hunter2hunter2"


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("EMAIL_URL", f"smtp://user:pa/{SECRET}@mail.example"),
        ("EMAIL_URL", f"smtp://user:{SECRET}@[::1"),
        ("EMAIL_URL", f"smtp://user:{SECRET}@mail.example:port"),
        ("SENTRY_DSN", f"https://sentry.example/{SECRET}/1"),
        ("DATABASE_URL", f"postgresql://user:5/{SECRET}@db.example/ballast"),
        ("REDIS_URL", f"redis://:5/{SECRET}@cache.example/0"),
        ("CELERY_BROKER_URL", f"amqp://user:5/{SECRET}@broker.example//"),
        ("BALLAST_VAR", f"/proc/{SECRET}"),
    ],
)
def test_a_value_of_no_use_ends_the_command_in_one_line_without_it(name, value):
    done = manage("check", **{name: value})

    assert done.returncode == 1
    (line,) = done.stderr.splitlines()
    assert line.startswith("error: ")
    assert name in line
    assert SECRET not in line or name == "BALLAST_VAR"  # a folder is no secret, and has to be named


class TestProduction:
    def test_the_deployment_check_is_clean(self):
        done = manage("check", "--deploy", "--fail-level", "WARNING", **PRODUCTION)

        assert "no issues" in done.stdout, done.stderr

    @pytest.mark.parametrize("name", ["SECRET_KEY", "API_KEY_PEPPER", "ALLOWED_HOSTS", "BASE_URL"])
    def test_what_has_no_default_must_be_there(self, name):
        done = manage("check", **{**PRODUCTION, name: ""})

        assert done.returncode == 1
        assert done.stderr.startswith(f"error: {name}: expected ")

    def test_embedded_engines_and_a_missing_proxy_are_warned_about(self, tmp_path):
        without = {**PRODUCTION, "DATABASE_URL": "", "TRUSTED_PROXY_COUNT": "0", "BALLAST_VAR": str(tmp_path)}
        done = manage("check", "--deploy", **without)

        assert "operations.W002" in done.stderr
        assert "operations.W003" in done.stderr

    @pytest.mark.parametrize(
        ("name", "value", "warned"),
        [
            ("EMAIL_URL", "", "outbox.W008"),
            ("EMAIL_URL", "file://", "outbox.W008"),
            ("DEFAULT_FROM_EMAIL", "", "outbox.W009"),
        ],
    )
    def test_mail_that_reaches_nobody_is_warned_about(self, name, value, warned):
        done = manage("check", "--deploy", "--fail-level", "WARNING", **{**PRODUCTION, name: value})

        assert done.returncode == 1
        assert warned in done.stderr

    @pytest.mark.parametrize(("environment", "found"), [("production", ["operations.E001"]), ("development", [])])
    def test_a_stand_in_for_development_stops_the_start(self, monkeypatch, environment, found):
        installed = SimpleNamespace(ENVIRONMENT=environment, INSTALLED_APPS=["core", "sandbox.stripe"])
        monkeypatch.setattr(checks, "settings", installed)

        assert [message.id for message in checks.refuse_sandbox_in_production()] == found


class TestSentry:
    def test_nothing_is_sent_while_it_is_not_set(self):
        assert sentry_options(SENTRY_DSN="") == "inactive"

    def test_it_is_told_no_personal_data(self):
        said = sentry_options(SENTRY_DSN="https://key@sentry.example/1")

        assert said == "pii=False bodies=never locals=False scrubbed=without_personal_data"


ASK_SENTRY = """
import django, sentry_sdk
django.setup()
client = sentry_sdk.get_client()
told = client.options
if client.is_active():
    print(f"pii={told['send_default_pii']}", f"bodies={told['max_request_body_size']}", end=" ")
    print(f"locals={told['include_local_variables']}", f"scrubbed={told['before_send'].__name__}")
else:
    print("inactive")
"""


def sentry_options(**variables: str) -> str:
    """What Sentry's client was given, asked in a process of its own: it hooks into everything."""
    done = subprocess.run(
        [sys.executable, "-c", ASK_SENTRY],
        cwd=ROOT,
        env={**_surroundings(), "DJANGO_SETTINGS_MODULE": "config.settings.test", **variables},
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )
    return done.stdout.strip().splitlines()[-1]


SPEAK_AS_GUNICORN = """
from gunicorn.app.wsgiapp import WSGIApplication
app = WSGIApplication("%(prog)s", prog="gunicorn")
log = app.cfg.logger_class(app.cfg)
log.info("Listening at: %s", "http://127.0.0.1:8000")
log.error("Error handling request %s", "/admin/?q=ada@example.com")
"""


def test_gunicorn_writes_its_log_as_json(tmp_path):
    done = subprocess.run(
        [sys.executable, "-c", SPEAK_AS_GUNICORN, "--config", "config/gunicorn.py", "config.wsgi"],
        cwd=ROOT,
        env={**_surroundings(), "DJANGO_SETTINGS_MODULE": "config.settings.test", "BALLAST_VAR": str(tmp_path)},
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )
    said = [json.loads(line) for line in done.stderr.splitlines()]

    assert [(line["level"], line["event"]) for line in said] == [
        ("info", "Listening at: http://127.0.0.1:8000"),
        ("error", "Error handling request /admin/?…"),
    ]
