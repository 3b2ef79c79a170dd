"""Prometheus metrics: what this process, or all web processes together, have counted."""

from __future__ import annotations

import time
from collections.abc import Callable

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from prometheus_client import CONTENT_TYPE_LATEST, REGISTRY, CollectorRegistry, Counter, Histogram, generate_latest
from prometheus_client.multiprocess import MultiProcessCollector

_METHODS = {"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"}

REQUESTS = Counter("ballast_http_requests_total", "Requests answered.", ["method", "route", "status"])
SECONDS = Histogram(
    "ballast_http_request_seconds",
    "Seconds from a request's arrival to its answer.",
    ["method", "route"],
    buckets=(0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.0, 5.0, 10.0),
)
CONTENT_TYPE = CONTENT_TYPE_LATEST


def text() -> bytes:
    """Everything counted, as Prometheus reads it. Under several processes, the sum over all of them."""
    if not settings.METRICS_SHARED_DIR:
        return generate_latest(REGISTRY)
    registry = CollectorRegistry()
    MultiProcessCollector(registry, path=settings.METRICS_SHARED_DIR)  # type: ignore[no-untyped-call]
    return generate_latest(registry)


class MetricsMiddleware:
    """Counts and times each request by the pattern of its route, never by its path: ids would swamp the labels."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        started = time.perf_counter()
        response = self.get_response(request)
        method = request.method if request.method in _METHODS else "OTHER"
        route = request.resolver_match.route if request.resolver_match else "unmatched"
        REQUESTS.labels(method, route, str(response.status_code)).inc()
        SECONDS.labels(method, route).observe(time.perf_counter() - started)
        return response
