"""Serializer fields of the product's own kinds of value."""

from __future__ import annotations

import re
import unicodedata
import uuid
from datetime import UTC, datetime
from typing import Any

from django.utils.translation import gettext_lazy as _
from rest_framework import serializers

from core.ids import from_public, to_public

MAX_CREDITS = 10**12
_RFC3339 = re.compile(r"\d{4}-\d\d-\d\d[Tt]\d\d:\d\d:\d\d(\.\d{1,9})?([Zz]|[+-]\d\d:\d\d)", re.ASCII)
_CONTROL = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029]")
_CONTROL_BUT_LINES = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029]")


def has_control_characters(text: str, *, multiline: bool = False) -> bool:
    """Whether ``text`` holds control characters; tab and line feed are fine in multi-line text."""
    return bool((_CONTROL_BUT_LINES if multiline else _CONTROL).search(text))


class PublicIdField(serializers.Field[uuid.UUID, str, str, Any]):
    """A public id (``hld_…``) outside, a UUID inside. Code ``invalid_id`` for anything else."""

    default_error_messages = {"invalid_id": _("Not an id of the form {prefix}_…")}

    def __init__(self, prefix: str, **kwargs: Any) -> None:
        self.prefix = prefix
        super().__init__(**kwargs)

    def to_internal_value(self, data: Any) -> uuid.UUID:
        value = from_public(self.prefix, data) if isinstance(data, str) else None
        if value is None:
            self.fail("invalid_id", prefix=self.prefix)
        return value

    def to_representation(self, value: Any) -> str:
        if isinstance(value, uuid.UUID):
            return to_public(self.prefix, value)
        return str(value.public_id)


class CreditsField(serializers.IntegerField):
    """A number of credits: a JSON integer from 1 to 10**12. Never a string, a fraction or true."""

    default_error_messages = {"not_an_integer": _("A whole number is needed.")}

    def __init__(self, **kwargs: Any) -> None:
        kwargs.setdefault("min_value", 1)
        kwargs.setdefault("max_value", MAX_CREDITS)
        super().__init__(**kwargs)

    def to_internal_value(self, data: Any) -> int:
        if isinstance(data, bool) or not isinstance(data, int):
            self.fail("not_an_integer")
        return data


class TextField(serializers.CharField):
    """Text of at most ``max_length`` characters, in Unicode NFC.

    One line unless ``multiline``. Refuses control characters (code ``control_characters``) and
    anything that is not a string.
    """

    default_error_messages = {"control_characters": _("Control characters are not allowed.")}

    def __init__(self, *, max_length: int, multiline: bool = False, **kwargs: Any) -> None:
        self.multiline = multiline
        super().__init__(max_length=max_length, **kwargs)

    def to_internal_value(self, data: Any) -> str:
        if not isinstance(data, str):
            self.fail("invalid")
        text = unicodedata.normalize("NFC", data.replace("\r\n", "\n") if self.multiline else data).strip()
        if has_control_characters(text, multiline=self.multiline):
            self.fail("control_characters")
        return text


class UTCDateTimeField(serializers.DateTimeField):
    """A moment as RFC 3339 with its offset in, in UTC with ``Z`` out."""

    default_error_messages = {"invalid": _("Not an RFC 3339 date and time with an offset, such as {example}.")}

    def to_internal_value(self, value: Any) -> datetime:
        if not isinstance(value, str) or not _RFC3339.fullmatch(value):
            self.fail("invalid", example="2026-11-20T09:30:00Z")
        try:
            moment = datetime.fromisoformat(value.upper())
            return moment.astimezone(UTC)
        except (ValueError, OverflowError):
            self.fail("invalid", example="2026-11-20T09:30:00Z")

    def to_representation(self, value: datetime) -> str:
        return rfc3339(value)


def rfc3339(moment: datetime) -> str:
    """``moment`` in UTC with microseconds and ``Z``."""
    return moment.astimezone(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")
