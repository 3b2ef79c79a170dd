"""Pages for machines: alive, ready, metrics."""

from __future__ import annotations

import hmac
import ipaddress

from django.conf import settings
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from core import metrics
from core.context import current
from operations import selectors


@require_safe
@never_cache
def healthz(_request: HttpRequest) -> HttpResponse:
    """This process answers. Nothing else is asked, so that a slow database restarts nobody."""
    return JsonResponse({"status": "alive"})


@require_safe
@never_cache
def readyz(_request: HttpRequest) -> HttpResponse:
    """200 where everything that requests need is there, else 503 with the parts that are not."""
    checks = selectors.check_readiness()
    ready = all(checks.values())
    body = {
        "status": "ready" if ready else "not ready",
        "checks": {name: "ok" if passed else "failed" for name, passed in checks.items()},
    }
    return JsonResponse(body, status=200 if ready else 503)


@require_safe
@never_cache
def metrics_text(request: HttpRequest) -> HttpResponse:
    """Prometheus text, for whoever has METRICS_TOKEN or asks from METRICS_NETWORKS."""
    if not _may_see_metrics(request):
        return HttpResponse(
            "Metrics need the token of METRICS_TOKEN as a bearer, or an address in METRICS_NETWORKS.\n",
            status=403,
            content_type="text/plain; charset=utf-8",
        )
    return HttpResponse(metrics.text(), content_type=metrics.CONTENT_TYPE)


def _may_see_metrics(request: HttpRequest) -> bool:
    given = request.headers.get("Authorization", "").removeprefix("Bearer ")
    if settings.METRICS_TOKEN and hmac.compare_digest(given.encode(), settings.METRICS_TOKEN.encode()):
        return True
    address = current().client_ip
    return bool(address) and any(ipaddress.ip_address(address) in network for network in settings.METRICS_NETWORKS)
