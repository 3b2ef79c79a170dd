"""The parts of the OpenAPI document that every operation shares."""

from __future__ import annotations

from typing import Any

from core.api.problems import CONTENT_TYPE, TYPE_PREFIX

_REQUEST_ID = "req_01m7w0s4bcf72sx4z4wyjdgz3n"

PROBLEM_SCHEMAS: dict[str, Any] = {
    "FieldProblem": {
        "type": "object",
        "description": "One part of the input that was refused.",
        "required": ["field", "code", "detail"],
        "properties": {
            "field": {
                "type": "string",
                "description": "Its name; `operations.0.amount_credits` names a nested one, an empty text the whole.",
            },
            "code": {"type": "string", "description": "What is wrong with it, in a stable word."},
            "detail": {"type": "string", "description": "The same for people."},
        },
        "additionalProperties": False,
    },
    "Problem": {
        "type": "object",
        "description": "What went wrong (RFC 9457). A refusal's own facts are further members.",
        "required": ["type", "title", "status", "detail", "code", "request_id"],
        "properties": {
            "type": {"type": "string", "format": "uri", "description": f"`{TYPE_PREFIX}` and the code."},
            "title": {"type": "string"},
            "status": {"type": "integer", "minimum": 400, "maximum": 599},
            "detail": {"type": "string"},
            "code": {"type": "string", "pattern": "^[a-z][a-z0-9_]*$"},
            "request_id": {"type": "string", "description": "Name it when you write to support."},
            "errors": {"type": "array", "items": {"$ref": "#/components/schemas/FieldProblem"}},
            "retry_after_seconds": {"type": "integer", "minimum": 0},
        },
        "additionalProperties": True,
    },
}

# status -> (component name, description, code of the example, title of the example)
PROBLEMS: dict[str, tuple[str, str, str, str]] = {
    "400": ("BadRequest", "The input is not valid.", "invalid_input", "The input is not valid"),
    "401": ("Unauthorized", "No credentials, or none that hold.", "not_authenticated", "Authentication is needed"),
    "403": ("Forbidden", "A scope, a role or a right is missing.", "permission_missing", "You may not do this"),
    "404": ("NotFound", "It does not exist, or is not yours to see.", "not_found", "Not found"),
    "409": (
        "Conflict",
        "The present state does not allow it.",
        "invalid_transition",
        "This cannot happen in the present state",
    ),
    "410": ("Gone", "It was there and cannot be used any more.", "token_unusable", "This link cannot be used any more"),
    "413": ("ContentTooLarge", "The body is too large.", "body_too_large", "The body is too large"),
    "415": (
        "UnsupportedMediaType",
        "The body is not JSON in UTF-8.",
        "unsupported_media_type",
        "This content type is not accepted",
    ),
    "422": (
        "UnprocessableContent",
        "The idempotency key was used with another body.",
        "idempotency_key_reused",
        "The idempotency key was used with another body",
    ),
    "429": ("TooManyRequests", "A limit is used up.", "rate_limited", "Too many requests"),
}

HEADERS: dict[str, Any] = {
    "X-Request-Id": {
        "description": "This request, as logs, audit entries and support know it.",
        "required": True,
        "schema": {"type": "string"},
    },
    "RateLimit-Policy": {
        "description": "The limits that apply: quota `q` in a window of `w` seconds "
        "(draft-ietf-httpapi-ratelimit-headers).",
        "schema": {"type": "string"},
    },
    "RateLimit": {
        "description": "What remains (`r`) of each limit, and the seconds (`t`) until its window ends.",
        "schema": {"type": "string"},
    },
    "Retry-After": {
        "description": "Seconds to wait before trying again.",
        "required": True,
        "schema": {"type": "integer", "minimum": 0},
    },
    "Idempotent-Replay": {
        "description": "`true` where this is the stored answer to an earlier request with the same key.",
        "schema": {"type": "string", "enum": ["true"]},
    },
}

PARAMETERS: dict[str, Any] = {
    "IdempotencyKey": {
        "name": "Idempotency-Key",
        "in": "header",
        "required": True,
        "description": "Makes a retry safe: the same key and body give the first answer again.",
        "schema": {"type": "string", "minLength": 1, "maxLength": 255, "pattern": "^[!-~]([ -~]{0,253}[!-~])?$"},
        "example": "4f3c1d0e-order-1017",
    },
    "Workspace": {
        "name": "X-Workspace",
        "in": "header",
        "required": False,
        "description": "The workspace to act in. Without it, your personal one, or the API key's.",
        "schema": {"type": "string", "pattern": "^wsp_[0-7][0-9abcdefghjkmnpqrstvwxyz]{25}$"},
    },
}

SECURITY_SCHEMES: dict[str, Any] = {
    "ApiKey": {
        "type": "http",
        "scheme": "bearer",
        "bearerFormat": "bk_live_… or bk_test_…",
        "description": "An API key with scopes.",
    },
    "SessionToken": {
        "type": "apiKey",
        "in": "header",
        "name": "X-Session-Token",
        "description": "The `session_token` that sign-up or login at `/_allauth/app/v1/` gave.",
    },
    "SessionCookie": {
        "type": "apiKey",
        "in": "cookie",
        "name": "sessionid",
        "description": "The session of a same-site front end; changes also need `X-CSRFToken`.",
    },
}

COMMON_HEADERS = ("X-Request-Id", "RateLimit-Policy", "RateLimit")


def header_refs(*names: str) -> dict[str, Any]:
    """References to the shared response headers of these names."""
    return {name: {"$ref": f"#/components/headers/{name}"} for name in names}


def _problem_response(status: str) -> dict[str, Any]:
    _name, description, code, title = PROBLEMS[status]
    example: dict[str, Any] = {
        "type": f"{TYPE_PREFIX}{code}",
        "title": title,
        "status": int(status),
        "detail": "",
        "code": code,
        "request_id": _REQUEST_ID,
    }
    if status == "400":
        example["errors"] = [{"field": "amount_credits", "code": "min_value", "detail": "At least 1 is needed."}]
    headers = header_refs(*COMMON_HEADERS, *(["Retry-After"] if status == "429" else []))
    content = {CONTENT_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}, "example": example}}
    return {"description": description, "headers": headers, "content": content}


def shared_components(*, session_cookie: str) -> dict[str, Any]:
    """All of them, for the document's ``components``."""
    schemes = {**SECURITY_SCHEMES, "SessionCookie": {**SECURITY_SCHEMES["SessionCookie"], "name": session_cookie}}
    return {
        "schemas": PROBLEM_SCHEMAS,
        "responses": {name: _problem_response(status) for status, (name, *_) in PROBLEMS.items()},
        "headers": HEADERS,
        "parameters": PARAMETERS,
        "securitySchemes": schemes,
    }
