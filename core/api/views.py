"""The OpenAPI document and the page that shows it."""

from __future__ import annotations

import functools
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_safe
from drf_spectacular.generators import SchemaGenerator
from drf_spectacular.renderers import OpenApiJsonRenderer, OpenApiYamlRenderer

YAML_TYPES = ("application/yaml", "application/vnd.oai.openapi")


@functools.lru_cache(maxsize=2)
def _document(kind: str) -> bytes:
    """The document is made of code, so once a process is enough (it takes about a second)."""
    schema: dict[str, Any] = SchemaGenerator().get_schema(request=None, public=True)  # type: ignore[no-untyped-call]
    renderer = OpenApiYamlRenderer() if kind == "yaml" else OpenApiJsonRenderer()
    rendered: bytes = renderer.render(schema, renderer_context={})  # type: ignore[no-untyped-call]
    return rendered


@require_safe
def schema(request: HttpRequest) -> HttpResponse:
    """OpenAPI 3.1 as JSON, or as YAML where ``Accept`` or ``?format=yaml`` asks for it."""
    kind = "yaml" if _wants_yaml(request) else "json"
    content_type = "application/yaml" if kind == "yaml" else "application/vnd.oai.openapi+json"
    headers = {"Cache-Control": "public, max-age=60", "Vary": "Accept"}
    return HttpResponse(_document(kind), content_type=content_type, headers=headers)


def _wants_yaml(request: HttpRequest) -> bool:
    if "format" in request.GET:
        return request.GET["format"] == "yaml"
    preferred = request.get_preferred_type(["application/json", "application/vnd.oai.openapi+json", *YAML_TYPES])
    return preferred in YAML_TYPES


@require_safe
def docs(request: HttpRequest) -> HttpResponse:
    """Swagger UI from our own files, over the product API."""
    return _docs_page(request, document=reverse("api:schema"))


@require_safe
def sign_up_docs(request: HttpRequest) -> HttpResponse:
    """The same page over sign-up, login and sessions."""
    return _docs_page(request, document=reverse("headless:openapi_json"))


def _docs_page(request: HttpRequest, *, document: str) -> HttpResponse:
    return render(request, "core/api/docs.html", {"document": document})
