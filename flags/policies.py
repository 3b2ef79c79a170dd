"""How much anyone may call. The product's promised numbers, in code until staff can edit them."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class LimitPolicy:
    """At most ``quota`` calls in any ``window_seconds``, counted for each value of ``partition``."""

    name: str
    partition: str
    quota: int
    window_seconds: int


API_IP = LimitPolicy("api-ip", "client address", quota=600, window_seconds=60)
API_KEY = LimitPolicy("api-key", "API key", quota=200, window_seconds=60)
API_USER = LimitPolicy("api-user", "user", quota=200, window_seconds=60)
API_WORKSPACE = LimitPolicy("api-workspace", "workspace", quota=1000, window_seconds=60)

POLICIES: dict[str, LimitPolicy] = {policy.name: policy for policy in (API_IP, API_KEY, API_USER, API_WORKSPACE)}
