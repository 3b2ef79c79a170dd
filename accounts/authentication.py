"""Three ways to say who asks: an API key, a session token, a session cookie with CSRF.

Each refuses disabled and restricted users at once, because each reads their state with every
request. Each says in the context who acts, so that the trail and the logs know.
"""

from __future__ import annotations

from dataclasses import dataclass
from importlib import import_module
from typing import Any

from django.conf import settings
from django.contrib.auth import get_user
from django.contrib.sessions.backends.base import SessionBase
from django.http import HttpRequest
from rest_framework.authentication import BaseAuthentication, SessionAuthentication
from rest_framework.permissions import SAFE_METHODS
from rest_framework.request import Request

from accounts import keys, selectors, services, sessions
from accounts.errors import AccountRestricted, AddressNotAllowed, CredentialsInvalid, ScopeMissing, TooManyAttempts
from accounts.lockout_rules import LOCK
from accounts.models import ApiKey, User
from accounts.networks import is_within, network_of
from accounts.states import Capability, KeyState
from core import clock, context
from core.actors import Actor, ActorKind

REALM = 'Bearer realm="api"'
KEY_GUESS_LIMIT = 30


@dataclass(frozen=True, slots=True)
class SessionCredential:
    """What ``request.auth`` is for a session: its public id, and the session for who must ask its age."""

    id: str
    session: SessionBase

    @property
    def key(self) -> str:
        return self.session.session_key or ""


class ApiKeyAuthentication(BaseAuthentication):
    """``Authorization: Bearer bk_…``. One query; one more, at most once a minute, to note the use."""

    security_scheme = "ApiKey"

    def authenticate(self, request: Request) -> tuple[User, ApiKey] | None:
        """The key's maker and the key. Refuses CredentialsInvalid, AddressNotAllowed, ScopeMissing, TooManyAttempts."""
        scheme, _, secret = request.headers.get("Authorization", "").partition(" ")
        if scheme.lower() != "bearer":
            return None
        key = self._key(request, secret.strip())
        address = context.current().client_ip
        if key.allowed_networks and not is_within(address, key.allowed_networks):
            raise AddressNotAllowed
        context.amend(actor=Actor(ActorKind.API_KEY, key.public_id, key.name), api_key_id=key.public_id)
        _refuse_scope(request, key)
        user = key.created_by
        user.restricted = key.maker_restricted  # type: ignore[attr-defined]
        refuse_read_only(request, taken=[*key.maker_restricted, *key.workspace_restricted])  # type: ignore[attr-defined]
        at = clock.now()
        if key.last_used_at is None or key.last_used_at <= at - services.TOUCH_EVERY:
            services.touch_api_key(key_id=key.pk, at=at)
        return user, key

    def authenticate_header(self, request: Request) -> str:
        return REALM

    def _key(self, request: Request, secret: str) -> ApiKey:
        if not keys.is_well_formed(secret):
            raise CredentialsInvalid
        at = clock.now()
        key = selectors.find_api_key(secret=secret, at=at)
        if key is None:
            guesses = services.record_refused_key(
                key_prefix=keys.visible_part(secret),
                network=network_of(context.current().client_ip),
                path=request.path,
                at=at,
            )
            if guesses > KEY_GUESS_LIMIT:
                raise TooManyAttempts(retry_after_seconds=int(LOCK.total_seconds()))
            raise CredentialsInvalid
        if selectors.key_state(key, at=at) is not KeyState.LIVE:
            raise CredentialsInvalid
        return key


class SessionTokenAuthentication(BaseAuthentication):
    """``X-Session-Token``, as the headless login gives it to apps. Two queries."""

    security_scheme = "SessionToken"

    def authenticate(self, request: Request) -> tuple[User, SessionCredential] | None:
        """The session's user. Refuses CredentialsInvalid whatever is wrong with the token."""
        token = request.headers.get("X-Session-Token", "")
        if not token:
            return None
        if not sessions.is_session_key(token):
            raise CredentialsInvalid
        session = import_module(settings.SESSION_ENGINE).SessionStore(session_key=token)
        user = _user_of(session)
        at = clock.now()
        if user is None or sessions.is_over(session, at=at):
            raise CredentialsInvalid
        if not services.touch_session(session=session, at=at, address=context.current().client_ip):
            raise CredentialsInvalid
        return _admit(request, user, session)


class CookieSessionAuthentication(SessionAuthentication):
    """The session cookie, for front ends on the same site; unsafe methods need the CSRF token."""

    security_scheme = "SessionCookie"

    def authenticate(self, request: Request) -> tuple[User, SessionCredential] | None:  # type: ignore[override]
        """The session's user, where there is one."""
        http: Any = request._request
        user = getattr(http, "user", None)
        if user is None or not user.is_authenticated:
            return None
        self.enforce_csrf(request)
        return _admit(request, user, http.session)


def refuse_read_only(request: Request, *, taken: list[str]) -> None:
    """Refuse changes by a read-only account. A view that must stay open to one says ``open_to_read_only``."""
    view = (request.parser_context or {}).get("view")
    if request.method in SAFE_METHODS or Capability.WRITE not in taken or getattr(view, "open_to_read_only", False):
        return
    raise AccountRestricted(capability=Capability.WRITE.value, ends_at="")


def _admit(request: Request, user: Any, session: SessionBase) -> tuple[User, SessionCredential]:
    credential = SessionCredential(sessions.session_public_id(session.session_key or ""), session)
    context.amend(actor=selectors.customer_actor(user), session_id=credential.id)
    refuse_read_only(request, taken=getattr(user, "restricted", []))
    return user, credential


def _user_of(session: SessionBase) -> User | None:
    """The user of a session, by the way every request goes: the backend that knows who is disabled."""
    carrier = HttpRequest()
    carrier.session = session  # type: ignore[assignment]
    user = get_user(carrier)
    return user if isinstance(user, User) else None


def _refuse_scope(request: Request, key: ApiKey) -> None:
    """A view says which scope each method needs; a view that says nothing is not for keys."""
    view = (request.parser_context or {}).get("view")
    needed = getattr(view, "required_scopes", {}).get("GET" if request.method == "HEAD" else request.method, "")
    if not needed or needed not in key.scopes:
        raise ScopeMissing(scope=needed)
