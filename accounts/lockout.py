"""Who may try a password now. django-axes asks this handler; docs/adr/0031 says why it is made so.

Three counters, each answering one kind of guessing, none letting a stranger lock an owner out:

* *pair*: failures of one account from one network. Ten lock that pair for fifteen minutes.
* *network*: failures from one network over all accounts. A hundred lock the network, except for
  accounts that have logged in from it before.
* *account*: failures of one account from everywhere, for guessing spread over many addresses. After
  twenty, networks the account never logged in from must wait a growing time between attempts.

A browser that logged in before carries a device cookie and has a counter of its own, so that not
even somebody in the same network locks it out. Names are stored as digests: what people type into a
login form, sometimes their password, is nobody's business.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import datetime, timedelta
from http import HTTPStatus
from typing import Any

from axes.handlers.database import AxesDatabaseHandler
from axes.signals import user_locked_out
from django.http import HttpRequest, HttpResponse

from accounts import selectors, services
from accounts.devices import account_digest, device_of
from accounts.errors import TooManyAttempts
from accounts.lockout_rules import LOCK, Failures, locked_for
from accounts.networks import network_of
from core import clock, context
from core.api import problems


def client_network(_request: HttpRequest) -> str | None:
    """For AXES_CLIENT_IP_CALLABLE: the network of the address our trusted proxies saw."""
    return network_of(context.current().client_ip)


def login_name(_request: HttpRequest | None, credentials: dict[str, Any] | None) -> str:
    """For AXES_USERNAME_CALLABLE: the digest of the name that was typed."""
    given = credentials or {}
    return account_digest(str(given.get("email") or given.get("username") or ""))


@dataclass(frozen=True, slots=True)
class Attempt:
    """One try: which account, from where, by which known browser if any."""

    account: str
    network: str | None
    device: str
    at: datetime


def attempt_of(request: HttpRequest, credentials: dict[str, Any] | None) -> Attempt:
    """What the counters are asked about."""
    account = login_name(request, credentials)
    return Attempt(account, client_network(request), device_of(request, account=account), clock.now())


def wait_for(attempt: Attempt) -> timedelta:
    """How long this attempt has to wait; nothing where it may be made now. One query, two when it is tight."""
    counted: Failures = selectors.count_login_failures(
        account=attempt.account, network=attempt.network, device=attempt.device, at=attempt.at
    )
    if attempt.device:
        return locked_for(counted, at=attempt.at, is_device=True, is_known=True)
    wait = locked_for(counted, at=attempt.at, is_device=False, is_known=False)
    if wait and selectors.is_known_network(account=attempt.account, network=attempt.network, at=attempt.at):
        return locked_for(counted, at=attempt.at, is_device=False, is_known=True)
    return wait


class LockoutHandler(AxesDatabaseHandler):  # type: ignore[misc]
    """django-axes' handler with our counters. It keeps no user agent, no posted data and no names."""

    def is_locked(self, request: HttpRequest, credentials: dict[str, Any] | None = None) -> bool:
        wait = wait_for(attempt_of(request, credentials))
        request.lockout_wait = wait  # type: ignore[attr-defined]  # for the answer's Retry-After
        return bool(wait)

    def user_login_failed(
        self, sender: Any, credentials: dict[str, Any], request: HttpRequest | None = None, **kwargs: Any
    ) -> None:
        if request is None:
            return
        if request.axes_locked_out:  # type: ignore[attr-defined]
            request.axes_credentials = credentials  # type: ignore[attr-defined]
            return
        attempt = attempt_of(request, credentials)
        services.count_login_failure(
            account=attempt.account, network=attempt.network, device=attempt.device, path=request.path, at=attempt.at
        )
        if self.is_locked(request, credentials):
            request.axes_locked_out = True  # type: ignore[attr-defined]
            request.axes_credentials = credentials  # type: ignore[attr-defined]
            user_locked_out.send("axes", request=request, username=attempt.account, ip_address=attempt.network)

    def user_logged_in(self, sender: Any, request: HttpRequest, user: Any, **kwargs: Any) -> None:
        """A correct login forgets the failures of its own pair, not those of others."""
        attempt = attempt_of(request, {"email": user.email})
        services.forget_login_failures(account=attempt.account, network=attempt.network, device=attempt.device)

    def user_logged_out(self, sender: Any, request: HttpRequest, user: Any, **kwargs: Any) -> None:
        """Nothing is counted at logout."""


def lockout_answer(
    request: HttpRequest, original_response: HttpResponse | None = None, _credentials: Any = None
) -> HttpResponse:
    """For AXES_LOCKOUT_CALLABLE: 429 with Retry-After. The console's login page has said so itself already."""
    if original_response is not None and original_response.status_code == HTTPStatus.TOO_MANY_REQUESTS:
        return original_response
    wait: timedelta = getattr(request, "lockout_wait", LOCK)
    return problems.respond(TooManyAttempts(retry_after_seconds=max(1, math.ceil(wait.total_seconds()))))
