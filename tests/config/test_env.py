"""A variable that cannot be used stops the start with its name and what it expects."""

from __future__ import annotations

import importlib.util
from types import ModuleType
from typing import Any

import pytest
from django.core.exceptions import ImproperlyConfigured

from config import env
from tests.config.variables import VARIABLES


def load(monkeypatch: pytest.MonkeyPatch, tmp_path: Any, **variables: str) -> ModuleType:
    """config/env.py, read afresh with these variables and no others."""
    for name in VARIABLES:
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("BALLAST_VAR", str(tmp_path))
    monkeypatch.delenv("DJANGO_SETTINGS_MODULE", raising=False)
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    spec = importlib.util.spec_from_file_location("env_read_afresh", env.__file__)
    module = importlib.util.module_from_spec(spec)
    monkeypatch.setitem(__import__("sys").modules, spec.name, module)
    spec.loader.exec_module(module)
    return module


@pytest.fixture
def read(monkeypatch, tmp_path):
    return lambda **variables: load(monkeypatch, tmp_path, **variables)


WRONG = [
    ("PORT", "eighty", "a whole number from 1 to 65535"),
    ("PORT", "0", "a whole number from 1 to 65535"),
    ("PORT", "65536", "a whole number from 1 to 65535"),
    ("PORT", "80²", "a whole number from 1 to 65535"),
    ("BIND_ADDRESS", "everywhere", "an IP address"),
    ("DATABASE_URL", "mysql://localhost/ballast", "postgresql://USER:PASSWORD@HOST:PORT/NAME"),
    ("DATABASE_URL", "postgresql://localhost", "postgresql://USER:PASSWORD@HOST:PORT/NAME"),
    ("DATABASE_URL", "postgresql://localhost:five/ballast", "postgresql://USER:PASSWORD@HOST:PORT/NAME"),
    ("DATABASE_URL", "localhost", "postgresql://USER:PASSWORD@HOST:PORT/NAME"),
    ("REDIS_URL", "memcached://localhost", "redis://HOST:PORT/NUMBER"),
    ("REDIS_URL", "redis://localhost/first", "redis://HOST:PORT/NUMBER"),
    ("CELERY_BROKER_URL", "sqs://localhost", "amqp://USER:PASSWORD@HOST:PORT/VHOST or redis://"),
    ("CELERY_BROKER_URL", "redis://localhost/first", "redis://HOST:PORT/NUMBER"),
    ("BASE_URL", "ballast.example", "http://HOST or https://HOST, without a path"),
    ("BASE_URL", "https://ballast.example/app", "http://HOST or https://HOST, without a path"),
    ("ALLOWED_HOSTS", "https://ballast.example", "host names without scheme or port"),
    ("ALLOWED_HOSTS", "ballast.example:8000", "host names without scheme or port"),
    ("TRUSTED_PROXY_COUNT", "-1", "a whole number from 0 to 10"),
    ("STAFF_MFA_REQUIRED", "maybe", "true or false"),
    ("METRICS_TOKEN", "short", "at least 16 characters"),
    ("METRICS_NETWORKS", "10.0.0.0/8, office", "networks such as 10.0.0.0/8"),
    ("SENTRY_DSN", "https://sentry.example", "https://KEY@HOST/NUMBER"),
    ("SENTRY_DSN", "https://sentry.example/1", "https://KEY@HOST/NUMBER"),
    ("SENTRY_DSN", "https://[::1", "https://KEY@HOST/NUMBER"),
    ("DATABASE_URL", "postgresql://me:5/word@localhost/ballast", "postgresql://USER:PASSWORD@HOST:PORT/NAME"),
    ("DATABASE_URL", "postgresql://[::1", "postgresql://USER:PASSWORD@HOST:PORT/NAME"),
    ("REDIS_URL", "redis://:5/word@localhost/0", "redis://HOST:PORT/NUMBER"),
    ("REDIS_URL", "redis://localhost/0?socket_timeout=soon", "redis://HOST:PORT/NUMBER"),
    ("CELERY_BROKER_URL", "redis://localhost/0?socket_timeout=soon", "redis://HOST:PORT/NUMBER"),
    ("CELERY_BROKER_URL", "amqp://me:5/word@localhost//", "amqp://USER:PASSWORD@HOST:PORT/VHOST or redis://"),
    ("BASE_URL", "https://me:word@ballast.example", "http://HOST or https://HOST, without a path"),
    ("BASE_URL", "https://ballast.example?x", "http://HOST or https://HOST, without a path"),
    ("DEFAULT_FROM_EMAIL", "Ballast\nBcc: x@example.com <no-reply@example.com>", "an address such as"),
    ("LOG_LEVEL", "loud", "one of DEBUG, INFO, WARNING, ERROR"),
    ("ANYMAIL_WEBHOOK_SECRET", "a-secret-without-a-colon", "user:password"),
    ("DEFAULT_FROM_EMAIL", "nobody", "an address such as"),
    ("WEB_WORKERS", "0", "a whole number from 1 to 64"),
    ("WEB_THREADS", "many", "a whole number from 1 to 64"),
    ("WORKER_CONCURRENCY", "65", "a whole number from 1 to 64"),
    ("CONSOLE_STATEMENT_TIMEOUT_MS", "5s", "a whole number from 100 to 60000"),
    ("DEMO_SEED", "seven", "a whole number from 0"),
]


@pytest.mark.parametrize(("name", "value", "expected"), WRONG)
def test_a_wrong_value_is_refused_with_its_name_and_what_it_expects(read, name, value, expected):
    with pytest.raises(ImproperlyConfigured) as refusal:
        read(**{name: value})

    assert str(refusal.value).startswith(f"{name}: expected ")
    assert expected in str(refusal.value)
    assert value not in str(refusal.value)


@pytest.mark.parametrize("name", ["SECRET_KEY", "API_KEY_PEPPER"])
class TestSecret:
    def test_a_short_one_is_refused(self, read, name):
        with pytest.raises(ImproperlyConfigured, match=f"{name}: expected a secret of at least 32 characters"):
            read(**{name: "too-short"}).secret(name, required=False)

    def test_production_has_no_default(self, read, name):
        with pytest.raises(ImproperlyConfigured, match=f"{name}: expected .*no default in production"):
            read().secret(name, required=True)

    def test_development_keeps_the_one_it_made(self, read, name):
        assert read().secret(name, required=False) == read().secret(name, required=False)

    def test_a_dollar_sign_is_an_ordinary_character(self, read, name):
        value = "$" + "HOME" * 10

        assert read(**{name: value}).secret(name, required=True) == value


class TestProductionOnly:
    def test_the_hosts_must_be_named(self, read):
        with pytest.raises(ImproperlyConfigured, match="ALLOWED_HOSTS: expected"):
            read().required_hosts()

    @pytest.mark.parametrize("url", ["", "http://ballast.example"])
    def test_the_address_must_be_https(self, read, url):
        with pytest.raises(ImproperlyConfigured, match="BASE_URL: expected an https"):
            read(BASE_URL=url).required_base_url()


class TestEmbedded:
    def test_with_nothing_set_both_engines_are_embedded(self, read, tmp_path):
        found = read()

        assert (found.EMBEDDED.postgres, found.EMBEDDED.valkey) == (True, True)
        assert found.DATABASE_URL.settings["HOST"].startswith(str(tmp_path))

    def test_cache_and_broker_have_databases_of_their_own(self, read):
        found = read()

        assert found.REDIS_URL.rpartition("/")[::2] == (found.CELERY_BROKER_URL.rpartition("/")[0], "0")
        assert found.CELERY_BROKER_URL.endswith("/1")

    def test_a_url_stands_for_the_server_it_names(self, read):
        found = read(
            DATABASE_URL="postgresql://me:p%40ss@db.example:6543/shop", REDIS_URL="redis://cache.example:7000/3"
        )

        assert found.EMBEDDED.engines() == []
        assert found.DATABASE_URL.settings | {"ENGINE": ""} == {
            "ENGINE": "",
            "NAME": "shop",
            "USER": "me",
            "PASSWORD": "p@ss",
            "HOST": "db.example",
            "PORT": 6543,
        }
        assert found.CELERY_BROKER_URL == "redis://cache.example:7000/1"

    def test_a_socket_is_an_address_too(self, read):
        found = read(DATABASE_URL="postgresql://me@//run/postgresql/shop").DATABASE_URL.settings

        assert (found["HOST"], found["NAME"]) == ("/run/postgresql", "shop")

    def test_the_tests_have_a_folder_of_their_own(self, read, tmp_path):
        found = read(DJANGO_SETTINGS_MODULE="config.settings.test")

        assert found.VAR_DIR.relative_to(tmp_path).parts == ("test",)


def test_an_ipv6_address_is_bound_in_brackets(read):
    assert read(BIND_ADDRESS="::").BIND_ADDRESS == "[::]"
