"""Every error below /api/ becomes ``application/problem+json`` (RFC 9457), whoever raised it."""

from __future__ import annotations

import http
import math
from collections.abc import Callable, Mapping
from typing import Any

import structlog
from django.conf import settings
from django.core.exceptions import (
    BadRequest,
    PermissionDenied,
    RequestDataTooBig,
    SuspiciousOperation,
    TooManyFieldsSent,
    TooManyFilesSent,
)
from django.core.exceptions import ValidationError as DjangoValidationError
from django.db import InterfaceError, OperationalError
from django.http import Http404, HttpRequest, HttpResponse, UnreadablePostError
from django.views import csrf, defaults
from rest_framework import exceptions as drf
from rest_framework.renderers import JSONRenderer
from rest_framework.response import Response

from core import context as request_context
from core.api.errors import BodyTooLarge, MalformedBody, MalformedRequest, ServiceUnavailable, UnsupportedMediaType
from core.errors import FieldError, InvalidInput, NotFound, Refusal

CONTENT_TYPE = "application/problem+json"
TYPE_PREFIX = "urn:ballast:problem:"
MACHINE_PREFIXES = ("/api/", "/_allauth/", "/webhooks/")
log = structlog.get_logger(__name__)

_TITLES = {
    "not_authenticated": "Authentication is needed",
    "authentication_failed": "The credentials are not accepted",
    "permission_denied": "You may not do this",
    "method_not_allowed": "This method is not allowed here",
    "throttled": "Too many requests",
    "csrf_failed": "The CSRF token is missing or wrong",
    "internal_error": "Something went wrong on our side",
}


def document(
    *, status: int, code: str, title: str = "", detail: str = "", facts: Mapping[str, Any] | None = None
) -> dict[str, Any]:
    """The members of one problem. ``facts`` never replace a member that RFC 9457 or we define."""
    return {
        **(facts or {}),
        "type": f"{TYPE_PREFIX}{code}",
        "title": title or _TITLES.get(code) or http.HTTPStatus(status).phrase,
        "status": status,
        "detail": detail,
        "code": code,
        "request_id": request_context.current().request_id,
    }


def to_problem(error: BaseException) -> dict[str, Any] | None:
    """The problem an exception stands for; None for what nobody foresaw (a 500)."""
    refusal = error if isinstance(error, Refusal) else _as_refusal(error)
    if refusal is not None:
        return document(
            status=refusal.http_status,
            code=refusal.code,
            title=str(refusal.title),
            detail=str(refusal),
            facts=refusal.facts,
        )
    if isinstance(error, PermissionDenied):
        return document(status=403, code="permission_denied")
    return _of_drf(error) if isinstance(error, drf.APIException) else None


def _as_refusal(error: BaseException) -> Refusal | None:
    for kinds, make in _FOREIGN:
        if isinstance(error, kinds):
            return make(error)
    return None


def _unavailable(error: Any) -> Refusal:
    log.error("database_unavailable", exc_info=error)
    return ServiceUnavailable()


def _of_django_validation(error: Any) -> Refusal:
    fields = error.error_dict if hasattr(error, "error_dict") else {"": error.error_list}
    return InvalidInput(
        *(
            FieldError(name, item.code or "invalid", " ".join(item.messages))
            for name, items in fields.items()
            for item in items
        )
    )


# What Django and DRF raise, in the order they are asked (subclasses first). The texts of foreign
# exceptions may name models or settings, so only those known to be about the input are passed on.
_FOREIGN: tuple[tuple[tuple[type[BaseException], ...], Callable[[Any], Refusal]], ...] = (
    ((drf.ValidationError,), lambda error: InvalidInput(*field_errors(error.detail))),
    ((DjangoValidationError,), _of_django_validation),
    ((Http404, drf.NotFound), lambda _: NotFound()),
    ((drf.UnsupportedMediaType,), lambda _: UnsupportedMediaType()),
    ((drf.ParseError,), lambda _: MalformedBody("unreadable", "The body cannot be read.")),
    (
        (RequestDataTooBig, TooManyFieldsSent, TooManyFilesSent),
        lambda _: BodyTooLarge(limit_bytes=settings.API_BODY_LIMIT),
    ),
    ((UnreadablePostError,), lambda _: MalformedBody("cut_short", "The body ended early.")),
    ((BadRequest, SuspiciousOperation), lambda _: MalformedRequest()),
    ((OperationalError, InterfaceError), _unavailable),
)


def _of_drf(error: drf.APIException) -> dict[str, Any]:
    detail = error.detail
    code = getattr(detail, "code", None) or error.default_code
    wait = getattr(error, "wait", None)
    return document(
        status=error.status_code,
        code=str(code),
        detail=str(detail) if isinstance(detail, str) else "",
        facts={} if wait is None else {"retry_after_seconds": math.ceil(wait)},
    )


def field_errors(detail: Any, path: str = "") -> list[FieldError]:
    """DRF's nested error detail as one flat list; ``operations.0.amount_credits`` names a nested field."""
    if isinstance(detail, Mapping):
        return [e for name, inner in detail.items() for e in field_errors(inner, _join(path, str(name)))]
    if isinstance(detail, list):
        errors: list[FieldError] = []
        for index, inner in enumerate(detail):
            nested = isinstance(inner, Mapping | list)
            errors += field_errors(inner, _join(path, str(index)) if nested else path)
        return errors
    return [FieldError(path, str(getattr(detail, "code", "") or "invalid"), str(detail))]


def _join(path: str, name: str) -> str:
    if name == "non_field_errors":
        return path
    return f"{path}.{name}" if path else name


def _headers(problem: Mapping[str, Any]) -> dict[str, str]:
    wait = problem.get("retry_after_seconds")
    return {} if wait is None else {"Retry-After": str(wait)}


def exception_handler(error: Exception, _context: Mapping[str, Any]) -> Response | None:
    """DRF's hook. None lets an unforeseen error rise to Django, which logs it and calls ``server_error``."""
    problem = to_problem(error)
    if problem is None:
        return None
    headers = _headers(problem)
    if challenge := getattr(error, "auth_header", None):
        headers["WWW-Authenticate"] = challenge
    return Response(problem, status=problem["status"], headers=headers, content_type=CONTENT_TYPE)


def render(problem: Mapping[str, Any]) -> HttpResponse:
    """A problem as a plain Django response, for middleware and for views outside DRF."""
    return HttpResponse(
        JSONRenderer().render(problem),
        status=problem["status"],
        content_type=CONTENT_TYPE,
        headers={"Cache-Control": "no-store", **_headers(problem)},
    )


def respond(refusal: Refusal) -> HttpResponse:
    """What middleware returns where it refuses a request."""
    problem = to_problem(refusal)
    assert problem is not None
    return render(problem)


def is_for_machines(request: HttpRequest) -> bool:
    """Whether errors at this address are read by programs."""
    return request.path_info.startswith(MACHINE_PREFIXES)


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    """handler400"""
    if is_for_machines(request):
        return render(to_problem(exception) or document(status=400, code="malformed_request"))
    return defaults.bad_request(request, exception)


def permission_denied(request: HttpRequest, exception: Exception) -> HttpResponse:
    """handler403"""
    if is_for_machines(request):
        return render(document(status=403, code="permission_denied"))
    return defaults.permission_denied(request, exception)


def page_not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    """handler404"""
    if is_for_machines(request):
        return respond(NotFound())
    return defaults.page_not_found(request, exception)


def server_error(request: HttpRequest) -> HttpResponse:
    """handler500: says nothing but the request id, under which the log has the rest."""
    if is_for_machines(request):
        detail = "It was recorded. Name the request id when you write to us."
        return render(document(status=500, code="internal_error", detail=detail))
    return defaults.server_error(request)


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    """CSRF_FAILURE_VIEW"""
    if is_for_machines(request):
        return render(document(status=403, code="csrf_failed"))
    return csrf.csrf_failure(request, reason)
