"""What the runtime controls say no to."""

from __future__ import annotations

from dataclasses import dataclass

from core.errors import Refusal


@dataclass(eq=False)
class RateLimited(Refusal):
    """The caller used up ``policy``; a call after ``retry_after_seconds`` can succeed."""

    code = "rate_limited"
    http_status = 429
    title = "Too many requests"
    detail = "The limit {policy} is used up. Try again in {retry_after_seconds} s."
    policy: str
    retry_after_seconds: int
