"""Messages that left, and what became of them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from email.utils import parseaddr
from functools import lru_cache
from random import Random
from typing import Any
from uuid import UUID

from django.conf import settings
from django.utils import translation

from core.ids import to_public
from operations.demo.chance import dice, id_at
from operations.demo.company import Company
from operations.demo.history import VERIFIED_AFTER
from operations.demo.people import Customer
from outbox.addresses import hash_of, hint_of
from outbox.states import MessageStatus, SuppressionCause
from outbox.templates import get_template

PROVIDER = "postmark"
_FATES = {
    MessageStatus.DELIVERED: 700,
    MessageStatus.SENT: 250,
    MessageStatus.BOUNCED: 22,
    MessageStatus.COMPLAINED: 5,
    MessageStatus.SUPPRESSED: 8,
    MessageStatus.FAILED: 4,
}
_EVENTS = {
    MessageStatus.DELIVERED: "delivered",
    MessageStatus.BOUNCED: "bounced",
    MessageStatus.COMPLAINED: "complained",
}
_PROBLEMS = {
    MessageStatus.BOUNCED: "550 5.1.1 The mailbox does not exist",
    MessageStatus.SUPPRESSED: SuppressionCause.BOUNCED.value,
    MessageStatus.FAILED: "AnymailRequestsAPIError: 422 Inactive recipient",
}
_CAUSES = {
    MessageStatus.BOUNCED: SuppressionCause.BOUNCED,
    MessageStatus.COMPLAINED: SuppressionCause.COMPLAINED,
}


@dataclass(slots=True)
class Mail:
    """One message. ``job_id`` is the job that sent it, while that is still kept."""

    id: UUID
    template: str
    person: Customer
    created_at: datetime
    status: MessageStatus
    settled_at: datetime
    values: Mapping[str, Any] = field(default_factory=dict)
    job_id: UUID | None = None

    @property
    def is_out(self) -> bool:
        return self.status not in (MessageStatus.QUEUED, MessageStatus.SUPPRESSED)


def make_mails(company: Company) -> list[Mail]:
    """What everybody was sent: a link to verify with, a welcome, and a notice now and then."""
    stream = dice(company.seed, "mail")
    found = []
    for person in company.people():
        fate = MessageStatus.DELIVERED if person.is_staff else _fate(stream)
        if person.is_verified:
            fate = fate if fate not in _CAUSES else MessageStatus.DELIVERED
            welcomed = person.joined_at + VERIFIED_AFTER
            found.append(_mail("accounts.welcome", person, welcomed, _fate_of_known(stream), stream))
        found.append(_mail("accounts.verify_email", person, person.joined_at, fate, stream))
        if person.last_login and stream.random() < 0.05:
            found.append(_mail("accounts.security_notice", person, person.last_login, MessageStatus.DELIVERED, stream))
        if person.last_login and stream.random() < 0.03:
            at = person.last_login - timedelta(minutes=3)
            found.append(_mail("accounts.password_reset", person, at, MessageStatus.DELIVERED, stream))
    found += _waiting(company, stream)
    return sorted((mail for mail in found if mail.created_at < company.now), key=lambda mail: mail.created_at)


def _fate(stream: Random) -> MessageStatus:
    return stream.choices(list(_FATES), weights=list(_FATES.values()))[0]


def _fate_of_known(stream: Random) -> MessageStatus:
    """An address that was just verified rarely bounces."""
    return stream.choices((MessageStatus.DELIVERED, MessageStatus.SENT, MessageStatus.COMPLAINED), (80, 19, 0.4))[0]


def _mail(template: str, person: Customer, at: datetime, status: MessageStatus, stream: Random) -> Mail:
    seconds = stream.uniform(0.4, 6) if status == MessageStatus.SENT else stream.uniform(2, 90)
    if status == MessageStatus.COMPLAINED:
        seconds = stream.uniform(600, 90000)
    return Mail(id_at(stream, at), template, person, at, status, at + timedelta(seconds=seconds))


def _waiting(company: Company, stream: Random) -> list[Mail]:
    """Mail that is not out yet: one to be tried again, two that a person has to look at."""
    found = []
    chosen = [p for p in company.customers if p.left_at is None][-3:]
    for person, minutes in zip(chosen, (4, 95, 180), strict=False):
        at = company.now - timedelta(minutes=minutes)
        mail = _mail("accounts.security_notice", person, at, MessageStatus.QUEUED, stream)
        mail.settled_at = at
        mail.values = {
            "event": "Somebody logged in to your account from a network we have not seen before.",
            "happened_at": f"{at:%Y-%m-%d %H:%M} UTC",
            "name": person.name,
            "detail": person.address,
        }
        found.append(mail)
    return found


# ------------------------------------------------------------------ rows


@lru_cache(maxsize=512)
def _subject(template: str, language: str) -> str:
    with translation.override(language):
        return str(get_template(template).subject).replace("{{ product }}", settings.MAIL_PRODUCT_NAME)


def message_rows(mails: list[Mail]) -> Iterator[dict[str, object]]:
    """Rows of outbox.Message."""
    domain = parseaddr(settings.DEFAULT_FROM_EMAIL)[1].rpartition("@")[2]
    for mail in mails:
        tried = mail.status != MessageStatus.QUEUED or bool(mail.job_id)
        yield {
            "id": mail.id,
            "template": mail.template,
            "template_version": get_template(mail.template).version,
            "recipient": mail.person.email,
            "recipient_key": mail.person.public_id,
            "language": mail.person.locale,
            "subject": _subject(mail.template, mail.person.locale) if mail.is_out else "",
            "values": dict(mail.values),
            "dedupe_key": "",
            "status": mail.status,
            "status_changed_at": min(mail.settled_at, _latest(mails)),
            "created_at": mail.created_at,
            "sent_at": mail.created_at + timedelta(milliseconds=380) if mail.is_out else None,
            "carrier": f"anymail.backends.{PROVIDER}" if mail.is_out else "",
            "provider_id": f"<{to_public('msg', mail.id)}@{domain}>" if mail.is_out else "",
            "tries": 1 if tried else 0,
            "problem": _PROBLEMS.get(mail.status, ""),
            "job_id": mail.job_id,
        }


def _latest(mails: list[Mail]) -> datetime:
    return mails[-1].created_at + timedelta(minutes=4)


def event_rows(mails: list[Mail]) -> Iterator[dict[str, object]]:
    """Rows of outbox.MailEvent: what the provider told of the last weeks' mail."""
    since = mails[-1].created_at - timedelta(days=30) if mails else None
    for number, mail in enumerate(mails):
        kind = _EVENTS.get(mail.status)
        if kind is None or (since and mail.created_at < since and kind == "delivered"):
            continue
        yield {
            "provider": PROVIDER,
            "event_key": f"evt-{number:06d}",
            "kind": kind,
            "provider_id": to_public("msg", mail.id),
            "recipient_hash": hash_of(mail.person.email),
            "recipient_hint": hint_of(mail.person.email),
            "reject_reason": "bounced" if kind == "bounced" else "",
            "description": _PROBLEMS.get(mail.status, ""),
            "happened_at": mail.settled_at,
            "received_at": mail.settled_at + timedelta(seconds=1),
            "message_id": mail.id,
            "applied_at": mail.settled_at + timedelta(seconds=2),
        }


def suppression_rows(company: Company, mails: list[Mail]) -> Iterator[dict[str, object]]:
    """Rows of outbox.Suppression: an address each, whatever happened to it first."""
    stream = dice(company.seed, "suppressions")
    seen: set[str] = set()
    for mail in mails:
        cause = _CAUSES.get(mail.status)
        key = hash_of(mail.person.email)
        if cause is not None and key not in seen:
            seen.add(key)
            yield {
                "id": id_at(stream, mail.settled_at),
                "address_hash": key,
                "address_hint": hint_of(mail.person.email),
                "cause": cause,
                "note": "",
                "added_by": f"{PROVIDER} webhook",
                "created_at": mail.settled_at,
            }
