"""Serializers that take exactly what they declare."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext_lazy as _
from rest_framework import fields, serializers
from rest_framework.exceptions import ErrorDetail, ValidationError
from rest_framework.request import Request

from core.api.fields import TextField, has_control_characters

# DRF coerces: "5" becomes 5, 1 becomes True, 7 becomes "7". A JSON client that sends the wrong type
# has a mistake worth hearing about, so each field takes its JSON type only.
_JSON_TYPES: tuple[tuple[tuple[type[fields.Field[Any, Any, Any, Any]], ...], tuple[type, ...]], ...] = (
    ((fields.BooleanField,), (bool,)),
    ((fields.IntegerField,), (int,)),
    ((fields.FloatField,), (int, float)),
    (
        (
            fields.CharField,
            fields.DecimalField,
            fields.DateTimeField,
            fields.DateField,
            fields.TimeField,
            fields.UUIDField,
            fields.ChoiceField,
        ),
        (str,),
    ),
)
_PAGING = frozenset({"cursor", "page_size"})


def _error(code: str, text: Any) -> ErrorDetail:
    return ErrorDetail(str(text), code=code)


def _type_problem(field: Any, value: Any) -> ErrorDetail | None:
    """What is wrong with the raw JSON ``value`` for this field, before DRF coerces it."""
    if value is None or isinstance(field, fields.MultipleChoiceField):
        return None
    for kinds, types in _JSON_TYPES:
        if isinstance(field, kinds):
            fits = isinstance(value, types) and (bool in types or not isinstance(value, bool))
            return None if fits else _error("wrong_type", _("This is of the wrong JSON type."))
    return None


def _text_problem(field: Any, value: Any) -> ErrorDetail | None:
    multiline = isinstance(field, TextField) and field.multiline
    if isinstance(value, str) and has_control_characters(value.replace("\r\n", "\n"), multiline=multiline):
        return _error("control_characters", _("Control characters are not allowed."))
    return None


class StrictSerializer(serializers.Serializer[Any]):
    """A serializer that refuses what it does not declare.

    Unknown and read-only fields get the code ``unknown_field``; a value of another JSON type
    ``wrong_type``; control characters ``control_characters``. Text must be bounded: a writable
    CharField without ``max_length`` is a programming error.
    """

    _checks_json_types = True

    def get_fields(self) -> dict[str, Any]:
        declared = super().get_fields()
        for name, field in declared.items():
            text = isinstance(field, fields.CharField) and not field.read_only
            assert not text or getattr(field, "max_length", None), f"{type(self).__name__}.{name} has no max_length"
        return declared

    def to_internal_value(self, data: Any) -> Any:
        if isinstance(data, Mapping):
            problems = {**self._unknown(data), **self._ill_typed(data)}
            if problems:
                raise ValidationError({**self._others(data, problems), **problems})
        return super().to_internal_value(data)

    def _unknown(self, data: Mapping[str, Any]) -> dict[str, list[ErrorDetail]]:
        known = {name for name, field in self.fields.items() if not field.read_only}
        return {
            str(name)[:100]: [_error("unknown_field", _("This field is not known here."))]
            for name in data
            if name not in known
        }

    def _ill_typed(self, data: Mapping[str, Any]) -> dict[str, Any]:
        problems: dict[str, Any] = {}
        for name, field in self.fields.items():
            if field.read_only or name not in data:
                continue
            found = self._problem_of(field, data[name])
            if found:
                problems[name] = found
        return problems

    def _problem_of(self, field: Any, value: Any) -> Any:
        if isinstance(field, fields.ListField) and isinstance(value, list):
            return {i: found for i, item in enumerate(value[:100]) if (found := self._problem_of(field.child, item))}
        found = _type_problem(field, value) if self._checks_json_types else None
        found = found or _text_problem(field, value)
        return [found] if found else None

    def _others(self, data: Any, problems: Mapping[str, Any]) -> dict[str, Any]:
        """The usual errors of the fields that are not among ``problems``, so that one answer names all."""
        try:
            super().to_internal_value(data)
        except ValidationError as error:
            if isinstance(error.detail, dict):
                return {name: detail for name, detail in error.detail.items() if name not in problems}
        return {}


class NoInput(StrictSerializer):
    """For operations that take no body: refuses every field."""

    @classmethod
    def check(cls, request: Request) -> None:
        """Refuse a body that says anything."""
        cls(data=request.data).is_valid(raise_exception=True)


class StrictQuery(StrictSerializer):
    """Query parameters. ``parse`` is the way in; the paging parameters are let through."""

    _checks_json_types = False

    @classmethod
    def parse(cls, request: Request) -> dict[str, Any]:
        """The validated parameters of the request's query. Refuses unknown and repeated ones."""
        repeated = [name for name, values in request.query_params.lists() if len(values) > 1]
        if repeated:
            raise ValidationError(
                {name[:100]: [_error("repeated", _("This parameter is given twice."))] for name in repeated}
            )
        data = {name: value for name, value in request.query_params.items() if name not in _PAGING}
        serializer = cls(data=data)
        serializer.is_valid(raise_exception=True)
        return dict(serializer.validated_data)


class Money(serializers.Serializer[Any]):
    """An amount of money: minor units and an ISO 4217 code."""

    amount_minor = serializers.IntegerField()
    currency = serializers.CharField(min_length=3, max_length=3)
