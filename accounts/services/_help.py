"""What staff do for somebody who cannot get in. Nobody but the user ever chooses a password."""

from __future__ import annotations

import uuid
from datetime import datetime

from allauth.account.forms import default_token_generator
from allauth.account.models import EmailAddress, EmailConfirmationHMAC
from allauth.account.utils import user_pk_to_url_str
from django.db import transaction

from accounts.actions import AuditAction
from accounts.errors import AccountDisabled, NothingToChange
from accounts.services._base import lock_user, refuse_unfit_staff, user_target
from accounts.services._mail import frontend_url, send_to
from audit import services as audit_services
from core.actors import Actor


@transaction.atomic
def send_password_reset(*, user_id: uuid.UUID, actor: Actor, reason: str, at: datetime, ticket: str = "") -> None:
    """Mail the user a link to choose a new password. Refuses AccountDisabled, StaffTarget, OwnAccount."""
    user = lock_user(user_id)
    refuse_unfit_staff(actor=actor, user=user)
    if not user.is_active:
        raise AccountDisabled
    key = f"{user_pk_to_url_str(user)}-{default_token_generator.make_token(user)}"
    send_to(
        user=user,
        template="accounts.password_reset",
        values={"url": frontend_url("account_reset_password_from_key", key)},
        at=at,
    )
    audit_services.record(
        action=AuditAction.PASSWORD_RESET_SENT,
        at=at,
        actor=actor,
        target=user_target(user),
        reason=reason,
        ticket=ticket,
    )


@transaction.atomic
def resend_verification(*, user_id: uuid.UUID, actor: Actor, reason: str, at: datetime, ticket: str = "") -> None:
    """Mail the user the link that proves the address again. NothingToChange where it is proved.

    Refuses AccountDisabled, StaffTarget, OwnAccount.
    """
    user = lock_user(user_id)
    refuse_unfit_staff(actor=actor, user=user)
    if not user.is_active:
        raise AccountDisabled
    address, _ = EmailAddress.objects.get_or_create(
        user=user, email=user.email.lower(), defaults={"primary": True, "verified": False}
    )
    if address.verified:
        raise NothingToChange
    send_to(
        user=user,
        template="accounts.verify_email",
        values={"url": frontend_url("account_confirm_email", EmailConfirmationHMAC.create(address).key)},
        at=at,
    )
    audit_services.record(
        action=AuditAction.VERIFICATION_SENT,
        at=at,
        actor=actor,
        target=user_target(user),
        reason=reason,
        ticket=ticket,
    )
