"""The console's login page."""

from __future__ import annotations

from typing import Any

from allauth.account.adapter import get_adapter
from allauth.core.internal import ratelimit
from axes.handlers.proxy import AxesProxyHandler
from django.contrib import admin
from django.contrib.auth import login as django_login
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.decorators import method_decorator
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.views import View
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters

from accounts import console_login, passkeys, services
from accounts.backends import roles_of
from accounts.console_login import Step
from accounts.errors import PasskeyRefused
from accounts.forms import CodeForm, PasskeyForm, PasswordForm
from accounts.models import User
from accounts.sessions import is_staff_session
from core import clock

_BACKEND = "accounts.backends.AccountBackend"


@method_decorator([never_cache, sensitive_post_parameters("password", "code", "credential")], name="dispatch")
class StaffLoginView(View):
    """``admin:login``: password, then second factor, then a staff session. There is no other way in.

    Staff without a second factor add one here before they are let in. Every step counts wrong tries
    with django-axes, as the product's login does.
    """

    http_method_names = ["get", "post", "head", "options"]

    def get(self, request: HttpRequest) -> HttpResponse:
        """The step that is next."""
        if is_staff_session(request.session) and roles_of(request.user):
            return HttpResponseRedirect(self._next_url())
        pending = console_login.pending_user(request.session, at=clock.now())
        if pending is None:
            return self._page(Step.PASSWORD, PasswordForm())
        return self._page(console_login.step_for(pending), CodeForm(), user=pending)

    def post(self, request: HttpRequest) -> HttpResponse:
        """Take the answer to a step."""
        if request.POST.get("step") == Step.RESTART:
            console_login.forget(request.session)
            return HttpResponseRedirect(request.get_full_path())
        if not ratelimit.consume(request, app="allauth.account", action="login"):
            return self._too_many(Step.PASSWORD, PasswordForm())
        pending = console_login.pending_user(request.session, at=clock.now())
        if pending is None:
            return self._password(request)
        if not AxesProxyHandler.is_allowed(request, {"email": pending.email}):
            console_login.forget(request.session)
            return self._too_many(Step.PASSWORD, PasswordForm())
        return self._answer(request, pending)

    def _answer(self, request: HttpRequest, pending: User) -> HttpResponse:
        has_passkey = "credential" in request.POST
        if console_login.step_for(pending) is Step.CODE:
            return self._passkey(request, pending) if has_passkey else self._code(request, pending)
        return self._enroll_passkey(request, pending) if has_passkey else self._enroll(request, pending)

    # -- steps -------------------------------------------------------------------------------------

    def _password(self, request: HttpRequest) -> HttpResponse:
        form = PasswordForm(request.POST)
        if not form.is_valid():
            return self._page(Step.PASSWORD, form, status=422)
        user = get_adapter(request).authenticate(request, **form.cleaned_data)
        if getattr(request, "axes_locked_out", False):
            return self._too_many(Step.PASSWORD, form)
        if user is None or not user.is_active or not roles_of(user):
            form.add_error(None, _("This is not the address and password of somebody who may enter the console."))
            return self._page(Step.PASSWORD, form, status=422)
        request.session.cycle_key()
        if not console_login.is_factor_needed(user):
            return self._enter(request, user, second_factor="")
        console_login.remember(request.session, user=user, at=clock.now())
        return HttpResponseRedirect(request.get_full_path())

    def _code(self, request: HttpRequest, user: User) -> HttpResponse:
        form = CodeForm(request.POST)
        kind = console_login.check_code(request, user=user, form=form) if form.is_valid() else ""
        if getattr(request, "axes_locked_out", False):
            console_login.forget(request.session)
            return self._too_many(Step.PASSWORD, PasswordForm())
        if not kind:
            return self._page(Step.CODE, form, status=422, user=user)
        return self._enter(request, user, second_factor=kind)

    def _enroll(self, request: HttpRequest, user: User) -> HttpResponse:
        form = CodeForm(request.POST)
        secret = console_login.enrollment_secret(request.session)
        if not form.is_valid() or not console_login.is_code_of(secret, form.cleaned_data["code"]):
            if form.is_valid():
                form.add_error("code", _("This code does not fit. Check that the clock of your phone is right."))
            return self._page(Step.ENROLL, form, status=422, user=user)
        codes = services.add_authenticator_app(user_id=user.pk, secret=secret, at=clock.now())
        return self._enter_with_codes(request, user, second_factor="totp", codes=codes)

    def _passkey(self, request: HttpRequest, user: User) -> HttpResponse:
        form = PasskeyForm(request.POST)
        try:
            credential = form.cleaned_data["credential"] if form.is_valid() else ""
            kind = console_login.check_passkey(request, user=user, credential=credential)
        except PasskeyRefused as refusal:
            if getattr(request, "axes_locked_out", False):
                console_login.forget(request.session)
                return self._too_many(Step.PASSWORD, PasswordForm())
            return self._page(Step.CODE, CodeForm(), status=422, user=user, passkey_error=str(refusal))
        return self._enter(request, user, second_factor=kind)

    def _enroll_passkey(self, request: HttpRequest, user: User) -> HttpResponse:
        form = PasskeyForm(request.POST)
        try:
            credential = passkeys.check_new(form.cleaned_data["credential"] if form.is_valid() else "")
        except PasskeyRefused as refusal:
            return self._page(Step.ENROLL, CodeForm(), status=422, user=user, passkey_error=str(refusal))
        codes = services.add_passkey(user_id=user.pk, name="", credential=credential, at=clock.now())
        return self._enter_with_codes(request, user, second_factor="webauthn", codes=codes)

    def _enter_with_codes(
        self, request: HttpRequest, user: User, *, second_factor: str, codes: list[str]
    ) -> HttpResponse:
        self._enter(request, user, second_factor=second_factor)
        return self._page(Step.RECOVERY, None, codes=codes, next_url=self._next_url())

    def _enter(self, request: HttpRequest, user: User, *, second_factor: str) -> HttpResponse:
        django_login(request, user, backend=_BACKEND)  # a new session id (ASVS 5.0 7.2.4)
        services.begin_staff_session(session=request.session, second_factor=second_factor)
        return HttpResponseRedirect(self._next_url())

    # -- answers -----------------------------------------------------------------------------------

    def _too_many(self, step: Step, form: Any) -> HttpResponse:
        form.errors.pop("password", None)
        message = _("Too many tries from here. Wait a few minutes, or ask a colleague to unlock your login.")
        return self._page(step, form, status=429, too_many=message)

    def _page(self, step: Step, form: Any, *, status: int = 200, user: User | None = None, **more: Any) -> HttpResponse:
        context_data = {
            **admin.site.each_context(self.request),
            "title": _("Log in"),
            "step": step.value,
            "form": form,
            "app_path": self.request.get_full_path(),
            **more,
        }
        if step is Step.ENROLL and user is not None:
            context_data |= console_login.enrollment(self.request.session, user=user)
        elif step is Step.CODE and user is not None:
            context_data |= console_login.question(user)
        return TemplateResponse(self.request, "accounts/login/page.html", context_data, status=status)

    def _next_url(self) -> str:
        wanted = self.request.GET.get("next", "")
        is_safe = url_has_allowed_host_and_scheme(
            wanted, allowed_hosts={self.request.get_host()}, require_https=self.request.is_secure()
        )
        return wanted if is_safe else reverse("admin:index")
