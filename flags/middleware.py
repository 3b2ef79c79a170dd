"""Counts every call of the product API by the client's address, before anyone is asked who it is."""

from __future__ import annotations

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse

from core.api.problems import respond
from flags.errors import RateLimited
from flags.throttles import address_charges, refuse_or_count, write_headers

LIMITED_PREFIXES = ("/api/", "/_allauth/")


class RateLimitMiddleware:
    """429 for an address that used up its limit; the headers of all limits on every answer."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if not request.path_info.startswith(LIMITED_PREFIXES):
            return self.get_response(request)
        try:
            if charges := address_charges():
                refuse_or_count(request, charges)
        except RateLimited as refusal:
            response = respond(refusal)
        else:
            response = self.get_response(request)
        write_headers(request, response)
        return response
