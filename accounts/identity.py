"""Corrections to the library's endpoints: passwords as they were typed, addresses changed our way."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from allauth.core.exceptions import ImmediateHttpResponse
from allauth.headless.account import inputs, views
from allauth.headless.mfa import inputs as mfa_inputs
from allauth.headless.mfa import views as mfa_views
from allauth.mfa.adapter import get_adapter
from allauth.mfa.models import Authenticator
from django import forms
from django.contrib.auth.password_validation import validate_password
from django.db import transaction
from django.db.models import Q
from django.http import Http404, HttpRequest, HttpResponse
from rest_framework.permissions import SAFE_METHODS

from accounts import passkeys, selectors, services
from accounts.errors import LastFactor
from accounts.models import User
from core import clock
from core.api import problems

PASSWORD_LIMIT = 4096


class _Verbatim:
    """Takes passwords exactly as they were sent; the library would strip spaces (ASVS 5.0 6.2.8)."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name, field in self.fields.items():  # type: ignore[attr-defined]
            if "password" in name and isinstance(field, forms.CharField):
                field.strip = False
                field.max_length = PASSWORD_LIMIT


class SignupInput(_Verbatim, inputs.SignupInput):  # type: ignore[misc]
    def clean(self) -> Any:
        """The password may not resemble the address; the library does not look."""
        cleaned = super().clean()
        email, password = self.cleaned_data.get("email"), self.cleaned_data.get("password")
        if email and password:
            self._refuse_resemblance(email, password)
        return cleaned

    def _refuse_resemblance(self, email: str, password: str) -> None:
        try:
            validate_password(password, user=User(email=email))
        except forms.ValidationError as error:
            self.add_error("password", error)


class LoginInput(_Verbatim, inputs.LoginInput):  # type: ignore[misc]
    pass


class ResetPasswordInput(_Verbatim, inputs.ResetPasswordInput):  # type: ignore[misc]
    pass


class ChangePasswordInput(_Verbatim, inputs.ChangePasswordInput):  # type: ignore[misc]
    pass


class ReauthenticateInput(_Verbatim, inputs.ReauthenticateInput):  # type: ignore[misc]
    pass


class _Passkey:
    """A passkey's answer that cannot be read is refused as one that does not fit; the library lets it crash."""

    def clean_credential(self) -> Any:
        inherited = getattr(super(), "clean_credential", None)
        return _refusing_malformed(inherited) if inherited else self.cleaned_data["credential"]  # type: ignore[attr-defined]

    def clean(self) -> Any:
        return _refusing_malformed(super().clean)  # type: ignore[misc]


def _refusing_malformed(read: Callable[[], Any]) -> Any:
    try:
        return read()
    except passkeys.MALFORMED:
        raise get_adapter().validation_error("incorrect_code") from None


class AddPasskeyInput(_Passkey, mfa_inputs.AddWebAuthnInput):  # type: ignore[misc]
    pass


class AuthenticatePasskeyInput(_Passkey, mfa_inputs.AuthenticateWebAuthnInput):  # type: ignore[misc]
    pass


class ReauthenticatePasskeyInput(_Passkey, mfa_inputs.ReauthenticateWebAuthnInput):  # type: ignore[misc]
    pass


class LoginPasskeyInput(_Passkey, mfa_inputs.LoginWebAuthnInput):  # type: ignore[misc]
    pass


class SignupView(views.SignupView):  # type: ignore[misc]
    input_class = {"POST": SignupInput}

    def handle(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """The account, its address and the entry of it together, or none of them."""
        with transaction.atomic():
            try:
                answer: HttpResponse = super().handle(request, *args, **kwargs)
            except ImmediateHttpResponse as other:
                answer = other.response
        return answer


class LoginView(views.LoginView):  # type: ignore[misc]
    input_class = LoginInput


class ResetPasswordView(views.ResetPasswordView):  # type: ignore[misc]
    input_class = ResetPasswordInput


class ChangePasswordView(views.ChangePasswordView):  # type: ignore[misc]
    input_class = ChangePasswordInput


class ReauthenticateView(views.ReauthenticateView):  # type: ignore[misc]
    input_class = ReauthenticateInput


class _KeepsOne:
    """Removes second factors, but never the last ones of staff: the console's door asks for one."""

    def _chosen(self, request: HttpRequest) -> Q:
        raise NotImplementedError

    def delete(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """As the library does, or LastFactor."""
        gone = self._chosen(request)
        if request.user.is_staff and not selectors.list_factors(user_id=request.user.pk).exclude(gone).exists():  # type: ignore[union-attr]
            return problems.respond(LastFactor())
        answer: HttpResponse = super().delete(request, *args, **kwargs)  # type: ignore[misc]
        return answer


class _RecordsFactors:
    """Changes second factors in one transaction with the entry of it."""

    def handle(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """As the library does; a user may have to log in again first, and then nothing happened."""
        if request.method in SAFE_METHODS:
            return super().handle(request, *args, **kwargs)  # type: ignore[misc,no-any-return]
        with services.recording_factors(user_id=request.user.pk, at=clock.now()):  # type: ignore[arg-type]
            return super().handle(request, *args, **kwargs)  # type: ignore[misc,no-any-return]


class RecoveryCodesView(_RecordsFactors, mfa_views.ManageRecoveryCodesView):  # type: ignore[misc]
    pass


class AppFactorView(_RecordsFactors, _KeepsOne, mfa_views.ManageTOTPView):  # type: ignore[misc]
    def _chosen(self, _request: HttpRequest) -> Q:
        return Q(type=Authenticator.Type.TOTP)


class PasskeysView(_RecordsFactors, _KeepsOne, mfa_views.ManageWebAuthnView):  # type: ignore[misc]
    input_class = {**mfa_views.ManageWebAuthnView.input_class, "POST": AddPasskeyInput}

    def _chosen(self, _request: HttpRequest) -> Q:
        return Q(pk__in=[factor.pk for factor in self.input.cleaned_data["authenticators"]])


class AuthenticatePasskeyView(mfa_views.AuthenticateWebAuthnView):  # type: ignore[misc]
    input_class = {"POST": AuthenticatePasskeyInput}


class ReauthenticatePasskeyView(mfa_views.ReauthenticateWebAuthnView):  # type: ignore[misc]
    input_class = {"POST": ReauthenticatePasskeyInput}


class LoginPasskeyView(mfa_views.LoginWebAuthnView):  # type: ignore[misc]
    input_class = {"POST": LoginPasskeyInput}


class AddressView(views.ManageEmailView):  # type: ignore[misc]
    """Addresses, to read and to have the verification sent again. They are changed at /api/v1/."""

    http_method_names = ["get", "put", "options"]
    input_class = {"PUT": inputs.ResendEmailVerificationInput}


def no_such_endpoint(_request: HttpRequest) -> HttpResponse:
    """For what the library offers and the product does not have."""
    raise Http404
