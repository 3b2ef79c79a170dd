"""Gives each request its context: an id, the true client address, and who asks."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Callable

import structlog
from django.conf import settings
from django.http import HttpRequest, HttpResponse

from core.context import Context, bound, current
from core.ids import new_id, to_public

_CLIENT_REQUEST_ID = re.compile(r"[A-Za-z0-9._:/+=-]{1,128}")
_WITH_PORT = re.compile(r"\[(?P<six>[^\]]+)\](:[0-9]+)?|(?P<four>[0-9.]+):[0-9]+")
_USER_AGENT_LIMIT = 512


def client_ip(request: HttpRequest) -> str:
    """The client's address as the outermost trusted proxy saw it.

    Only the last TRUSTED_PROXY_COUNT elements of X-Forwarded-For were written by our own proxies;
    the rest is the client's claim and is ignored. Without proxies the header is ignored whole.
    """
    hops: int = settings.TRUSTED_PROXY_COUNT
    address: str = request.META.get("REMOTE_ADDR", "")
    if hops:
        chain = [part.strip() for part in request.META.get("HTTP_X_FORWARDED_FOR", "").split(",") if part.strip()]
        address = chain[-hops] if len(chain) >= hops else address
    return normal_address(address)


def normal_address(text: str) -> str:
    """One spelling for one client: no port, no scope, IPv4 as IPv4 also where it came through IPv6; or nothing."""
    found = _WITH_PORT.fullmatch(text)
    bare = (found["six"] or found["four"]) if found else text
    try:
        address = ipaddress.ip_address(bare.partition("%")[0])
    except ValueError:
        return ""
    return str(getattr(address, "ipv4_mapped", None) or address)


def client_request_id(request: HttpRequest) -> str:
    """What the client, or a proxy for it, calls this request: for our logs beside our own id, never instead of it."""
    claimed: str = request.META.get("HTTP_X_REQUEST_ID", "")
    return claimed if _CLIENT_REQUEST_ID.fullmatch(claimed) else ""


class RequestContextMiddleware:
    """Outermost: binds the context for everything inside and names the request in the answer."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        context = Context(
            request_id=to_public("req", new_id()),
            client_ip=client_ip(request),
            user_agent=request.META.get("HTTP_USER_AGENT", "")[:_USER_AGENT_LIMIT],
        )
        claimed = client_request_id(request)
        ids = {"client_request_id": claimed} if claimed else {}
        with bound(context), structlog.contextvars.bound_contextvars(**ids):
            response = self.get_response(request)
            ids |= {"request_id": context.request_id, "actor": current().actor.id}
        # Django logs a refused request once the context is gone: core.logs looks here.
        request.log_facts = {name: value for name, value in ids.items() if value}  # type: ignore[attr-defined]
        response["X-Request-Id"] = context.request_id
        return response
