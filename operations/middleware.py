"""Answers machines before anything that asks who is there."""

from __future__ import annotations

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse
from django.urls import resolve

_PROBES = {"/healthz", "/readyz", "/metrics"}


class ProbeMiddleware:
    """Probes and scrapers call by address: for their pages no host name is asked, and no session opened."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if request.path_info not in _PROBES:
            return self.get_response(request)
        request.resolver_match = resolve(request.path_info)
        answer: HttpResponse = request.resolver_match.func(request)
        return answer
