"""Gives each request its context: an id, the true client address, and who asks."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Callable

from django.conf import settings
from django.http import HttpRequest, HttpResponse

from core.context import Context, bound
from core.ids import new_id, to_public

_REQUEST_ID = re.compile(r"req_[0-9a-z]{26}")
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
    try:
        return str(ipaddress.ip_address(address))
    except ValueError:
        return ""


def request_id(request: HttpRequest) -> str:
    """A new id, or the one our own proxy set; a client's own is never taken."""
    claimed: str = request.META.get("HTTP_X_REQUEST_ID", "")
    if settings.TRUSTED_PROXY_COUNT and _REQUEST_ID.fullmatch(claimed):
        return claimed
    return to_public("req", new_id())


class RequestContextMiddleware:
    """Outermost: binds the context for everything inside and names the request in the answer."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        context = Context(
            request_id=request_id(request),
            client_ip=client_ip(request),
            user_agent=request.META.get("HTTP_USER_AGENT", "")[:_USER_AGENT_LIMIT],
        )
        with bound(context):
            response = self.get_response(request)
        response["X-Request-Id"] = context.request_id
        return response
