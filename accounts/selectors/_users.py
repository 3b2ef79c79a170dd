"""Who somebody is."""

from __future__ import annotations

import uuid
from datetime import datetime

from accounts.models import EmailChange, User
from accounts.states import OPEN_EMAIL_CHANGES
from core.actors import Actor, ActorKind
from core.errors import NotFound
from core.ids import from_public


def actor_of(user: User) -> Actor:
    """The user as an actor: staff where they are staff, else a customer. Never names an e-mail address."""
    kind = ActorKind.STAFF if user.is_staff else ActorKind.CUSTOMER
    return Actor(kind, user.public_id, user.name or user.public_id)


def customer_actor(user: User) -> Actor:
    """The user acting for themselves through the product, whatever roles they hold as staff."""
    return Actor(ActorKind.CUSTOMER, user.public_id, user.name or user.public_id)


def get_user(user_id: uuid.UUID) -> User:
    """The user with this id; NotFound where there is none."""
    user = find_user(user_id)
    if user is None:
        raise NotFound
    return user


def find_user(user_id: uuid.UUID) -> User | None:
    """The user with this id, if any."""
    return User.objects.filter(pk=user_id).first()


def get_user_by_public_id(public_id: str) -> User:
    """The user with this ``usr_…``; NotFound where there is none."""
    value = from_public(User.id_prefix, public_id)
    if value is None:
        raise NotFound
    return get_user(value)


def find_open_email_change(*, user_id: uuid.UUID, at: datetime) -> EmailChange | None:
    """The change of address of a user that is on its way, if any."""
    return EmailChange.objects.filter(user=user_id, status__in=OPEN_EMAIL_CHANGES, expires_at__gt=at).first()


def find_user_by_email(email: str) -> User | None:
    """The user whose address this is, whatever the case, if any. Closed accounts included."""
    return User.objects.filter(email=email.strip()).first() if "\0" not in email else None
