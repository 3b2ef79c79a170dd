"""The operations of the OpenAPI document, with a body of the right form for each, and every way to spoil it."""

from __future__ import annotations

import functools
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from drf_spectacular.generators import SchemaGenerator

from core.api.converters import ID_BODY
from core.ids import new_id, to_public
from tests.journeys.world import Customer

WRITES = ("post", "put", "patch", "delete")
_FORMATS = {
    "email": "someone@example.com",
    "date-time": "2030-01-01T00:00:00Z",
    "date": "2030-01-01",
    "uri": "https://example.com/",
    "uuid": "01900000-0000-7000-8000-000000000000",
}


@dataclass(frozen=True)
class Operation:
    """One method of one address."""

    method: str
    path: str
    definition: Any

    def __str__(self) -> str:
        return f"{self.method.upper()} {self.path}"

    @property
    def needs_login(self) -> bool:
        return bool(self.definition["security"])

    @property
    def needs_key(self) -> bool:
        return {"$ref": "#/components/parameters/IdempotencyKey"} in self.definition.get("parameters", [])

    @property
    def acts_in_workspace(self) -> bool:
        return {"$ref": "#/components/parameters/Workspace"} in self.definition.get("parameters", [])

    @property
    def body(self) -> dict[str, Any] | None:
        """The schema of the body, resolved."""
        content = self.definition.get("requestBody", {}).get("content", {})
        return resolve(content["application/json"]["schema"]) if content else None

    @property
    def path_ids(self) -> dict[str, str]:
        """The prefix of each id in the address, by parameter."""
        found = {}
        for parameter in self.definition.get("parameters", []):
            if parameter.get("in") == "path":
                prefix = re.search(r"([a-z]{3})_", parameter["schema"].get("pattern", ""))
                found[parameter["name"]] = prefix.group(1) if prefix else ""
        return found

    def url(self, ids: dict[str, str]) -> str:
        """The address with these ids; one of nobody's where there is none of the kind."""
        address = self.path
        for name, prefix in self.path_ids.items():
            address = address.replace("{" + name + "}", ids.get(prefix) or nobodys(prefix))
        return address


def nobodys(prefix: str) -> str:
    """An id that belongs to nothing."""
    return "ses_" + "0" * 32 if prefix == "ses" else to_public(prefix or "xxx", new_id())


@functools.cache
def document() -> dict[str, Any]:
    """The OpenAPI document of the whole product."""
    found: dict[str, Any] = SchemaGenerator().get_schema(request=None, public=True)
    return found


def operations(*methods: str) -> list[Operation]:
    """Every operation with one of these methods."""
    return [
        Operation(method, path, definition)
        for path, item in document()["paths"].items()
        for method, definition in item.items()
        if method in methods
    ]


def resolve(schema: Any) -> Any:
    """``schema`` with its reference followed."""
    while "$ref" in schema or len(schema.get("allOf", [])) == 1:
        if "$ref" in schema:
            schema = functools.reduce(lambda at, name: at[name], schema["$ref"].split("/")[1:], document())
        else:
            schema = schema["allOf"][0]
    return schema


def fitting(schema: Any) -> Any:
    """A value of the form that ``schema`` describes."""
    schema = resolve(schema)
    if "oneOf" in schema:
        return fitting(schema["oneOf"][0])
    if "enum" in schema:
        return schema["enum"][0]
    kind = _kind(schema)
    if kind == "object":
        return {name: fitting(inner) for name, inner in schema.get("properties", {}).items()}
    if kind == "array":
        return [fitting(schema["items"])]
    if kind == "string":
        return _fitting_text(schema)
    return {"integer": max(1, schema.get("minimum", 1)), "number": 1.0, "boolean": True}.get(kind)


def _kind(schema: Any) -> str:
    kind = schema.get("type", "object" if "properties" in schema else "")
    return str(next(each for each in kind if each != "null") if isinstance(kind, list) else kind)


def _fitting_text(schema: Any) -> str:
    if schema.get("examples"):
        return str(schema["examples"][0])
    if found := re.search(rf"([a-z]{{3}})_{re.escape(ID_BODY)}", schema.get("pattern", "")):
        return nobodys(found.group(1))
    return _FORMATS.get(schema.get("format", ""), "some text")


@dataclass(frozen=True)
class Spoiled:
    """A body that must be refused, and the field whose error says so ("" where the whole body is at fault)."""

    what: str
    body: bytes
    field: str = ""


def spoiled_bodies(schema: Any) -> Iterator[Spoiled]:
    """Every way in which a body for ``schema`` can go wrong, one at a time."""
    good = fitting(schema)
    yield _with("an unknown field", good, "unheard_of", 1)
    for name in schema.get("required", []):
        yield Spoiled(f"no {name}", _dump({key: value for key, value in good.items() if key != name}), name)
    for name, inner in schema.get("properties", {}).items():
        for what, value in _wrong_values(resolve(inner)):
            yield _with(f"{name} is {what}", good, name, value)


def unreadable_bodies() -> Iterator[Spoiled]:
    """Bodies that are no JSON object at all."""
    yield Spoiled("broken UTF-8", b'{"name": "\xc3\x28"}')
    yield Spoiled("UTF-16", '{"name": "x"}'.encode("utf-16"))
    yield Spoiled("not JSON", b"{name: 1}")
    yield Spoiled("NaN", b'{"amount_credits": NaN}')
    yield Spoiled("infinity", b'{"amount_credits": 1e999}')
    yield Spoiled("a number of 5,000 digits", b'{"amount_credits": ' + b"9" * 5000 + b"}")
    yield Spoiled("a key twice", b'{"name": "a", "name": "b"}')
    yield Spoiled("a NUL", b'{"name": "a\\u0000"}')
    yield Spoiled("half a surrogate pair", b'{"name": "\\ud800"}')
    yield Spoiled("a list", b"[]")
    yield Spoiled("null", b"null")
    yield Spoiled("deep", b'{"a":' * 5_000 + b"1" + b"}" * 5_000)


def _wrong_values(schema: Any) -> Iterator[tuple[str, Any]]:
    kind = _kind(schema)
    wrong: dict[str, list[Any]] = {
        "integer": ["5", 1.5, True, [], {}, 10**30, -(10**30)],
        "string": [5, True, [], {}],
        "boolean": ["yes", 1, []],
        "array": ["x", 1, {}],
        "object": ["x", 1, []],
    }
    for value in wrong.get(kind, []):
        yield repr(value), value
    if kind == "integer" and schema.get("minimum", 0) >= 0:
        yield "negative", -1
        if schema.get("minimum") == 1:
            yield "zero", 0
    if kind == "string":
        yield "a control character", "a\x07b"
        yield "endless", "x" * 10_000


def _with(what: str, good: dict[str, Any], name: str, value: Any) -> Spoiled:
    return Spoiled(what, _dump({**good, name: value}), name)


def _dump(body: Any) -> bytes:
    return json.dumps(body).encode()


def call(operation: Operation, client: Any, *, customer: Customer, body: bytes | None = None, **kwargs: Any) -> Any:
    """Send the operation for ``customer``; ``headers``, ``ids`` and ``content_type`` replace theirs.

    A header that is None is left out.
    """
    headers = {**customer.headers, "Idempotency-Key": f"key-{new_id()}", **kwargs.pop("headers", {})}
    if body is None:
        body = _dump(fitting(operation.body)) if operation.body is not None else b""
    return client.generic(
        operation.method.upper(),
        kwargs.pop("url", None) or operation.url(kwargs.pop("ids", customer.ids)),
        body,
        content_type=kwargs.pop("content_type", "application/json"),
        headers={name: value for name, value in headers.items() if value is not None},
    )
