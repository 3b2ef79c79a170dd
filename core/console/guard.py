"""What surrounds every console page: the gate, the viewer's clock, the time limit, polite endings."""

from __future__ import annotations

import zoneinfo
from collections.abc import Callable
from functools import update_wrapper
from typing import Any

from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.utils import timezone

from core.console import pages, ports
from core.console.timeouts import TookTooLong, limited
from core.errors import NotFound, PermissionMissing

View = Callable[..., HttpResponse]


def guarded(view: View) -> View:
    """``view`` behind the gate. Reads run in one transaction with a limit on each statement.

    Writes open their own, because what was refused is recorded after its rollback.
    """

    def inner(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        answer = ports.gate_answer(request)
        if answer is not None:
            return answer
        with timezone.override(_zone_of(request)):
            return _polite(view, request, *args, **kwargs)

    return update_wrapper(inner, view)


def _polite(view: View, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
    try:
        return _answer(view, request, *args, **kwargs)
    except (PermissionMissing, PermissionDenied) as error:
        return _rendered(pages.forbidden(request, error))
    except (NotFound, Http404):
        return _rendered(pages.not_found(request))
    except TookTooLong:
        return _rendered(pages.took_too_long(request))


def _answer(view: View, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
    if request.method in {"GET", "HEAD"}:
        with limited(_limit_of(view)):
            return _rendered(view(request, *args, **kwargs))
    answer = view(request, *args, **kwargs)
    if isinstance(answer, TemplateResponse):
        with limited():
            return _rendered(answer)
    return answer


def _rendered(response: HttpResponse) -> HttpResponse:
    """Templates query while they render; that must happen inside the limit and the viewer's zone."""
    return response.render() if isinstance(response, TemplateResponse) else response


def _limit_of(view: Any) -> int | None:
    return getattr(getattr(view, "view_class", view), "statement_timeout_ms", None)


def _zone_of(request: HttpRequest) -> zoneinfo.ZoneInfo:
    try:
        return zoneinfo.ZoneInfo(getattr(request.user, "time_zone", "") or "UTC")
    except (zoneinfo.ZoneInfoNotFoundError, ValueError):
        return zoneinfo.ZoneInfo("UTC")
