"""Looks after the session of each request: ends it in time, marks its use, says who asks."""

from __future__ import annotations

from collections.abc import Callable

from django.conf import settings
from django.contrib.auth.models import AnonymousUser
from django.http import HttpRequest, HttpResponse

from accounts import selectors, services, sessions
from accounts.devices import remember_device
from accounts.models import User
from core import clock, context


class AccountStateMiddleware:
    """For sessions by cookie. Session tokens and API keys pass accounts.authentication instead.

    That a disabled user has no session is seen to by accounts.backends.AccountBackend.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if settings.SESSION_COOKIE_NAME in request.COOKIES:
            self._look_after(request)
        response = self.get_response(request)
        account = getattr(request, "remember_device", "")
        if account:
            remember_device(response, account=account)
        return response

    def _look_after(self, request: HttpRequest) -> None:
        if not isinstance(request.user, User) and not request.user.is_authenticated:
            return
        at = clock.now()
        address = context.current().client_ip
        if sessions.is_over(request.session, at=at) or not services.touch_session(
            session=request.session, at=at, address=address
        ):
            request.session.flush()
            request.user = AnonymousUser()
            return
        key = request.session.session_key or ""
        is_staff_session = sessions.is_staff_session(request.session)
        actor = selectors.actor_of(request.user) if is_staff_session else selectors.customer_actor(request.user)  # type: ignore[arg-type]
        context.amend(actor=actor, session_id=sessions.session_public_id(key))
