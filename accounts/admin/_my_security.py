"""What guards the viewer's own account: passkeys, an authenticator app, recovery codes."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from allauth.account.adapter import get_adapter
from allauth.core.internal import ratelimit
from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.utils.decorators import method_decorator
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _
from django.views.decorators.debug import sensitive_post_parameters

from accounts import console_login, passkeys, selectors, services
from accounts.actions import AuditAction
from accounts.forms import AddAppForm, AddPasskeyForm, OwnForm, RemoveFactorForm
from accounts.models import User
from accounts.permissions import Permission
from core import clock
from core.actors import Target
from core.console import OWN, ConsoleView, NavItem, console_site, footprints
from core.errors import FieldError, InvalidInput, Refusal

Data = dict[str, Any]


def _add_passkey(request: HttpRequest, data: Data) -> list[str]:
    credential = passkeys.check_new(data["credential"])
    return services.add_passkey(user_id=_me(request).pk, name=data["name"], credential=credential, at=clock.now())


def _add_app(request: HttpRequest, data: Data) -> list[str]:
    secret = console_login.enrollment_secret(request.session)
    if not console_login.is_code_of(secret, data["code"]):
        wrong = _now("This code does not fit. Check that the clock of your phone is right.")
        raise InvalidInput(FieldError("code", "invalid", wrong))
    codes = services.add_authenticator_app(user_id=_me(request).pk, secret=secret, at=clock.now())
    console_login.forget(request.session)
    return codes


def _remove(request: HttpRequest, data: Data) -> list[str]:
    services.remove_factor(user_id=_me(request).pk, factor_id=data["factor"], at=clock.now())
    return []


def _renew(request: HttpRequest, _data: Data) -> list[str]:
    return services.renew_recovery_codes(user_id=_me(request).pk, at=clock.now())


@dataclass(frozen=True, slots=True)
class _Deed:
    """One form of the page. ``run`` makes one service call and returns recovery codes to be shown, if any."""

    form: type[OwnForm]
    run: Callable[[HttpRequest, Data], list[str]]
    audit_action: str
    done: Any


_DEEDS = {
    "add-passkey": _Deed(AddPasskeyForm, _add_passkey, AuditAction.FACTOR_ADDED, _("The passkey is added.")),
    "add-app": _Deed(AddAppForm, _add_app, AuditAction.FACTOR_ADDED, _("The app is added.")),
    "remove": _Deed(RemoveFactorForm, _remove, AuditAction.FACTOR_REMOVED, _("It is removed.")),
    "renew-codes": _Deed(OwnForm, _renew, AuditAction.FACTOR_RENEWED, _("The old codes are void.")),
}


@method_decorator(sensitive_post_parameters("password", "code", "credential"), name="dispatch")
class MySecurityView(ConsoleView):
    """The viewer's second factors. Each change asks for the password again and leaves one entry."""

    permission = Permission.SECURE_OWN_ACCOUNT
    title = _("My security")
    template_name = "accounts/console/my_security.html"
    nav = NavItem(group=OWN, title=_("My security"), icon="passkey", order=10)

    def get_context(self, request: HttpRequest, **_kwargs: Any) -> dict[str, Any]:
        """The factors there are, and what is needed to add one."""
        return self._context(request)

    def post(self, request: HttpRequest, **_kwargs: Any) -> HttpResponse:
        """One change; what is refused comes back with its form."""
        name = request.POST.get("deed", "")
        deed = _DEEDS.get(name)
        if deed is None:
            return self.render(request, status=422, **self._context(request))
        form = deed.form(request.POST, auto_id=f"id_{name}_%s")
        if not form.is_valid() or not _is_password_right(request, form):
            return self.render(request, status=422, **self._context(request, name, form))
        try:
            codes = deed.run(request, form.cleaned_data)
        except Refusal as refusal:
            target = Target("accounts.user", _me(request).public_id)
            footprints.refused(deed.audit_action, target=target, refusal=refusal)
            form.add_error(None, _words_of(refusal))
            return self.render(request, status=refusal.http_status, **self._context(request, name, form))
        messages.success(request, deed.done)
        return self._codes(request, codes) if codes else HttpResponseRedirect(request.path)

    def _codes(self, request: HttpRequest, codes: list[str]) -> HttpResponse:
        self.template_name = "accounts/console/my_codes.html"
        return self.render(request, codes=codes, next_url=request.path)

    def _context(self, request: HttpRequest, deed: str = "", bound: forms.Form | None = None) -> dict[str, Any]:
        user = _me(request)
        own = selectors.summarize_factors(user_id=user.pk)
        shown = {name: each.form(auto_id=f"id_{name}_%s") for name, each in _DEEDS.items()}
        if bound is not None:
            shown[deed] = bound  # type: ignore[assignment]
        found: dict[str, Any] = {
            "factors": own.factors,
            "is_last": len(own.factors) == 1,
            "has_app": any(factor.type == "totp" for factor in own.factors),
            "codes_left": own.codes_left,
            "forms": {name.replace("-", "_"): form for name, form in shown.items()},
            "removing": request.POST.get("factor", "") if deed == "remove" else "",
        }
        return found | console_login.enrollment(request.session, user=user)


def _me(request: HttpRequest) -> User:
    assert isinstance(request.user, User)  # the gate lets nobody else in
    return request.user


def _is_password_right(request: HttpRequest, form: OwnForm) -> bool:
    """Ask the login itself: wrong passwords count and are recorded there as anywhere else."""
    user = _me(request)
    if not ratelimit.consume(request, app="allauth.account", action="reauthenticate", user=user):
        form.add_error("password", _now("Too many tries. Wait a few minutes."))
        return False
    found = get_adapter(request).authenticate(request, email=user.email, password=form.cleaned_data["password"])
    if found is None or found.pk != user.pk:
        form.add_error("password", _now("This is not your password."))
        return False
    return True


def _words_of(refusal: Refusal) -> str:
    details = [error.detail for error in getattr(refusal, "errors", ())]
    return " ".join(details) or str(refusal)


console_site.add_view("accounts/my-security/", MySecurityView, name="accounts_my_security")
