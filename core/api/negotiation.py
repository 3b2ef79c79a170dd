"""The product API speaks JSON, whatever ``Accept`` says (RFC 9110 section 12.5.1 allows it)."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from rest_framework.negotiation import DefaultContentNegotiation
from rest_framework.renderers import BaseRenderer


class JSONOnly(DefaultContentNegotiation):
    """Picks the first renderer; parsers are chosen by the content type as usual."""

    def select_renderer(
        self, request: Any, renderers: Iterable[BaseRenderer], format_suffix: str | None = None
    ) -> tuple[BaseRenderer, str]:
        renderer = next(iter(renderers))
        return renderer, str(renderer.media_type)
