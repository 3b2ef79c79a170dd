"""The only file that reads the environment. Every variable is described in docs/configuration.md.

A value that cannot be used stops the start with the variable's name and what it expects. The value
itself is never repeated: it may be a secret.
"""

from __future__ import annotations

import ipaddress
import re
import secrets
from dataclasses import dataclass
from email.utils import parseaddr
from pathlib import Path
from typing import Any
from urllib.parse import SplitResult, urlsplit

import environ
from django.core.exceptions import ImproperlyConfigured
from redis.connection import parse_url

from core.embedded import engines, layout

BASE_DIR = Path(__file__).resolve().parent.parent
_POSTGRES = ("postgresql", "postgres")
_REDIS = ("redis", "rediss")
_AMQP = ("amqp", "amqps")
_HOST = re.compile(r"\.?[A-Za-z0-9]([A-Za-z0-9.-]*[A-Za-z0-9])?|\[[0-9A-Fa-f:.]+\]|\*")
try:
    environ.Env.read_env(BASE_DIR / ".env", overwrite=False)
except UnicodeDecodeError:
    raise ImproperlyConfigured(".env: expected lines NAME=value in UTF-8.") from None


# ------------------------------------------------------------------ readers


def _refuse(name: str, expected: str) -> ImproperlyConfigured:
    return ImproperlyConfigured(f"{name}: expected {expected}.")


def _text(name: str, default: str = "") -> str:
    # Not Env.str(): it takes a value that starts with $ for the name of another variable.
    return str(environ.Env.ENVIRON.get(name, "")).strip() or default


def _one_of(name: str, choices: tuple[str, ...], default: str) -> str:
    raw = _text(name, default).upper()
    if raw not in choices:
        raise _refuse(name, "one of " + ", ".join(choices))
    return raw


def _integer(name: str, *, default: int, low: int, high: int) -> int:
    raw = _text(name, str(default))
    if not re.fullmatch(r"-?[0-9]{1,18}", raw) or not low <= int(raw) <= high:
        raise _refuse(name, f"a whole number from {low} to {high}")
    return int(raw)


def _flag(name: str, *, default: bool) -> bool:
    raw = _text(name, "true" if default else "false").lower()
    if raw not in {"true", "false", "1", "0", "yes", "no", "on", "off"}:
        raise _refuse(name, "true or false")
    return raw in {"true", "1", "yes", "on"}


def parts_of(url: str) -> SplitResult | None:
    """The URL taken apart; None where that is impossible.

    A port that is no number, half an IPv6 address, or a password with a slash in it: what follows
    the slash, up to the @, would be taken for the path.
    """
    try:
        parts = urlsplit(url)
        _ = parts.port
    except ValueError:
        return None
    return None if "@" in parts.path + parts.fragment else parts


def _url(name: str, schemes: tuple[str, ...], *, default: str = "", path: str = ".*", expected: str) -> str:
    """A URL with one of the schemes, a host (or a socket's path) and a path that fits; or nothing."""
    raw = _text(name, default)
    if not raw:
        return raw
    parts = parts_of(raw)
    usable = parts is not None and parts.scheme in schemes and (parts.hostname or parts.path.startswith("//"))
    if not usable or parts is None or not re.fullmatch(path, parts.path):
        raise _refuse(name, expected)
    return raw


def _list(name: str) -> list[str]:
    return [part.strip() for part in _text(name).split(",") if part.strip()]


def _dsn(name: str) -> str:
    expected = "the address Sentry shows: https://KEY@HOST/NUMBER"
    raw = _url(name, ("http", "https"), path=r"/(.+/)?[0-9]+", expected=expected)
    if raw and not urlsplit(raw).username:
        raise _refuse(name, expected)
    return raw


def _origin(name: str, default: str) -> str:
    expected = "http://HOST or https://HOST, without a path"
    raw = _url(name, ("http", "https"), default=default, path="/?", expected=expected)
    parts = urlsplit(raw)
    if parts.username is not None or parts.query or parts.fragment:
        raise _refuse(name, expected)
    return raw.rstrip("/")


def _hosts(name: str) -> list[str]:
    found = _list(name)
    if not all(_HOST.fullmatch(host) for host in found):
        raise _refuse(name, "host names without scheme or port, separated by commas, such as app.example.com")
    return found


def _networks(name: str) -> list[ipaddress.IPv4Network | ipaddress.IPv6Network]:
    try:
        return [ipaddress.ip_network(part) for part in _list(name)]
    except ValueError:
        raise _refuse(name, "networks such as 10.0.0.0/8, separated by commas") from None


def _address(name: str, default: str) -> str:
    raw = _text(name, default)
    try:
        ipaddress.ip_address(raw)
    except ValueError:
        raise _refuse(name, "an IP address such as 127.0.0.1 or 0.0.0.0") from None
    return f"[{raw}]" if ":" in raw else raw


def _mailbox(name: str, default: str) -> str:
    raw = _text(name, default)
    if not raw.isprintable() or not re.fullmatch(r"[^@\s]+@[^@\s]+", parseaddr(raw)[1]):
        raise _refuse(name, "an address such as Ballast <no-reply@example.com>")
    return raw


def _token(name: str) -> str:
    raw = _text(name)
    if raw and len(raw) < 16:
        raise _refuse(name, "at least 16 characters, or nothing")
    return raw


def _login(name: str) -> str:
    raw = _text(name)
    if raw and (len(raw) < 20 or not all(raw.partition(":")[::2])):
        raise _refuse(name, "user:password, at least 20 characters, or nothing")
    return raw


# ------------------------------------------------------------------ where things are

IS_TEST = _text("DJANGO_SETTINGS_MODULE") == "config.settings.test"
VAR_DIR = layout.var_dir(_text("BALLAST_VAR"), base=BASE_DIR) / ("test" if IS_TEST else "")


@dataclass(frozen=True, slots=True)
class Database:
    """Where PostgreSQL is, as Django's DATABASES wants it."""

    settings: dict[str, Any]
    is_embedded: bool


def database() -> Database:
    """DATABASE_URL, or the embedded server's socket where it is unset."""
    url = _url("DATABASE_URL", _POSTGRES, path="/.+", expected="postgresql://USER:PASSWORD@HOST:PORT/NAME")
    parsed: dict[str, Any] = dict(environ.Env.db_url_config(url)) if url else layout.database_settings(VAR_DIR)
    parsed["ENGINE"] = "django.db.backends.postgresql"
    return Database(settings=parsed, is_embedded=not url)


def _own_redis() -> str:
    return _redis("REDIS_URL", "redis://HOST:PORT/NUMBER, or rediss:// for TLS")


def _redis(name: str, expected: str) -> str:
    raw = _url(name, _REDIS, path="/?[0-9]*", expected=expected)
    try:
        parse_url(raw or "redis://")  # type: ignore[no-untyped-call]
    except ValueError:  # an option after the question mark
        raise _refuse(name, expected) from None
    return raw


def redis_url() -> str:
    """REDIS_URL, or the embedded Valkey's address."""
    return _own_redis() or layout.valkey_url(VAR_DIR, database=0)


def broker_url() -> str:
    """CELERY_BROKER_URL, or another database of the embedded Valkey (or of REDIS_URL)."""
    url = _url(
        "CELERY_BROKER_URL", _AMQP + _REDIS, expected="amqp://USER:PASSWORD@HOST:PORT/VHOST or redis://HOST:PORT/NUMBER"
    )
    if url.startswith(_REDIS):
        _redis("CELERY_BROKER_URL", "redis://HOST:PORT/NUMBER")
    if url:
        return url
    own = _own_redis()
    return urlsplit(own)._replace(path="/1").geturl() if own else layout.valkey_url(VAR_DIR, database=1)


def secret(name: str, *, required: bool) -> str:
    """A secret of at least 32 characters. In development one is made and kept in the var folder."""
    raw = _text(name)
    if raw:
        if len(raw) < 32:
            raise _refuse(name, "a secret of at least 32 characters")
        return raw
    if required:
        raise _refuse(name, "a secret of at least 32 characters; there is no default in production")
    return layout.kept_secret(VAR_DIR, name.lower(), make=lambda: secrets.token_urlsafe(48))


def required_hosts() -> list[str]:
    """ALLOWED_HOSTS, which production must name."""
    if not ALLOWED_HOSTS:
        raise _refuse("ALLOWED_HOSTS", "the host names this product is reached by; there is no default in production")
    return ALLOWED_HOSTS


def required_base_url() -> str:
    """BASE_URL, which production must name and which must be https there: links in mails begin with it."""
    if not _text("BASE_URL") or urlsplit(BASE_URL).scheme != "https":
        raise _refuse("BASE_URL", "an https:// address; links in mails begin with it")
    return BASE_URL


def metrics_shared_dir() -> str:
    """The folder where processes of one web server share their numbers; config/gunicorn.py sets it."""
    return _text("PROMETHEUS_MULTIPROC_DIR")


# ------------------------------------------------------------------ values

DATABASE_URL = database()
REDIS_URL = redis_url()
CELERY_BROKER_URL = broker_url()
EMBEDDED = engines.Wanted(
    var=VAR_DIR, postgres=DATABASE_URL.is_embedded, valkey=not _text("REDIS_URL"), durable=not IS_TEST
)

PORT = _integer("PORT", default=8000, low=1, high=65535)
BIND_ADDRESS = _address("BIND_ADDRESS", "127.0.0.1")
BASE_URL = _origin("BASE_URL", f"http://127.0.0.1:{PORT}")
ALLOWED_HOSTS = _hosts("ALLOWED_HOSTS")
TRUSTED_PROXY_COUNT = _integer("TRUSTED_PROXY_COUNT", default=0, low=0, high=10)
WEB_WORKERS = _integer("WEB_WORKERS", default=2, low=1, high=64)
WEB_THREADS = _integer("WEB_THREADS", default=4, low=1, high=64)
WORKER_CONCURRENCY = _integer("WORKER_CONCURRENCY", default=2, low=1, high=64)

STAFF_MFA_REQUIRED = _flag("STAFF_MFA_REQUIRED", default=False)  # production does not ask: it requires
CONSOLE_STATEMENT_TIMEOUT_MS = _integer("CONSOLE_STATEMENT_TIMEOUT_MS", default=5000, low=100, high=60000)

METRICS_TOKEN = _token("METRICS_TOKEN")
METRICS_NETWORKS = _networks("METRICS_NETWORKS")
SENTRY_DSN = _dsn("SENTRY_DSN")
LOG_LEVEL = _one_of("LOG_LEVEL", ("DEBUG", "INFO", "WARNING", "ERROR"), "INFO")

EMAIL_URL = _text("EMAIL_URL")  # config/settings/parts/mail.py knows the providers
ANYMAIL_WEBHOOK_SECRET = _login("ANYMAIL_WEBHOOK_SECRET")
DEFAULT_FROM_EMAIL = _mailbox("DEFAULT_FROM_EMAIL", "Ballast <no-reply@ballast.test>")

DEMO_SEED = _integer("DEMO_SEED", default=20260101, low=0, high=2**31 - 1)
