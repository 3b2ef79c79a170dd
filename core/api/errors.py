"""What the API's edge itself says no to, before any command is asked."""

from __future__ import annotations

from dataclasses import dataclass

from core.errors import Refusal


class MalformedBody(Refusal):
    """The body is not one JSON object in UTF-8. ``problem`` says in a word what is wrong with it."""

    code = "malformed_body"
    http_status = 400
    title = "The body cannot be read"

    def __init__(self, problem: str, explanation: str) -> None:
        super().__init__(problem)
        self.problem = problem
        self.explanation = explanation

    @property
    def facts(self) -> dict[str, str]:
        return {"problem": self.problem}

    def __str__(self) -> str:
        return self.explanation


@dataclass(eq=False)
class BodyTooLarge(Refusal):
    """The body is longer than ``limit_bytes``."""

    code = "body_too_large"
    http_status = 413
    title = "The body is too large"
    detail = "A body may have at most {limit_bytes} bytes."
    limit_bytes: int


class LengthRequired(Refusal):
    """The body came in chunks; its length must be known before it is read."""

    code = "length_required"
    http_status = 411
    title = "The length of the body is missing"
    detail = "Send the body with a Content-Length header."


class UnsupportedMediaType(Refusal):
    """The body is not sent as JSON in UTF-8."""

    code = "unsupported_media_type"
    http_status = 415
    title = "This content type is not accepted"
    detail = "Send the body as application/json in UTF-8."


class MalformedRequest(Refusal):
    """The request line or the query carries bytes that no address has."""

    code = "malformed_request"
    http_status = 400
    title = "The request cannot be read"
    detail = "The address holds characters that are not allowed."


@dataclass(eq=False)
class HeaderMissing(Refusal):
    """A header that this operation needs is not there. ``header`` names it."""

    code = "header_missing"
    http_status = 400
    title = "A header is missing"
    detail = "This operation needs the header {header}."
    header: str


@dataclass(eq=False)
class HeaderInvalid(Refusal):
    """A header holds a value that cannot be used. ``header`` names it."""

    code = "header_invalid"
    http_status = 400
    title = "A header is not valid"
    detail = "The header {header} must be {expected}."
    header: str
    expected: str


@dataclass(eq=False)
class IdempotencyKeyMissing(HeaderMissing):
    """An operation that must not happen twice came without a key."""

    code = "idempotency_key_missing"
    title = "The idempotency key is missing"
    header: str = "Idempotency-Key"


@dataclass(eq=False)
class IdempotencyKeyInvalid(HeaderInvalid):
    """The key is empty, too long, or not printable ASCII."""

    code = "idempotency_key_invalid"
    title = "The idempotency key is not valid"
    header: str = "Idempotency-Key"
    expected: str = "1 to 255 printable ASCII characters"


class InvalidCursor(Refusal):
    """The cursor was not made by this list, or was altered."""

    code = "invalid_cursor"
    http_status = 400
    title = "The cursor is not valid"
    detail = "Follow the links `next` and `previous` as they were given."


class ServiceUnavailable(Refusal):
    """A store that the answer depends on does not respond."""

    code = "temporarily_unavailable"
    http_status = 503
    title = "Temporarily unavailable"
    detail = "Try again shortly."

    @property
    def facts(self) -> dict[str, int]:
        return {"retry_after_seconds": 2}
