"""Below /_allauth/: django-allauth headless, with our corrections in front of what they replace."""

from typing import Any

from allauth.headless.constants import Client
from django.urls import URLPattern, URLResolver, include, path

from accounts import identity

_CORRECTED: dict[str, Any] = {
    "auth/signup": identity.SignupView,
    "auth/login": identity.LoginView,
    "auth/reauthenticate": identity.ReauthenticateView,
    "auth/password/reset": identity.ResetPasswordView,
    "account/password/change": identity.ChangePasswordView,
    "account/email": identity.AddressView,
    "account/authenticators/totp": identity.AppFactorView,
    "account/authenticators/recovery-codes": identity.RecoveryCodesView,
    "account/authenticators/webauthn": identity.PasskeysView,
    "auth/webauthn/authenticate": identity.AuthenticatePasskeyView,
    "auth/webauthn/reauthenticate": identity.ReauthenticatePasskeyView,
    "auth/webauthn/login": identity.LoginPasskeyView,
}

urlpatterns: list[URLPattern | URLResolver] = []
for client in (Client.APP, Client.BROWSER):
    prefix = f"{client.value}/v1"
    urlpatterns += [path(f"{prefix}/{end}", view.as_api_view(client=client)) for end, view in _CORRECTED.items()]
    urlpatterns.append(path(f"{prefix}/account/phone", identity.no_such_endpoint))
urlpatterns.append(path("", include("allauth.headless.urls")))
