"""Messages: written in the caller's transaction, sent by a job."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from email.utils import parseaddr
from typing import Any
from uuid import UUID

from django.conf import settings
from django.core.mail import EmailMultiAlternatives
from django.db import transaction

from core import jobs, states
from core.ids import from_public
from outbox.addresses import hash_of, hint_of, refuse_invalid
from outbox.errors import MailNotTaken
from outbox.mailfiles import KEY_HEADER
from outbox.models import Job, Message, Suppression
from outbox.services._dependents import SEND_JOB
from outbox.states import MESSAGE_MOVES, MessageStatus, SuppressionCause
from outbox.templates import Rendered, get_template, refuse_unfit, render

_PROBLEM_LIMIT = 500


def send_message(
    *,
    template: str,
    recipient: str,
    language: str,
    values: Mapping[str, Any],
    at: datetime,
    recipient_key: str = "",
    dedupe_key: str = "",
) -> Message:
    """Write one mail into the current transaction; a job sends it after commit.

    ``recipient`` is the address, ``recipient_key`` the user's public id. With a ``dedupe_key`` that
    was used before, the first message is returned and nothing is sent again. Refuses TemplateUnfit
    and AddressInvalid.
    """
    chosen = get_template(template)
    refuse_unfit(template=chosen, values=values)
    fields: dict[str, Any] = {
        "template": chosen.name,
        "template_version": chosen.version,
        "recipient": refuse_invalid(recipient),
        "recipient_key": recipient_key,
        "language": language,
        "values": dict(values),
        "created_at": at,
        "status_changed_at": at,
    }
    with transaction.atomic():
        if dedupe_key:
            message, created = Message.objects.get_or_create(dedupe_key=dedupe_key, defaults=fields)
            if not created:
                return message
        else:
            message = Message.objects.create(**fields)
        job_id = jobs.enqueue(SEND_JOB, arguments={"message_id": str(message.id)})
        message.job_id = from_public(Job.id_prefix, job_id)
        message.save(update_fields=["job"])
    return message


def deliver_message(*, message_id: UUID, at: datetime) -> MessageStatus:
    """Hand a queued message to the mail carrier and say what became of it.

    A message that is out already stays as it is. A carrier that cannot be reached or fails raises
    MailNotTaken, so that the job comes again: with the same Message-ID, since a run may have died
    between the carrier's answer and our note of it (RFC 5322 section 3.6.4 makes it unique).
    """
    message = _begin(message_id, at)
    if message.status != MessageStatus.QUEUED:
        return MessageStatus(message.status)
    template = get_template(message.template)
    mail = _compose(message, render(template=template, values=message.values, language=message.language))
    try:
        mail.send()
    except Exception as error:  # noqa: BLE001  whatever a carrier raises, it did not take the mail
        # the carrier's words may hold the address: neither log nor trace may
        problem = f"{type(error).__name__}: {error}".replace(message.recipient, hint_of(message.recipient))
        Message.objects.filter(pk=message.pk).update(problem=problem[:_PROBLEM_LIMIT])
        raise MailNotTaken(problem=problem[:_PROBLEM_LIMIT]) from None
    return _settle(message_id, mail, at)


def _begin(message_id: UUID, at: datetime) -> Message:
    """The message, counted as tried; suppressed instead where its address is on the list."""
    with transaction.atomic():
        message = Message.objects.select_for_update().get(pk=message_id)
        if message.status != MessageStatus.QUEUED:
            return message
        message.tries += 1
        cause = _suppression(message)
        if cause:
            states.move(message, moves=MESSAGE_MOVES, target=MessageStatus.SUPPRESSED, at=at)
            message.values, message.problem = {}, cause
        message.save()
    return message


def _suppression(message: Message) -> str:
    found = Suppression.objects.filter(address_hash=hash_of(message.recipient)).values_list("cause", flat=True).first()
    if found is None:
        return ""
    soft = found in (SuppressionCause.BOUNCED, SuppressionCause.UNSUBSCRIBED)
    return "" if soft and get_template(message.template).ignores_suppression else found


def _compose(message: Message, rendered: Rendered) -> EmailMultiAlternatives:
    domain = parseaddr(settings.DEFAULT_FROM_EMAIL)[1].rpartition("@")[2] or "localhost"
    mail = EmailMultiAlternatives(
        subject=rendered.subject,
        body=rendered.text,
        to=[message.recipient],
        headers={
            "Message-ID": f"<{message.public_id}@{domain}>",
            "Auto-Submitted": "auto-generated",  # RFC 3834 section 5: no vacation replies, please
            KEY_HEADER: message.public_id,
        },
    )
    mail.attach_alternative(rendered.html, "text/html")
    mail.metadata = {"message": message.public_id}  # type: ignore[attr-defined]  # anymail reads both
    mail.tags = [message.template]  # type: ignore[attr-defined]
    return mail


def _settle(message_id: UUID, mail: EmailMultiAlternatives, at: datetime) -> MessageStatus:
    status = getattr(mail, "anymail_status", None)
    provider_id = getattr(status, "message_id", None) or mail.extra_headers["Message-ID"]
    with transaction.atomic():
        message = Message.objects.select_for_update().get(pk=message_id)
        if message.status == MessageStatus.QUEUED:
            states.move(message, moves=MESSAGE_MOVES, target=MessageStatus.SENT, at=at)
            message.sent_at, message.subject, message.problem = at, str(mail.subject), ""
            message.values = {}  # one-time links have served
            message.provider_id = str(provider_id)[:255]
            message.carrier = settings.EMAIL_BACKEND.rpartition(".EmailBackend")[0][:100]
            message.save()
    return MessageStatus(message.status)
