"""Stands before every address that programs call: refuses what no view should have to think of."""

from __future__ import annotations

import http
import re
from collections.abc import Callable

from django.conf import settings
from django.core.exceptions import RequestDataTooBig
from django.http import HttpRequest, HttpResponse, UnreadablePostError
from django.middleware.common import CommonMiddleware
from django.utils.http import parse_header_parameters

from core.api import strict_json
from core.api.errors import BodyTooLarge, LengthRequired, MalformedRequest, UnsupportedMediaType
from core.api.problems import document, is_for_machines, render, to_problem
from core.errors import Refusal

_BOUNDED = ("/api/", "/_allauth/")
_CHECKED_BODIES = "/_allauth/"


_BARE_CODES = {400: "malformed_request", 403: "permission_denied"}


class ApiBoundaryMiddleware:
    """Bounds the body, refuses NUL in the address, and turns a view's refusal into a problem document.

    Bodies for the sign-up and login endpoints are read strictly here, because those views are not
    ours; the product API has its own parser, and webhooks are kept raw.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if not is_for_machines(request):
            return self.get_response(request)
        try:
            self._check(request)
        except (Refusal, UnreadablePostError, RequestDataTooBig) as error:
            problem = to_problem(error)
            assert problem is not None
            return render(problem)
        response = self.get_response(request)
        if response.status_code >= 400 and response.get("Content-Type", "").startswith("text/html"):
            response = _as_problem(response)
        if not response.has_header("Cache-Control"):
            response["Cache-Control"] = "no-store"
        return response

    def process_exception(self, request: HttpRequest, error: Exception) -> HttpResponse | None:
        """For views that are not DRF's. What nobody foresaw stays an exception, so that it is logged."""
        problem = to_problem(error) if is_for_machines(request) else None
        return None if problem is None else render(problem)

    def _check(self, request: HttpRequest) -> None:
        query = request.META.get("QUERY_STRING", "")
        if "\x00" in request.path_info or "\x00" in query or "%00" in query:
            raise MalformedRequest
        if request.META.get("HTTP_TRANSFER_ENCODING"):
            raise LengthRequired
        if not request.path_info.startswith(_BOUNDED):
            return
        length = request.META.get("CONTENT_LENGTH") or "0"
        if re.fullmatch(r"[0-9]+", length) and (len(length) > 18 or int(length) > settings.API_BODY_LIMIT):
            raise BodyTooLarge(limit_bytes=settings.API_BODY_LIMIT)
        if request.path_info.startswith(_CHECKED_BODIES) and request.body:
            _check_body(request)


def _check_body(request: HttpRequest) -> None:
    """The library reads any body as JSON, whatever it calls itself; so each one has to be JSON."""
    kind, options = parse_header_parameters(request.META.get("CONTENT_TYPE", ""))
    if kind != "application/json" or options.get("charset", "utf-8").lower() not in {"utf-8", "utf8"}:
        raise UnsupportedMediaType
    strict_json.loads(request.body)


def _as_problem(response: HttpResponse) -> HttpResponse:
    """The problem that a bare error answer of a plain Django view stands for."""
    code = _BARE_CODES.get(response.status_code) or http.HTTPStatus(response.status_code).name.lower()
    problem = render(document(status=response.status_code, code=code))
    for name in ("Allow", "Retry-After", "WWW-Authenticate"):
        if response.has_header(name):
            problem[name] = response[name]
    return problem


class SlashMiddleware(CommonMiddleware):
    """Adds the missing slash for readers only: a redirected POST would arrive as a GET without its body."""

    def should_redirect_with_slash(self, request: HttpRequest) -> bool:
        return request.method in {"GET", "HEAD"} and super().should_redirect_with_slash(request)
