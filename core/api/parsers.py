"""The one parser of the product API."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.conf import settings
from django.utils.http import parse_header_parameters
from rest_framework.parsers import BaseParser

from core.api import strict_json
from core.api.errors import BodyTooLarge, UnsupportedMediaType


class StrictJSONParser(BaseParser):
    """Reads a bounded JSON object; see ``core.api.strict_json`` for what is refused."""

    media_type = "application/json"

    def parse(
        self, stream: Any, media_type: str | None = None, parser_context: Mapping[str, Any] | None = None
    ) -> dict[str, Any]:
        # Read from the header itself: Django drops a charset that it does not know.
        charset = parse_header_parameters(media_type or "")[1].get("charset", "utf-8")
        if charset.lower() not in {"utf-8", "utf8"}:
            raise UnsupportedMediaType
        limit: int = settings.API_BODY_LIMIT
        raw = stream.read(limit + 1)
        if len(raw) > limit:
            raise BodyTooLarge(limit_bytes=limit)
        return strict_json.loads(raw)
