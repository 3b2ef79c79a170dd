"""Wrong numbers stop the start: a hard limit beyond its lease, a lease beyond the broker's patience."""

from __future__ import annotations

from email.utils import parseaddr
from typing import Any

from django.conf import settings
from django.core import checks
from django.core.checks import CheckMessage, Error, register

from core import jobs

# RabbitMQ closes a channel whose delivery stays unacknowledged this long
# (rabbitmq.com/docs/consumers#acknowledgement-timeout)
AMQP_PATIENCE_SECONDS = 1800


def broker_patience_seconds() -> float:
    """How long the broker waits for an acknowledgement before it gives the message to another worker."""
    if str(settings.CELERY_BROKER_URL).startswith("amqp"):
        return AMQP_PATIENCE_SECONDS
    return float(settings.CELERY_BROKER_TRANSPORT_OPTIONS.get("visibility_timeout", 3600))


@register("outbox")
def check_leases(**_: Any) -> list[CheckMessage]:
    """Heartbeat < lease; each job's limit < the worker's net < the broker's patience (celery issue 5935)."""
    found: list[CheckMessage] = []
    lease, heartbeat = settings.OUTBOX_LEASE_SECONDS, settings.OUTBOX_HEARTBEAT_SECONDS
    grace, net = settings.OUTBOX_STOP_GRACE_SECONDS, settings.CELERY_TASK_TIME_LIMIT
    if heartbeat * 2 > lease:
        hint = f"OUTBOX_HEARTBEAT_SECONDS is {heartbeat}, OUTBOX_LEASE_SECONDS is {lease}."
        found.append(Error("A lease must outlive two heartbeats.", hint=hint, id="outbox.E001"))
    if grace > lease:
        hint = f"OUTBOX_STOP_GRACE_SECONDS is {grace}, OUTBOX_LEASE_SECONDS is {lease}."
        found.append(Error("A run told to stop must end within its lease.", hint=hint, id="outbox.E002"))
    for definition in jobs.definitions:
        if definition.timeout_seconds + lease > net:
            hint = f"{definition.name} may run {definition.timeout_seconds} s; CELERY_TASK_TIME_LIMIT is {net} s."
            found.append(Error("A job's limit and lease must end before the worker's.", hint=hint, id="outbox.E003"))
    if net + lease > broker_patience_seconds():
        hint = f"CELERY_TASK_TIME_LIMIT is {net} s, the broker waits {broker_patience_seconds()} s."
        found.append(Error("The worker's limit must end before the broker's patience.", hint=hint, id="outbox.E004"))
    if heartbeat + 2 * grace > 60:
        hint = f"OUTBOX_HEARTBEAT_SECONDS + 2 x OUTBOX_STOP_GRACE_SECONDS is {heartbeat + 2 * grace} s."
        found.append(Error("A canceled job must end within 60 s.", hint=hint, id="outbox.E005"))
    return found


@register("outbox")
def check_mail(**_: Any) -> list[CheckMessage]:
    """A provider's reports need their secret, and anymail takes it as ``user:password``."""
    secret = str(settings.ANYMAIL.get("WEBHOOK_SECRET") or "")
    if secret and (":" not in secret or len(secret) < 20):
        return [
            Error(
                "ANYMAIL_WEBHOOK_SECRET: expected user:password, at least 20 characters.",
                hint="The provider sends it as HTTP basic authentication.",
                id="outbox.E006",
            )
        ]
    if settings.EMAIL_BACKEND.startswith("anymail.") and not secret:
        return [
            Error(
                "Mail goes through a provider, but its bounces and complaints cannot come in.",
                hint="Set ANYMAIL_WEBHOOK_SECRET and point the provider at /webhooks/mail/<provider>/tracking/.",
                id="outbox.E007",
            )
        ]
    return []


@register("outbox", deploy=True)
def check_mail_goes_out(**_: Any) -> list[CheckMessage]:
    """In production somebody waits for the mail, and answers it."""
    if settings.ENVIRONMENT != "production":
        return []
    found: list[CheckMessage] = []
    if settings.EMAIL_BACKEND.startswith("outbox.mailfiles."):
        hint = "Set EMAIL_URL to a server or a provider."
        found.append(checks.Warning("Mail is written to files: nobody gets any.", hint=hint, id="outbox.W008"))
    if parseaddr(settings.DEFAULT_FROM_EMAIL)[1].endswith(".test"):
        hint = "Set DEFAULT_FROM_EMAIL to an address of your own domain."
        found.append(checks.Warning("Mail comes from an address that cannot exist.", hint=hint, id="outbox.W009"))
    return found
