"""How the OpenAPI 3.1 document is made: drf-spectacular, plus what every operation of ours shares."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from drf_spectacular.extensions import OpenApiSerializerFieldExtension
from drf_spectacular.openapi import AutoSchema
from rest_framework import fields
from rest_framework.generics import GenericAPIView
from rest_framework.permissions import AllowAny

from core.api.components import COMMON_HEADERS, PROBLEMS, header_refs, shared_components
from core.api.converters import id_pattern
from core.api.fields import TextField
from core.api.serializers import StrictSerializer

SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})
_CONTROLS = r"\u0000-\u001f\u007f-\u009f\u2028\u2029"
_CONTROLS_BUT_LINES = r"\u0000-\u0008\u000b-\u001f\u007f-\u009f\u2028\u2029"


class PublicIdExtension(OpenApiSerializerFieldExtension):  # type: ignore[no-untyped-call]
    """Public ids as patterned strings."""

    target_class = "core.api.fields.PublicIdField"

    def map_serializer_field(self, auto_schema: Any, direction: Any) -> dict[str, Any]:
        prefix: str = self.target.prefix
        return {
            "type": "string",
            "pattern": id_pattern(prefix),
            "examples": [f"{prefix}_01m7w0s4bcf72sx4z4wyjdgz3n"],
        }


class ApiSchema(AutoSchema):
    """Adds to each operation its problems, headers and security, read off the view.

    A view says what it is by what it has: authenticators with a ``security_scheme`` (a name of
    ``components.SECURITY_SCHEMES``), ``acts_in_workspace`` where it takes ``X-Workspace``, and
    ``@idempotency.required`` on methods that must not happen twice, ``further_problems`` (statuses
    such as "410") where there are more.
    """

    def get_operation(self, *args: Any, **kwargs: Any) -> dict[str, Any] | None:
        operation: dict[str, Any] | None = super().get_operation(*args, **kwargs)
        if operation is None:
            return None
        self._add_parameters(operation)
        operation["security"] = self.get_auth()
        for status, response in operation["responses"].items():
            shared = [*COMMON_HEADERS]
            if self._needs_key() and status.startswith("2"):
                shared.append("Idempotent-Replay")
            response["headers"] = {**header_refs(*shared), **response.get("headers", {})}
        for status in self._problem_statuses(operation):
            operation["responses"].setdefault(status, {"$ref": f"#/components/responses/{PROBLEMS[status][0]}"})
        operation["responses"] = dict(sorted(operation["responses"].items()))
        return operation

    def get_auth(self) -> list[dict[str, list[str]]]:
        if all(isinstance(permission, AllowAny) for permission in self.view.get_permissions()):
            return []
        names = [getattr(each, "security_scheme", None) for each in self.view.get_authenticators()]
        return [{name: []} for name in names if name]

    def _add_parameters(self, operation: dict[str, Any]) -> None:
        refs = []
        if self._acts_in_workspace():
            refs.append({"$ref": "#/components/parameters/Workspace"})
        if self._needs_key():
            refs.append({"$ref": "#/components/parameters/IdempotencyKey"})
        if refs:
            operation["parameters"] = [*operation.get("parameters", []), *refs]

    def _acts_in_workspace(self) -> bool:
        return bool(getattr(self.view, "acts_in_workspace", False))

    def _needs_key(self) -> bool:
        handler = getattr(self.view, self.method.lower(), None)
        return bool(getattr(handler, "idempotency_key_required", False))

    def _problem_statuses(self, operation: dict[str, Any]) -> list[str]:
        changes = self.method not in SAFE_METHODS
        parameters = operation.get("parameters", [])
        in_path = any(parameter.get("in") == "path" for parameter in parameters)
        applies = {
            "400": True,
            "401": bool(operation["security"]),
            "403": bool(operation["security"]),
            "404": in_path or bool(operation["security"]),
            "409": changes,
            "413": changes,
            "415": changes,
            "422": self._needs_key(),
            "429": True,
        }
        further: tuple[str, ...] = getattr(self.view, "further_problems", ())
        return [status for status, does in applies.items() if does] + [*further]

    def _is_list_view(self, serializer: Any = None) -> bool:
        """GET on a generic view without its lookup in the address is a list, paged by hand or not."""
        if self.method == "GET" and isinstance(self.view, GenericAPIView) and self.view.pagination_class:
            lookup = self.view.lookup_url_kwarg or self.view.lookup_field
            return "{" + lookup + "}" not in self.path
        return bool(super()._is_list_view(serializer))

    def _get_response_bodies(self, direction: Any = "response") -> dict[str, Any]:
        """As usual, but a DELETE that answers with something says 200 and what."""
        answered = self.get_response_serializers()
        if self.method == "DELETE" and answered is not None and not isinstance(answered, dict):
            return {"200": self._get_response_for_code(answered, "200", direction=direction)}  # type: ignore[no-untyped-call]
        bodies: dict[str, Any] = super()._get_response_bodies(direction)
        return bodies

    def _map_serializer_field(self, field: Any, direction: Any, bypass_extensions: bool = False) -> dict[str, Any]:
        meta: dict[str, Any] = super()._map_serializer_field(field, direction, bypass_extensions)  # type: ignore[no-untyped-call]
        is_text = isinstance(field, fields.CharField) and meta.get("type") == "string"
        if is_text and direction == "request" and not {"pattern", "format", "enum"} & meta.keys():
            meta["pattern"] = _text_pattern(field)
        return meta

    def _map_basic_serializer(self, serializer: Any, direction: Any) -> dict[str, Any]:
        schema: dict[str, Any] = super()._map_basic_serializer(serializer, direction)  # type: ignore[no-untyped-call]
        if direction == "request" and isinstance(serializer, StrictSerializer):
            schema["additionalProperties"] = False
        return schema


def _text_pattern(field: fields.CharField) -> str:
    controls = _CONTROLS_BUT_LINES if isinstance(field, TextField) and field.multiline else _CONTROLS
    if field.allow_blank:
        return f"^[^{controls}]*$"
    return rf"^[^{controls}]*[^\s{controls}][^{controls}]*$"


def add_shared_components(result: dict[str, Any], **_: Any) -> dict[str, Any]:
    """Postprocessing hook: what the operations refer to."""
    components = result.setdefault("components", {})
    for kind, entries in shared_components(session_cookie=settings.SESSION_COOKIE_NAME).items():
        components[kind] = {**components.get(kind, {}), **entries}
    return result
