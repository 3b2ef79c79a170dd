"""Answers that are not a page: no permission, not found, took too long."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.utils.translation import gettext as _

from core.console import ports
from core.errors import PermissionMissing


def render(request: HttpRequest, template: str, context: dict[str, Any], *, status: int = 200) -> TemplateResponse:
    """A console page: ``context`` on top of what every page shows."""
    return TemplateResponse(request, template, {**admin.site.each_context(request), **context}, status=status)


def fragment(request: HttpRequest, template: str, context: dict[str, Any]) -> TemplateResponse:
    """A part of a page that is there already: no sidebar is built for it."""
    return TemplateResponse(request, template, context)


def is_fragment(request: HttpRequest) -> bool:
    """Whether htmx asks for a part of the page it is on."""
    return request.headers.get("HX-Request") == "true"


def forbidden(request: HttpRequest, error: PermissionMissing | PermissionDenied) -> HttpResponse:
    """403, naming the missing permission and who could give it."""
    context: dict[str, Any] = {"title": _("You may not see this")}
    if isinstance(error, PermissionMissing):
        context |= ports.describe(error.permission)
    return render(request, "console/forbidden.html", context, status=403)


def not_found(request: HttpRequest) -> HttpResponse:
    """404 inside the console's frame."""
    return render(request, "console/not_found.html", {"title": _("Not found")}, status=404)


def took_too_long(request: HttpRequest) -> HttpResponse:
    """503 with what to do about it; nothing was changed."""
    return render(request, "console/took_too_long.html", {"title": _("This took too long")}, status=503)
