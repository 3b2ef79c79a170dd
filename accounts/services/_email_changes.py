"""Another e-mail address, slowly: asked for, confirmed by the new address, cancelable by the old one.

A taken-over account is kept by changing its address. So both addresses are told at once, nothing
changes before the cooling-off is over, and until then the old address can stop it with one click.
"""

from __future__ import annotations

import uuid
from datetime import datetime

from allauth.account.models import EmailAddress
from django.conf import settings
from django.db import IntegrityError, transaction

from accounts.actions import AuditAction
from accounts.devices import account_digest
from accounts.errors import AccountDisabled, EmailTaken, NothingToChange, TokenUnusable
from accounts.events import EmailChanged
from accounts.models import EmailChange, LoginNetwork, User
from accounts.services._base import lock_user, refuse_unfit_staff, refuse_without_reason, user_target
from accounts.services._mail import send_email_change_ended, send_email_change_requested
from accounts.states import EMAIL_CHANGE_MOVES, OPEN_EMAIL_CHANGES, EmailChangeStatus
from accounts.tokens import digest_of, new_token
from accounts.values import clean_email
from audit import services as audit_services
from core import events
from core.actors import Actor, ActorKind, system
from core.errors import NotFound
from core.states import move

CLOCK = system("accounts.email_changes")
_BATCH = 200


@transaction.atomic
def request_email_change(
    *, user_id: uuid.UUID, new_email: str, actor: Actor, at: datetime, reason: str = "", ticket: str = ""
) -> EmailChange:
    """Begin a change of address. An open one of the same user is canceled.

    Staff need a reason. Refuses AccountDisabled, InvalidInput, NothingToChange, EmailTaken for staff (a customer is
    told nothing about other accounts: the change then fails when it would be confirmed), OwnAccount,
    StaffTarget.
    """
    user = lock_user(user_id)
    refuse_unfit_staff(actor=actor, user=user)
    if not user.is_active:
        raise AccountDisabled
    by_staff = actor.kind is ActorKind.STAFF
    reason = refuse_without_reason(reason) if by_staff else reason
    new_email = clean_email(new_email, field="new_email")
    if new_email == user.email.lower():
        raise NothingToChange
    if by_staff and User.objects.filter(email=new_email).exists():
        raise EmailTaken
    for open_change in EmailChange.objects.select_for_update().filter(user=user, status__in=OPEN_EMAIL_CHANGES):
        _settle(open_change, EmailChangeStatus.CANCELED, at=at)
    confirm, cancel = new_token(), new_token()
    effective_at = at + settings.EMAIL_CHANGE_COOLING_OFF
    change = EmailChange.objects.create(
        user=user,
        old_email=user.email,
        new_email=new_email,
        requested_by=actor.id,
        confirm_digest=confirm.digest,
        cancel_digest=cancel.digest,
        effective_at=effective_at,
        expires_at=effective_at + settings.EMAIL_CHANGE_EXPIRY,
        status_changed_at=at,
        created_at=at,
    )
    send_email_change_requested(change=change, confirm_token=confirm.secret, cancel_token=cancel.secret, at=at)
    _record(change, AuditAction.EMAIL_CHANGE_REQUESTED, actor=actor, at=at, reason=reason, ticket=ticket)
    return change


@transaction.atomic
def confirm_email_change(*, token: str, at: datetime) -> EmailChange:
    """The new address says yes. It takes effect now where the cooling-off is over, else when it is.

    Whoever holds the token reads the new mailbox, so no login is needed. Refuses TokenUnusable, and
    EmailTaken where another account takes the address at the same moment.
    """
    change = _by_token(at, confirm_digest=digest_of(token))
    if change.status != EmailChangeStatus.REQUESTED or not change.user.is_active:
        raise TokenUnusable
    if User.objects.filter(email=change.new_email).exists():
        raise TokenUnusable
    _settle(change, EmailChangeStatus.CONFIRMED, at=at)
    if change.effective_at <= at:
        _apply(change, actor=_person(change), at=at)
    else:
        _record(change, AuditAction.EMAIL_CHANGE_CONFIRMED, actor=_person(change), at=at)
    return change


@transaction.atomic
def cancel_email_change_by_token(*, token: str, at: datetime) -> EmailChange:
    """The old address says no. Refuses TokenUnusable."""
    change = _by_token(at, cancel_digest=digest_of(token))
    return _cancel(change, actor=_person(change), at=at)


@transaction.atomic
def cancel_email_change(
    *, user_id: uuid.UUID, actor: Actor, at: datetime, reason: str = "", ticket: str = ""
) -> EmailChange:
    """Stop the open change of a user. NotFound where there is none."""
    user = lock_user(user_id)
    refuse_unfit_staff(actor=actor, user=user)
    change = EmailChange.objects.select_for_update().filter(user=user, status__in=OPEN_EMAIL_CHANGES).first()
    if change is None:
        raise NotFound
    return _cancel(change, actor=actor, at=at, reason=reason, ticket=ticket)


def drop_email_change(*, user: User, at: datetime) -> str:
    """Cancel the open change of ``user``, whose row the caller has locked; returns its public id, "" where none was.

    A building block for commands: both addresses are told, the caller audits.
    """
    change = EmailChange.objects.select_for_update().filter(user=user, status__in=OPEN_EMAIL_CHANGES).first()
    if change is None:
        return ""
    change.user = user
    _settle(change, EmailChangeStatus.CANCELED, at=at)
    send_email_change_ended(change=change, template="accounts.email_change_canceled", at=at)
    return change.public_id


def settle_due_email_changes(*, at: datetime) -> int:
    """Apply the confirmed changes whose cooling-off is over and expire the forgotten; returns how many."""
    due = EmailChange.objects.filter(status__in=OPEN_EMAIL_CHANGES, effective_at__lte=at).order_by("effective_at")
    return sum(_settle_due(pk, at=at) for pk in due.values_list("pk", flat=True)[:_BATCH])


@transaction.atomic
def _settle_due(change_id: uuid.UUID, *, at: datetime) -> int:
    change = _locked(EmailChange.objects.get(pk=change_id))
    if change.status == EmailChangeStatus.CONFIRMED:
        if not change.user.is_active:
            _cancel(change, actor=CLOCK, at=at, reason="the account is disabled")
        elif User.objects.filter(email=change.new_email).exclude(pk=change.user_id).exists():
            _cancel(change, actor=CLOCK, at=at, reason="another account took the address meanwhile")
        else:
            _apply(change, actor=CLOCK, at=at)
        return 1
    if change.status == EmailChangeStatus.REQUESTED and change.expires_at <= at:
        _settle(change, EmailChangeStatus.EXPIRED, at=at)
        _record(change, AuditAction.EMAIL_CHANGE_EXPIRED, actor=CLOCK, at=at)
        return 1
    return 0


def _by_token(at: datetime, /, **digest: str) -> EmailChange:
    found = EmailChange.objects.filter(**digest).first()
    if found is None:
        raise TokenUnusable
    change = _locked(found)
    if change.status not in OPEN_EMAIL_CHANGES or change.expires_at <= at:
        raise TokenUnusable
    return change


def _locked(change: EmailChange) -> EmailChange:
    """The change under the lock of its user, who is always locked first."""
    user = lock_user(change.user_id)
    locked = EmailChange.objects.select_for_update().get(pk=change.pk)
    locked.user = user
    return locked


def _cancel(change: EmailChange, *, actor: Actor, at: datetime, reason: str = "", ticket: str = "") -> EmailChange:
    _settle(change, EmailChangeStatus.CANCELED, at=at)
    send_email_change_ended(change=change, template="accounts.email_change_canceled", at=at)
    _record(change, AuditAction.EMAIL_CHANGE_CANCELED, actor=actor, at=at, reason=reason, ticket=ticket)
    return change


def _apply(change: EmailChange, *, actor: Actor, at: datetime) -> None:
    user = change.user
    user.email = change.new_email
    try:
        with transaction.atomic():
            user.save(update_fields=["email"])
            EmailAddress.objects.filter(user_id=user.pk).delete()
            EmailAddress.objects.create(user=user, email=change.new_email.lower(), primary=True, verified=True)
            LoginNetwork.objects.filter(user=user).update(account_digest=account_digest(user.email))
    except IntegrityError as error:
        raise EmailTaken from error
    _settle(change, EmailChangeStatus.APPLIED, at=at)
    send_email_change_ended(change=change, template="accounts.email_change_applied", at=at)
    _record(change, AuditAction.EMAIL_CHANGE_APPLIED, actor=actor, at=at)
    events.publish(EmailChanged(user_id=user.public_id, at=at))


def _settle(change: EmailChange, status: EmailChangeStatus, *, at: datetime) -> None:
    move(change, moves=EMAIL_CHANGE_MOVES, target=status, at=at)
    change.save(update_fields=["status", "status_changed_at"])


def _person(change: EmailChange) -> Actor:
    """Who follows a mailed link: the account's person, as far as anybody can tell."""
    return Actor(ActorKind.CUSTOMER, change.user.public_id, change.user.name or change.user.public_id)


def _record(
    change: EmailChange, /, action: AuditAction, *, actor: Actor, at: datetime, reason: str = "", ticket: str = ""
) -> None:
    audit_services.record(
        action=action,
        at=at,
        actor=actor,
        target=user_target(change.user),
        reason=reason,
        ticket=ticket,
        changes={"email": (change.old_email, change.new_email)},
        details={"email_change": change.public_id, "effective_at": change.effective_at.isoformat()},
    )
