"""The ``Idempotency-Key`` header, in and out."""

from __future__ import annotations

import functools
import re
from collections.abc import Callable
from typing import Any, TypeVar

from django.http.response import HttpResponseBase
from rest_framework.request import Request

from core.api.errors import IdempotencyKeyInvalid, IdempotencyKeyMissing

R = TypeVar("R", bound=HttpResponseBase)
M = TypeVar("M", bound=Callable[..., Any])
_KEY = re.compile(r"[\x21-\x7e]([\x20-\x7e]{0,253}[\x21-\x7e])?")


def require_key(request: Request) -> str:
    """The key of a request that must not happen twice.

    Refuses with IdempotencyKeyMissing, and with IdempotencyKeyInvalid what is not 1 to 255
    printable ASCII characters.
    """
    key = find_key(request)
    if key is None:
        raise IdempotencyKeyMissing
    return key


def required(method: M) -> M:
    """Decorates a view's method that must not happen twice: no key, no call.

    It also tells the OpenAPI document. The method reads the key with ``require_key``.
    """

    @functools.wraps(method)
    def checked(view: Any, request: Request, *args: Any, **kwargs: Any) -> Any:
        require_key(request)
        return method(view, request, *args, **kwargs)

    checked.idempotency_key_required = True  # type: ignore[attr-defined]
    return checked  # type: ignore[return-value]


def find_key(request: Request) -> str | None:
    """The key where the request carries one, else None. Refuses one that cannot be used."""
    key = request.headers.get("Idempotency-Key")
    if key is None:
        return None
    if not _KEY.fullmatch(key):
        raise IdempotencyKeyInvalid
    return key


def replayed(response: R) -> R:
    """``response``, marked as the stored answer to a request seen before."""
    response["Idempotent-Replay"] = "true"
    return response
