"""What leaves the machine when something breaks: where and how, never about whom."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

_HEADERS = frozenset({"accept", "content-length", "content-type", "host"})  # the others say who it is, or where from
_DETAIL = "\nDETAIL:"  # PostgreSQL repeats the row here


def without_personal_data(event: Any, _hint: Any) -> Any:
    """Sentry's ``before_send``: no query strings, cookies, bodies, addresses, headers about a person, nor rows."""
    event.pop("user", None)
    event.get("extra", {}).pop("request", None)
    if request := event.get("request"):
        headers = request.get("headers") or {}
        event["request"] = {
            "method": request.get("method"),
            "url": _bare(request.get("url")),
            "headers": {name: value for name, value in headers.items() if name.lower() in _HEADERS},
        }
    for found in _values(event, "exception"):
        found["value"] = str(found.get("value") or "").partition(_DETAIL)[0]
    for crumb in _values(event, "breadcrumbs"):
        data = crumb.get("data") or {}
        crumb["data"] = {
            name: _bare(value) for name, value in data.items() if name not in {"request", "http.query", "http.fragment"}
        }
    return event


def _values(event: Any, part: str) -> Iterable[Any]:
    return (event.get(part) or {}).get("values") or ()


def _bare(value: Any) -> Any:
    return value.partition("?")[0] if isinstance(value, str) and "://" in value else value
