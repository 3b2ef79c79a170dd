"""Lists by keyset: the cursor says after which row to go on, so page 10,000 costs what page 1 costs."""

from __future__ import annotations

import base64
import binascii
import hmac
import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.core.exceptions import ValidationError as DjangoValidationError
from django.db.models import Model, Q, QuerySet
from django.utils.crypto import salted_hmac
from rest_framework.pagination import BasePagination
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.utils.urls import remove_query_param, replace_query_param

from core.api.errors import InvalidCursor
from core.errors import FieldError, InvalidInput

DEFAULT_PAGE_SIZE = 25
MAX_PAGE_SIZE = 100
MAX_CURSOR_LENGTH = 400
_MAC_LENGTH = 12


@dataclass(frozen=True, slots=True)
class Cursor:
    """A place in a list: go on after (or, ``backward``, before) the row with these values."""

    values: tuple[str, ...]
    backward: bool = False


def encode_cursor(cursor: Cursor, *, salt: str) -> str:
    """An opaque text. It is signed, so that an altered one is refused and not obeyed."""
    payload = json.dumps([int(cursor.backward), *cursor.values], separators=(",", ":")).encode()
    return base64.urlsafe_b64encode(_mac(payload, salt) + payload).rstrip(b"=").decode()


def decode_cursor(text: str, *, salt: str) -> Cursor:
    """The cursor in ``text``. Refuses with InvalidCursor what ``encode_cursor`` did not make with this salt."""
    try:
        if len(text) > MAX_CURSOR_LENGTH:
            raise InvalidCursor
        raw = base64.b64decode(text.encode("ascii") + b"=" * (-len(text) % 4), altchars=b"-_", validate=True)
    except (UnicodeEncodeError, binascii.Error):
        raise InvalidCursor from None
    mac, payload = raw[:_MAC_LENGTH], raw[_MAC_LENGTH:]
    if not hmac.compare_digest(mac, _mac(payload, salt)):
        raise InvalidCursor
    backward, *values = json.loads(payload)
    return Cursor(values=tuple(values), backward=bool(backward))


def _mac(payload: bytes, salt: str) -> bytes:
    return salted_hmac(f"core.api.pagination:{salt}", payload, algorithm="sha256").digest()[:_MAC_LENGTH]


class KeysetPagination(BasePagination):
    """``{"results", "next", "previous"}``, newest first, ``?page_size=`` from 1 to 100.

    A view may name another ``keyset``: fields that together are unique, all ascending or all
    descending, with an index of that order. A list whose rows share the first field across a page
    boundary loses none and repeats none.
    """

    keyset: tuple[str, ...] = ("-created_at", "-id")
    page_size: int = DEFAULT_PAGE_SIZE

    def paginate_queryset(self, queryset: Any, request: Request, view: Any = None) -> list[Any]:
        self._request = request
        self.keyset = tuple(getattr(view, "keyset", None) or self.keyset)
        self._salt = f"{queryset.model._meta.label_lower}:{','.join(self.keyset)}"
        self._size = self.get_page_size(request)
        text = request.query_params.get("cursor")
        cursor = decode_cursor(text, salt=self._salt) if text is not None else None
        backward = cursor is not None and cursor.backward
        rows = list(self._rows(queryset, cursor)[: self._size + 1])
        more = len(rows) > self._size
        rows = rows[: self._size]
        self._rows_found = rows[::-1] if backward else rows
        self._has_next = (cursor is not None) if backward else more
        self._has_previous = more if backward else cursor is not None
        return self._rows_found

    def get_page_size(self, request: Request) -> int:
        """``page_size`` of the query, or the default. Refuses anything but 1 to 100."""
        text = request.query_params.get("page_size")
        if text is None:
            return self.page_size
        if not (text.isascii() and text.isdigit() and len(text) <= 3 and 1 <= int(text) <= MAX_PAGE_SIZE):
            detail = f"A whole number from 1 to {MAX_PAGE_SIZE} is needed."
            raise InvalidInput(FieldError("page_size", "out_of_range", detail))
        return int(text)

    def _rows(self, queryset: QuerySet[Any], cursor: Cursor | None) -> QuerySet[Any]:
        backward = cursor is not None and cursor.backward
        ordering = [_reversed(name) for name in self.keyset] if backward else list(self.keyset)
        ordered = queryset.order_by(*ordering)
        if cursor is None:
            return ordered
        values = self._typed(queryset.model, cursor)
        return ordered.filter(_after(ordering, values))

    def _typed(self, model: type[Model], cursor: Cursor) -> list[Any]:
        names = [name.lstrip("-") for name in self.keyset]
        if len(names) != len(cursor.values):
            raise InvalidCursor
        try:
            return [_field(model, n).to_python(v) for n, v in zip(names, cursor.values, strict=True)]
        except DjangoValidationError:
            raise InvalidCursor from None

    def _link(self, row: Any, *, backward: bool) -> str:
        values = tuple(_as_text(getattr(row, name.lstrip("-"))) for name in self.keyset)
        cursor = encode_cursor(Cursor(values=values, backward=backward), salt=self._salt)
        return replace_query_param(self._request.build_absolute_uri(), "cursor", cursor)

    def get_next_link(self) -> str | None:
        if not self._has_next or not self._rows_found:
            return None
        return self._link(self._rows_found[-1], backward=False)

    def get_previous_link(self) -> str | None:
        if not self._has_previous:
            return None
        if not self._rows_found:
            # The rows behind the cursor are gone: back to the start.
            return remove_query_param(self._request.build_absolute_uri(), "cursor")
        return self._link(self._rows_found[0], backward=True)

    def get_paginated_response(self, data: Any) -> Response:
        return Response({"results": data, "next": self.get_next_link(), "previous": self.get_previous_link()})

    def get_paginated_response_schema(self, schema: dict[str, Any]) -> dict[str, Any]:
        link = {"type": ["string", "null"], "format": "uri"}
        return {
            "type": "object",
            "required": ["results", "next", "previous"],
            "properties": {"results": schema, "next": link, "previous": link},
        }

    def get_schema_operation_parameters(self, view: Any) -> list[dict[str, Any]]:
        size = {"type": "integer", "minimum": 1, "maximum": MAX_PAGE_SIZE, "default": self.page_size}
        return [
            {
                "name": "cursor",
                "in": "query",
                "required": False,
                "description": "Where to go on, as `next` and `previous` give it.",
                "schema": {"type": "string", "maxLength": MAX_CURSOR_LENGTH},
            },
            {
                "name": "page_size",
                "in": "query",
                "required": False,
                "description": "How many results a page holds.",
                "schema": size,
            },
        ]


def _field(model: type[Model], name: str) -> Any:
    return model._meta.get_field(name)


def _reversed(name: str) -> str:
    return name[1:] if name.startswith("-") else f"-{name}"


def _as_text(value: Any) -> str:
    return value.isoformat() if hasattr(value, "isoformat") else str(value)


def _after(ordering: Sequence[str], values: Sequence[Any]) -> Q:
    """Rows past ``values`` in ``ordering``.

    The first condition alone bounds the index scan; without it PostgreSQL reads the OR as a filter
    over the whole index.
    """
    descending = ordering[0].startswith("-")
    names = [name.lstrip("-") for name in ordering]
    past = "lt" if descending else "gt"
    condition = Q()
    for depth, name in enumerate(names):
        equal = {names[i]: values[i] for i in range(depth)}
        condition |= Q(**equal, **{f"{name}__{past}": values[depth]})
    return Q(**{f"{names[0]}__{past}e": values[0]}) & condition
