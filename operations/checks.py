"""Wrong combinations of settings that a single variable cannot show."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.core import checks
from django.core.checks import CheckMessage, Tags, register


@register(Tags.security)
def refuse_sandbox_in_production(**_: Any) -> list[CheckMessage]:
    """Local stand-ins of outside services never run in production."""
    if settings.ENVIRONMENT != "production":
        return []
    inside = [name for name in settings.INSTALLED_APPS if name.partition(".")[0] == "sandbox"]
    return [checks.Error(f"{name} is a stand-in for development.", id="operations.E001") for name in inside]


@register(Tags.security, deploy=True)
def look_at_the_proxies(**_: Any) -> list[CheckMessage]:
    """The web process speaks plain HTTP; in production somebody in front of it speaks TLS."""
    if settings.ENVIRONMENT != "production" or settings.TRUSTED_PROXY_COUNT:
        return []
    return [
        checks.Warning(
            "TRUSTED_PROXY_COUNT is 0: every client has the proxy's address, and HTTPS looks like HTTP.",
            hint="Set it to the number of your own proxies in front of the web process.",
            id="operations.W002",
        )
    ]


@register(Tags.database, deploy=True)
def look_at_the_engines(**_: Any) -> list[CheckMessage]:
    """The embedded engines serve one machine and are gone with its disk."""
    if settings.ENVIRONMENT != "production" or not settings.EMBEDDED.engines():
        return []
    return [
        checks.Warning(
            "Embedded engines in production: one machine, one disk, no replica.",
            hint="Set DATABASE_URL, REDIS_URL and CELERY_BROKER_URL.",
            id="operations.W003",
        )
    ]
