"""People."""

from __future__ import annotations

from datetime import datetime
from typing import Any, ClassVar

from django.contrib.auth import models as auth_models
from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.contrib.auth.hashers import check_password
from django.contrib.auth.models import PermissionsMixin
from django.contrib.postgres.expressions import ArraySubquery
from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex, OpClass
from django.db import models
from django.db.models.functions import Upper
from django.utils import timezone

from accounts.models._mailboxes import Mailbox
from accounts.models._restrictions import Restriction
from accounts.states import UserStatus
from core.ids import new_id, to_public


class EmailField(models.EmailField):  # type: ignore[type-arg]  # generic in the stubs only
    """An e-mail address stored as citext: compared without regard to case."""

    def db_type(self, connection: Any) -> str:
        return "citext"


class UserQuerySet(models.QuerySet["User"]):
    """Users, with what is taken away from them."""

    def with_restrictions(self, at: datetime) -> UserQuerySet:
        """Annotate ``restricted``: the capabilities that active restrictions take away at ``at``."""
        active = Restriction.objects.active(at).filter(user=models.OuterRef("pk"))
        return self.annotate(restricted=ArraySubquery(active.order_by().values("capability")))


class UserManager(BaseUserManager["User"]):
    """Finds users by e-mail, whatever its case."""

    def get_queryset(self) -> UserQuerySet:
        return UserQuerySet(self.model, using=self._db)

    def with_restrictions(self, at: datetime) -> UserQuerySet:
        return self.get_queryset().with_restrictions(at)

    def get_by_natural_key(self, username: str | None) -> User:
        return self.get(email=username)


class User(AbstractBaseUser, PermissionsMixin):
    """A person. Staff are users in at least one staff group; nobody works as superuser.

    ``is_superuser`` grants nothing: permissions come from the staff roles alone (accounts/roles.py).
    """

    id_prefix: ClassVar[str] = "usr"

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    email = EmailField(unique=True)
    name = models.CharField(max_length=200, blank=True)
    status = models.CharField(max_length=16, choices=UserStatus.choices, default=UserStatus.ACTIVE)
    status_changed_at = models.DateTimeField(default=timezone.now)
    is_staff = models.BooleanField(default=False)
    locale = models.CharField(max_length=16, default="en-us")
    time_zone = models.CharField(max_length=64, default="UTC")
    tags = ArrayField(models.CharField(max_length=40), default=list, blank=True)
    created_at = models.DateTimeField(default=timezone.now)

    USERNAME_FIELD = "email"
    EMAIL_FIELD = "email"
    objects: ClassVar[UserManager] = UserManager()

    class Meta:
        constraints = [
            models.CheckConstraint(condition=models.Q(status__in=UserStatus.values), name="accounts_user_status_known"),
        ]
        indexes = [
            models.Index(fields=["-created_at", "-id"], name="accounts_user_newest"),
            models.Index(fields=["-created_at", "-id"], name="accounts_user_staff", condition=models.Q(is_staff=True)),
            models.Index(
                fields=["status", "-created_at", "-id"],
                name="accounts_user_stopped",
                condition=~models.Q(status="active"),
            ),
            GinIndex(OpClass(Upper("name"), name="gin_trgm_ops"), name="accounts_user_name_trgm"),
            GinIndex(fields=["tags"], name="accounts_user_tags"),
            models.Index(Mailbox("email"), name="accounts_user_mailbox"),
        ]

    def __str__(self) -> str:
        return self.public_id

    @property
    def public_id(self) -> str:
        return to_public(self.id_prefix, self.id)

    @property
    def is_active(self) -> bool:  # type: ignore[override]
        return self.status == UserStatus.ACTIVE

    def check_password(self, raw_password: str | None) -> bool:
        """Whether this is the password. Renewing its hash is a command of its own, not a side effect."""
        return check_password(raw_password, self.password)

    def has_perm(self, perm: str, obj: Any = None) -> bool:
        """Whether a staff role of this user holds ``perm``; the superuser flag does not count."""
        return bool(auth_models._user_has_perm(self, perm, obj))  # type: ignore[attr-defined]

    def has_module_perms(self, app_label: str) -> bool:
        return bool(auth_models._user_has_module_perms(self, app_label))  # type: ignore[attr-defined]
