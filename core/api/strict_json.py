"""JSON as RFC 8259 has it and as a database can hold it: strict, bounded, unambiguous."""

from __future__ import annotations

import json
import math
from typing import Any

from core.api.errors import MalformedBody

MAX_DEPTH = 32
MAX_NUMBER_LENGTH = 40


def loads(raw: bytes) -> dict[str, Any]:
    """The object in ``raw``.

    Refuses (MalformedBody) what is not UTF-8 or not JSON, NaN and infinities, numbers of absurd
    length, a key given twice, nesting deeper than MAX_DEPTH, NUL characters and lone surrogates
    (PostgreSQL stores neither), and anything but an object at the top.
    """
    try:
        text = raw.decode("utf-8")
    except UnicodeDecodeError:
        raise MalformedBody("not_utf8", "The body is not UTF-8.") from None
    _refuse_deep(text)
    try:
        value = _decoder.decode(text)
    except json.JSONDecodeError as error:
        raise MalformedBody("not_json", f"The body is not JSON: line {error.lineno}, column {error.colno}.") from None
    if not isinstance(value, dict):
        raise MalformedBody("not_an_object", "The body must be a JSON object.")
    _refuse_unstorable(value)
    return value


def _refuse_deep(text: str) -> None:
    # Counting brackets in strings too would refuse honest text, so strings are skipped.
    depth, in_string, escaped = 0, False, False
    if text.count("[") + text.count("{") <= MAX_DEPTH:
        return
    for character in text:
        if in_string:
            in_string, escaped = (character != '"' or escaped), (character == "\\" and not escaped)
        elif character == '"':
            in_string = True
        elif character in "[{":
            depth += 1
            if depth > MAX_DEPTH:
                raise MalformedBody("too_deep", f"The body nests deeper than {MAX_DEPTH} levels.")
        elif character in "]}":
            depth -= 1


def _parse_int(text: str) -> int:
    if len(text) > MAX_NUMBER_LENGTH:
        raise MalformedBody("number_too_long", "A number in the body has too many digits.")
    return int(text)


def _parse_float(text: str) -> float:
    value = float(text) if len(text) <= MAX_NUMBER_LENGTH else math.inf
    if not math.isfinite(value):
        raise MalformedBody("number_out_of_range", "A number in the body is out of range.")
    return value


def _refuse_constant(name: str) -> Any:
    raise MalformedBody("not_json", f"The body holds {name}, which JSON does not have.")


def _unique_pairs(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    result = dict(pairs)
    if len(result) != len(pairs):
        raise MalformedBody("duplicate_key", "An object in the body has the same key twice.")
    return result


_decoder = json.JSONDecoder(
    object_pairs_hook=_unique_pairs, parse_int=_parse_int, parse_float=_parse_float, parse_constant=_refuse_constant
)


def _refuse_unstorable(value: Any) -> None:
    waiting = [value]
    while waiting:
        item = waiting.pop()
        if isinstance(item, str):
            if "\x00" in item or any("\ud800" <= character <= "\udfff" for character in item):
                raise MalformedBody("unstorable_text", "Text in the body holds NUL or half a surrogate pair.")
        elif isinstance(item, dict):
            waiting.extend(item)
            waiting.extend(item.values())
        elif isinstance(item, list):
            waiting.extend(item)
