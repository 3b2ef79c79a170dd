"""Rate limits of the product API, as DRF and Django ask for them."""

from __future__ import annotations

import ipaddress
from typing import Any

from django.http import HttpRequest
from django.http.response import HttpResponseBase
from rest_framework.request import Request
from rest_framework.throttling import BaseThrottle

from core import context as request_context
from core.actors import ActorKind
from flags.errors import RateLimited
from flags.limiter import Charge, Decision, get_limiter
from flags.policies import API_IP, API_KEY, API_USER, API_WORKSPACE

SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})
_ATTRIBUTE = "rate_limit_standings"


class PolicyThrottle(BaseThrottle):
    """Counts a call against its API key, or else its user.

    Raises RateLimited where that is used up; the client's address was counted before, in
    ``flags.middleware``. The workspace is counted by ``count_workspace`` once it is known.
    """

    def allow_request(self, request: Request, view: Any) -> bool:
        if charges := caller_charges():
            refuse_or_count(request._request, charges)
        return True


def count_workspace(request: Request, workspace_id: object) -> None:
    """Count a call against the workspace it acts in; raises RateLimited.

    Views call it after they checked membership: counting the raw header would let a stranger use up
    somebody else's limit.
    """
    refuse_or_count(request._request, [Charge(API_WORKSPACE, str(workspace_id))])


def caller_charges() -> list[Charge]:
    """What the authenticated caller counts against: its key, or else its user."""
    context = request_context.current()
    if context.api_key_id:
        return [Charge(API_KEY, context.api_key_id)]
    if context.actor.kind in {ActorKind.CUSTOMER, ActorKind.STAFF} and context.actor.id:
        return [Charge(API_USER, context.actor.id)]
    return []


def address_charges() -> list[Charge]:
    """What the caller's address counts against. An IPv6 subscriber holds a whole /64."""
    address = request_context.current().client_ip
    if not address:
        return []
    if ":" in address:
        address = str(ipaddress.ip_network(f"{address}/64", strict=False).network_address)
    return [Charge(API_IP, address)]


def refuse_or_count(request: HttpRequest, charges: list[Charge]) -> Decision:
    """Charge them all, or none and raise RateLimited. The standings go into the answer's headers."""
    decision = get_limiter().decide(charges, strict=request.method not in SAFE_METHODS)
    setattr(request, _ATTRIBUTE, (*getattr(request, _ATTRIBUTE, ()), *decision.standings))
    if not decision.allowed:
        worst = decision.worst
        raise RateLimited(policy=worst.policy.name, retry_after_seconds=max(1, worst.retry_after))
    return decision


def write_headers(request: HttpRequest, response: HttpResponseBase) -> None:
    """``RateLimit-Policy`` and ``RateLimit`` (draft-ietf-httpapi-ratelimit-headers-10) for each policy asked."""
    standings = getattr(request, _ATTRIBUTE, ())
    if not standings:
        return
    response["RateLimit-Policy"] = ", ".join(
        f'"{s.policy.name}";q={s.quota};w={s.policy.window_seconds}' for s in standings
    )
    response["RateLimit"] = ", ".join(f'"{s.policy.name}";r={s.remaining};t={s.reset_seconds}' for s in standings)
