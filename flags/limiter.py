"""Counts calls against policies: one atomic script in Valkey, for all the policies of a call at once.

A sliding window made of two counters. The window before counts for the part of it that the last
``window_seconds`` still cover, so that no edge lets twice the quota through. Either every policy
has room and all are charged, or none is.
"""

from __future__ import annotations

import hashlib
import math
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import redis
import structlog
from django.conf import settings
from redis.backoff import NoBackoff
from redis.retry import Retry

from flags.policies import POLICIES, LimitPolicy

log = structlog.get_logger(__name__)

_SCRIPT = """
local now = redis.call('TIME')
local seconds = tonumber(now[1]) + tonumber(now[2]) / 1000000
local answer, full = {}, 0
for i, key in ipairs(KEYS) do
  local quota, window = tonumber(ARGV[2 * i - 1]), tonumber(ARGV[2 * i])
  local slot = math.floor(seconds / window)
  local row = redis.call('HMGET', key, 'slot', 'count', 'before')
  local count, before = 0, 0
  if row[1] and tonumber(row[1]) == slot then
    count, before = tonumber(row[2]), tonumber(row[3])
  elseif row[1] and tonumber(row[1]) == slot - 1 then
    before = tonumber(row[2])
  end
  local past = seconds / window - slot
  if before * (1 - past) + count + 1 > quota then full = 1 end
  answer[i] = {slot, count, before, tostring(past)}
end
if full == 0 then
  for i, key in ipairs(KEYS) do
    answer[i][2] = answer[i][2] + 1
    redis.call('HSET', key, 'slot', answer[i][1], 'count', answer[i][2], 'before', answer[i][3])
    redis.call('EXPIRE', key, 2 * tonumber(ARGV[2 * i]))
  end
end
return {full, answer}
"""


@dataclass(frozen=True, slots=True)
class Charge:
    """One policy a call counts against, and the caller's partition of it."""

    policy: LimitPolicy
    key: str


@dataclass(frozen=True, slots=True)
class Standing:
    """Where a caller stands with one policy. ``retry_after`` is 0 where a call has room."""

    policy: LimitPolicy
    quota: int
    remaining: int
    reset_seconds: int
    retry_after: int


@dataclass(frozen=True, slots=True)
class Decision:
    """Whether the call may pass, and the standing with every policy asked. ``degraded``: Valkey is away."""

    allowed: bool
    standings: tuple[Standing, ...]
    degraded: bool = False

    @property
    def worst(self) -> Standing:
        """The standing that keeps the caller waiting longest."""
        return max(self.standings, key=lambda standing: standing.retry_after)


def quota_of(policy: LimitPolicy) -> int:
    """The policy's quota times LIMIT_SCALE."""
    scale: int = settings.LIMIT_SCALE
    return policy.quota * scale


def standing(policy: LimitPolicy, *, quota: int, count: int, before: int, past: float) -> Standing:
    """The standing after ``count`` calls in this window, ``past`` (0 to 1) of which is over."""
    used = before * (1 - past) + count
    window = policy.window_seconds
    return Standing(
        policy=policy,
        quota=quota,
        remaining=max(0, math.floor(quota - used)),
        reset_seconds=math.ceil((1 - past) * window) if count + before else 0,
        retry_after=math.ceil(_wait(quota=quota, count=count, before=before, past=past) * window),
    )


def _wait(*, quota: int, count: int, before: int, past: float) -> float:
    """How many windows until one more call has room."""
    if before * (1 - past) + count + 1 <= quota:
        return 0
    if count + 1 <= quota:
        return max(0.0, 1 - (quota - count - 1) / before - past)
    return (1 - past) + max(0.0, 1 - (quota - 1) / count)


class Limiter:
    """Decides by Valkey; while Valkey is away by counters of this process alone.

    Away, a read may use a whole quota in each process: it stays served. What moves money or changes
    anything (``strict``) may use the quota divided by the number of web processes: it never gets
    more than promised.
    """

    RETRY_SECONDS = 2.0
    LOCAL_KEYS = 20_000

    def __init__(self, url: str) -> None:
        # One immediate retry replaces a connection that a restart of Valkey cut; more would make callers wait.
        self._client = redis.Redis.from_url(
            url, socket_timeout=0.25, socket_connect_timeout=0.25, retry=Retry(NoBackoff(), 1)
        )
        self._script = self._client.register_script(_SCRIPT)
        self._away_until = 0.0
        self._local: dict[str, tuple[int, int, int]] = {}
        self._lock = threading.Lock()

    def decide(self, charges: Sequence[Charge], *, strict: bool) -> Decision:
        """Charge every policy, or none where one of them is used up."""
        if time.monotonic() >= self._away_until:
            try:
                return self._ask_valkey(charges)
            except redis.RedisError as error:
                self._away_until = time.monotonic() + self.RETRY_SECONDS
                log.warning("limits_degraded", error=type(error).__name__)
        return self._decide_here(charges, strict=strict)

    def _ask_valkey(self, charges: Sequence[Charge]) -> Decision:
        arguments: list[int] = []
        for charge in charges:
            arguments += [quota_of(charge.policy), charge.policy.window_seconds]
        full, rows = self._script(keys=[_name(charge) for charge in charges], args=arguments)
        standings = tuple(
            standing(c.policy, quota=quota_of(c.policy), count=row[1], before=row[2], past=float(row[3]))
            for c, row in zip(charges, rows, strict=True)
        )
        return Decision(allowed=not full, standings=standings)

    def _decide_here(self, charges: Sequence[Charge], *, strict: bool) -> Decision:
        share = settings.WEB_WORKERS if strict else 1
        now = time.time()
        with self._lock:
            if len(self._local) > self.LOCAL_KEYS:
                self._forget_stale(now)
            rows = [self._local_row(charge, now) for charge in charges]
            quotas = [max(1, quota_of(charge.policy) // share) for charge in charges]
            crowded = len(self._local) > self.LOCAL_KEYS
            allowed = not (crowded and strict) and all(
                before * (1 - past) + count + 1 <= quota
                for (_, count, before, past), quota in zip(rows, quotas, strict=True)
            )
            if allowed and not crowded:
                rows = [(slot, count + 1, before, past) for slot, count, before, past in rows]
                for charge, (slot, count, before, _past) in zip(charges, rows, strict=True):
                    self._local[_name(charge)] = (slot, count, before)
        standings = tuple(
            standing(charge.policy, quota=quota, count=count, before=before, past=past)
            for charge, quota, (_, count, before, past) in zip(charges, quotas, rows, strict=True)
        )
        return Decision(allowed=allowed, standings=standings, degraded=True)

    def _forget_stale(self, now: float) -> None:
        longest = max(policy.window_seconds for policy in POLICIES.values())
        oldest = int(now / longest) - 1
        self._local = {name: row for name, row in self._local.items() if row[0] >= oldest}

    def _local_row(self, charge: Charge, now: float) -> tuple[int, int, int, float]:
        turns = now / charge.policy.window_seconds
        slot = int(turns)
        old_slot, count, before = self._local.get(_name(charge), (slot, 0, 0))
        if old_slot == slot - 1:
            count, before = 0, count
        elif old_slot != slot:
            count, before = 0, 0
        return slot, count, before, turns - slot


def _name(charge: Charge) -> str:
    digest = hashlib.blake2b(charge.key.encode(), digest_size=16).hexdigest()
    return f"ballast:limits:{charge.policy.name}:{digest}"


_limiter: Limiter | None = None


def get_limiter() -> Limiter:
    """This process's limiter, connected to REDIS_URL."""
    global _limiter  # noqa: PLW0603  one connection pool a process
    if _limiter is None:
        _limiter = Limiter(settings.REDIS_URL)
    return _limiter


def use_limiter(limiter: Any) -> None:
    """Replace this process's limiter (None: make a new one at the next call)."""
    global _limiter  # noqa: PLW0603
    _limiter = limiter
