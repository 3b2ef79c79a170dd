"""Mail this app writes: one function a kind, each a message row in the caller's transaction."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from urllib.parse import quote

from django.conf import settings

from accounts.models import EmailChange, Invitation, User
from outbox import services as outbox_services


def frontend_url(name: str, key: str = "") -> str:
    """The page of the product's frontend that takes ``key``."""
    url: str = settings.HEADLESS_FRONTEND_URLS[name]
    return url.replace("{key}", quote(key, safe=":"))


def send_to(*, user: User, template: str, values: Mapping[str, Any], at: datetime, address: str = "") -> None:
    """Write to a user in their language, at their address or at another that concerns them."""
    outbox_services.send_message(
        template=template,
        recipient=address or user.email,
        language=user.locale,
        values={"name": user.name, **values},
        at=at,
        recipient_key=user.public_id,
    )


def send_to_stranger(*, address: str, template: str, language: str, at: datetime, values: Mapping[str, Any]) -> None:
    """Write to an address that belongs to no account we know of."""
    outbox_services.send_message(template=template, recipient=address, language=language, values=values, at=at)


def send_invitation(*, invitation: Invitation, token: str, inviter: User, at: datetime) -> None:
    """Write to the invited address, in the inviter's language: we know no other."""
    send_to_stranger(
        address=invitation.email,
        template="accounts.invitation",
        language=inviter.locale,
        at=at,
        values={
            "inviter": inviter.name or inviter.email,
            "workspace": invitation.workspace.name,
            "url": frontend_url("accept_invitation", token),
            "expires_on": invitation.expires_at.date().isoformat(),
        },
    )


def send_email_change_requested(*, change: EmailChange, confirm_token: str, cancel_token: str, at: datetime) -> None:
    """Tell both addresses: the new one how to confirm, the old one how to cancel."""
    effective = change.effective_at.strftime("%Y-%m-%d %H:%M UTC")
    send_to(
        user=change.user,
        template="accounts.email_change_confirm",
        address=change.new_email,
        values={"url": frontend_url("confirm_email_change", confirm_token), "effective_at": effective},
        at=at,
    )
    send_to(
        user=change.user,
        template="accounts.email_change_notice",
        address=change.old_email,
        values={
            "new_email": change.new_email,
            "url": frontend_url("cancel_email_change", cancel_token),
            "effective_at": effective,
        },
        at=at,
    )


def send_email_change_ended(*, change: EmailChange, template: str, at: datetime) -> None:
    """Tell both addresses how it ended."""
    for address in (change.old_email, change.new_email):
        send_to(user=change.user, template=template, address=address, values={"new_email": change.new_email}, at=at)


def send_security_notice(*, user: User, event: str, at: datetime, detail: str = "") -> None:
    """Tell a user that something which guards the account changed. ``event`` is a translated sentence."""
    send_to(
        user=user,
        template="accounts.security_notice",
        values={"event": event, "detail": detail, "happened_at": at.strftime("%Y-%m-%d %H:%M UTC")},
        at=at,
    )
