"""How django-allauth meets our services: sign-up, mail, passwords and sessions go through commands."""

from __future__ import annotations

import base64
import hashlib
from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from allauth.account.internal.flows.signup import prevent_enumeration
from allauth.account.internal.stagekit import clear_login
from allauth.core.exceptions import ImmediateHttpResponse
from allauth.headless.adapter import DefaultHeadlessAdapter
from allauth.headless.base.response import AuthenticationResponse
from allauth.mfa.adapter import DefaultMFAAdapter
from allauth.usersessions.adapter import DefaultUserSessionsAdapter
from cryptography.fernet import Fernet, MultiFernet
from django.conf import settings
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.utils.translation import get_language, gettext, override
from django.utils.translation import gettext_lazy as _

from accounts import selectors, services
from accounts.errors import AccountDisabled, AccountRestricted, EmailTaken
from accounts.models import User
from accounts.networks import network_of
from accounts.states import Capability
from core import clock
from core import context as request_context
from core.api import problems

# What the library calls a mail, what we call it, and which of its values is our ``url``.
_MAILS = {
    "account/email/email_confirmation_signup": ("accounts.verify_email", "activate_url"),
    "account/email/email_confirmation": ("accounts.verify_email", "activate_url"),
    "account/email/password_reset_key": ("accounts.password_reset", "password_reset_url"),
    "account/email/account_already_exists": ("accounts.account_exists", "password_reset_url"),
    "account/email/unknown_account": ("accounts.unknown_account", "signup_url"),
}
_NOTICES = {
    "account/email/password_changed": _("Your password was changed."),
    "account/email/password_set": _("A password was set for your account."),
    "account/email/password_reset": _("Your password was reset by a link in a mail."),
    "mfa/email/totp_activated": _("An authenticator app was added to your account."),
    "mfa/email/totp_deactivated": _("The authenticator app was removed from your account."),
    "mfa/email/webauthn_added": _("A passkey or security key was added to your account."),
    "mfa/email/webauthn_removed": _("A passkey or security key was removed from your account."),
    "mfa/email/recovery_codes_generated": _("New recovery codes were made for your account."),
}
_OTHER_NOTICE = _("What guards your account was changed.")


class AccountAdapter(DefaultAccountAdapter):  # type: ignore[misc]
    """Sign-up, mail and passwords through our own commands; client addresses from the request context."""

    def save_user(self, request: HttpRequest, user: User, form: Any, commit: bool = True) -> User:
        """Sign up. An address that another sign-up takes at this moment answers as any other taken one does."""
        data = form.cleaned_data
        try:
            made = services.sign_up(
                email=data["email"],
                password=data.get("password") or data.get("password1"),
                locale=get_language() or "",
                lists_address=False,
                at=clock.now(),
            )
        except EmailTaken:
            response = prevent_enumeration(request, email=data["email"])
            raise ImmediateHttpResponse(AuthenticationResponse.from_response(request, response)) from None
        user.__dict__.update(made.__dict__)
        return user

    def pre_authenticate(self, request: HttpRequest, **credentials: Any) -> None:
        """Nothing: django-axes guards accounts. allauth's own limit by account would let strangers lock owners out."""

    def pre_login(self, request: HttpRequest, user: User, **kwargs: Any) -> HttpResponse | None:
        """After the right password: say why a disabled account cannot log in."""
        if not user.is_active:
            clear_login(request)
            raise ImmediateHttpResponse(problems.respond(AccountDisabled()))
        found = selectors.find_active_restriction(capability=Capability.LOGIN, at=clock.now(), user_id=user.pk)
        if found:
            clear_login(request)
            ends_at = found.ends_at.isoformat() if found.ends_at else ""
            raise ImmediateHttpResponse(
                problems.respond(AccountRestricted(capability=found.capability, ends_at=ends_at))
            )
        return super().pre_login(request, user, **kwargs)  # type: ignore[no-any-return]

    def set_password(self, user: User, password: str) -> None:
        """The user chose a password, logged in or by a mailed link."""
        at = clock.now()
        if self.request.user.is_authenticated:
            keep = self.request.session.session_key or ""
            services.change_password(user=user, password=password, keep=keep, at=at)
        else:
            network = network_of(request_context.current().client_ip)
            services.reset_password(user=user, password=password, network=network, at=at)

    def confirm_email(self, request: HttpRequest, email_address: Any) -> bool:
        """The address is proved, and the trail says so, or neither."""
        with transaction.atomic():
            confirmed = bool(super().confirm_email(request, email_address))
            if confirmed:
                services.record_email_verified(user=email_address.user, at=clock.now())
        return confirmed

    def send_mail(self, template_prefix: str, email: str, context: dict[str, Any]) -> None:
        """Write a mail of the library's as one of ours, into the outbox."""
        template, url = _MAILS[template_prefix]
        user = context.get("user")
        values = {"url": context[url]}
        if isinstance(user, User):
            services.send_to(user=user, template=template, address=email, values=values, at=clock.now())
        else:
            services.send_to_stranger(
                address=email,
                template=template,
                language=get_language() or settings.LANGUAGE_CODE,
                values=values,
                at=clock.now(),
            )

    def send_notification_mail(
        self, template_prefix: str, user: User, context: dict[str, Any] | None = None, email: str | None = None
    ) -> None:
        """Tell the user what changed."""
        with override(user.locale):
            event = gettext(str(_NOTICES.get(template_prefix, _OTHER_NOTICE)))
        services.send_security_notice(
            user=user, event=event, detail=request_context.current().client_ip, at=clock.now()
        )

    def get_client_ip(self, request: HttpRequest) -> str:
        """The address our trusted proxies saw; PermissionDenied where there is none, as limits need one."""
        address = request_context.current().client_ip
        if not address:
            raise PermissionDenied("no client address")
        return address

    def get_phone(self, user: User) -> None:
        """Phones are no part of an account."""
        return


class HeadlessAdapter(DefaultHeadlessAdapter):  # type: ignore[misc]
    """What a login tells about the user: the public id, as everywhere."""

    def user_as_dataclass(self, user: User) -> Any:
        return self.get_user_dataclass()(
            id=user.public_id if user.pk else None,
            display=user.name,
            email=user.email or None,
            has_usable_password=user.has_usable_password(),
        )


class MFAAdapter(DefaultMFAAdapter):  # type: ignore[misc]
    """Secrets of second factors are encrypted in the database, under a key derived from SECRET_KEY."""

    def encrypt(self, text: str) -> str:
        return _vault().encrypt(text.encode()).decode()

    def decrypt(self, encrypted_text: str) -> str:
        return _vault().decrypt(encrypted_text.encode()).decode()


class UserSessionsAdapter(DefaultUserSessionsAdapter):  # type: ignore[misc]
    """Ending sessions through the library's own endpoint is a command like any other."""

    def end_sessions(self, sessions: list[Any]) -> None:
        if sessions:
            user = sessions[0].user
            keys = [session.session_key for session in sessions]
            services.end_listed_sessions(
                user_id=user.pk, session_keys=keys, actor=selectors.customer_actor(user), at=clock.now()
            )


def _vault() -> MultiFernet:
    keys = [settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS]
    return MultiFernet([Fernet(_derived(str(key))) for key in keys])


def _derived(secret: str) -> bytes:
    """A key for this one purpose, so that nothing else encrypted or signed under SECRET_KEY opens it."""
    digest = hashlib.blake2b(b"accounts.second-factors", key=hashlib.sha256(secret.encode()).digest(), digest_size=32)
    return base64.urlsafe_b64encode(digest.digest())
