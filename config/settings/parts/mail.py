"""Mail: files in the var folder unless EMAIL_URL names a server or an anymail provider."""

from typing import Any
from urllib.parse import SplitResult, parse_qsl, unquote

from django.core.exceptions import ImproperlyConfigured

from config import env

MAIL_PRODUCT_NAME = "Ballast"
DEFAULT_FROM_EMAIL = env.DEFAULT_FROM_EMAIL
SERVER_EMAIL = env.DEFAULT_FROM_EMAIL
EMAIL_FILE_PATH = env.VAR_DIR / "mail"
EMAIL_TIMEOUT = 20

# What each provider calls its secret (anymail.dev/en/stable/esps)
_PROVIDERS = {
    "brevo": "BREVO_API_KEY",
    "mailersend": "MAILERSEND_API_TOKEN",
    "mailgun": "MAILGUN_API_KEY",
    "mailtrap": "MAILTRAP_API_TOKEN",
    "mandrill": "MANDRILL_API_KEY",
    "postal": "POSTAL_API_KEY",
    "postmark": "POSTMARK_SERVER_TOKEN",
    "resend": "RESEND_API_KEY",
    "sendgrid": "SENDGRID_API_KEY",
    "sparkpost": "SPARKPOST_API_KEY",
    "unisender_go": "UNISENDER_GO_API_KEY",
}
_EXPECTED = "smtp://, smtps://, file:// or anymail+<provider>://SECRET, provider one of " + ", ".join(_PROVIDERS)


def mail_settings(url: str) -> dict[str, Any]:
    """Django's mail settings for EMAIL_URL; empty means files. A URL of no use stops the start."""
    if not url or url.startswith("file:"):
        return {"EMAIL_BACKEND": "outbox.mailfiles.EmailBackend"}
    parts = env.parts_of(url)
    if parts is None or parts.path.strip("/") or parts.fragment:
        raise _refusal()
    options = dict(parse_qsl(parts.query))
    if parts.scheme in ("smtp", "smtps") and parts.hostname and options.get("tls", "true") in ("true", "false"):
        return _over_smtp(parts, uses_starttls=options.get("tls") != "false")
    kind, _, provider = parts.scheme.replace("-", "_").partition("+")
    if kind == "anymail" and provider in _PROVIDERS and parts.netloc:
        # more of the provider's settings ride in the query: ?SENDER_DOMAIN=mg.example.com
        more = {f"{provider.upper()}_{name.upper()}": value for name, value in options.items()}
        return {
            "EMAIL_BACKEND": f"anymail.backends.{provider}.EmailBackend",
            "ANYMAIL": {_PROVIDERS[provider]: unquote(parts.netloc), **more},
        }
    raise _refusal()


def _refusal() -> ImproperlyConfigured:
    return ImproperlyConfigured(f"EMAIL_URL: expected {_EXPECTED}; special characters of a password as %2F.")


def _over_smtp(parts: SplitResult, *, uses_starttls: bool) -> dict[str, Any]:
    secure = parts.scheme == "smtps"
    return {
        "EMAIL_BACKEND": "django.core.mail.backends.smtp.EmailBackend",
        "EMAIL_HOST": parts.hostname,
        "EMAIL_PORT": parts.port or (465 if secure else 587),
        "EMAIL_HOST_USER": unquote(parts.username or ""),
        "EMAIL_HOST_PASSWORD": unquote(parts.password or ""),
        "EMAIL_USE_SSL": secure,
        "EMAIL_USE_TLS": not secure and uses_starttls,
    }


globals().update(mail_settings(env.EMAIL_URL))
ANYMAIL = {
    "WEBHOOK_SECRET": env.ANYMAIL_WEBHOOK_SECRET,
    "IGNORE_UNSUPPORTED_FEATURES": True,  # not every provider carries metadata and tags
    "REQUESTS_TIMEOUT": (5, 20),
    **globals().get("ANYMAIL", {}),
}
