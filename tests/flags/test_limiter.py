"""Limits are exact whatever the number of processes, and keep their promise while Valkey is away."""

from __future__ import annotations

import multiprocessing
import socket
import time
from collections.abc import Iterator

import pytest
import redis
from django.conf import settings as django_settings

from core.ids import new_id
from flags.limiter import Charge, Limiter, standing
from flags.policies import LimitPolicy

TEN_A_MINUTE = LimitPolicy("test-ten", "whoever", quota=10, window_seconds=60)
THREE_A_MINUTE = LimitPolicy("test-three", "whoever", quota=3, window_seconds=60)
TWO_A_SECOND = LimitPolicy("test-fast", "whoever", quota=2, window_seconds=1)


@pytest.fixture(autouse=True)
def unscaled(settings) -> None:
    settings.LIMIT_SCALE = 1
    settings.WEB_WORKERS = 2


@pytest.fixture
def key() -> str:
    return str(new_id())


@pytest.fixture
def limiter() -> Limiter:
    return Limiter(django_settings.REDIS_URL)


@pytest.fixture
def away() -> Iterator[Limiter]:
    """A limiter whose Valkey nobody answers for."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        yield Limiter(f"redis://127.0.0.1:{taken.getsockname()[1]}/0")


def allowed(limiter: Limiter, *charges: Charge, calls: int, strict: bool = False) -> int:
    return sum(limiter.decide(charges, strict=strict).allowed for _ in range(calls))


def _call_often(url: str, key: str, queue: multiprocessing.Queue[int]) -> None:
    queue.put(allowed(Limiter(url), Charge(TEN_A_MINUTE, key), calls=20))


class TestLimiter:
    def test_exactly_the_quota_passes(self, limiter, key):
        assert allowed(limiter, Charge(TEN_A_MINUTE, key), calls=30) == 10

    def test_exactly_the_quota_passes_through_eight_processes_at_once(self, key):
        context = multiprocessing.get_context("fork")
        queue: multiprocessing.Queue[int] = context.Queue()
        callers = [context.Process(target=_call_often, args=(django_settings.REDIS_URL, key, queue)) for _ in range(8)]
        for caller in callers:
            caller.start()
        counted = sum(queue.get(timeout=30) for _ in callers)
        for caller in callers:
            caller.join(timeout=30)

        assert counted == 10

    def test_callers_do_not_share_a_quota(self, limiter, key):
        allowed(limiter, Charge(TEN_A_MINUTE, key), calls=10)

        assert allowed(limiter, Charge(TEN_A_MINUTE, key + "x"), calls=1) == 1

    def test_a_call_that_one_policy_refuses_is_charged_to_none(self, limiter, key):
        both = (Charge(TEN_A_MINUTE, key), Charge(THREE_A_MINUTE, key))
        allowed(limiter, *both, calls=9)

        assert limiter.decide(both[:1], strict=False).standings[0].remaining == 6

    def test_a_refused_call_says_when_to_come_again(self, limiter, key):
        charge = Charge(TWO_A_SECOND, key)
        allowed(limiter, charge, calls=2)
        refused = limiter.decide([charge], strict=False)
        time.sleep(refused.worst.retry_after)

        assert not refused.allowed
        assert limiter.decide([charge], strict=False).allowed

    def test_nothing_is_kept_longer_than_two_windows(self, limiter, key):
        allowed(limiter, Charge(TEN_A_MINUTE, key), calls=1)
        client = redis.Redis.from_url(django_settings.REDIS_URL)
        name = next(n for n in client.scan_iter("ballast:limits:test-ten:*") if client.ttl(n) > 118)

        assert 118 < client.ttl(name) <= 120
        client.close()

    def test_names_in_valkey_do_not_spell_the_caller(self, limiter):
        allowed(limiter, Charge(TEN_A_MINUTE, "203.0.113.77"), calls=1)
        client = redis.Redis.from_url(django_settings.REDIS_URL)

        assert not list(client.scan_iter("*203.0.113.77*"))
        client.close()


class TestLimiterWithoutValkey:
    def test_reads_pass_up_to_the_whole_quota(self, away, key):
        assert allowed(away, Charge(TEN_A_MINUTE, key), calls=30) == 10

    def test_changes_pass_up_to_this_process_share(self, away, key):
        assert allowed(away, Charge(TEN_A_MINUTE, key), calls=30, strict=True) == 5

    def test_the_decision_says_that_it_is_local(self, away, key):
        assert away.decide([Charge(TEN_A_MINUTE, key)], strict=False).degraded

    def test_callers_do_not_wait_for_a_store_that_is_away(self, away, key):
        started = time.monotonic()
        allowed(away, Charge(TEN_A_MINUTE, key), calls=200)

        assert time.monotonic() - started < 2

    def test_too_many_callers_to_count_close_changes_and_leave_reads_open(self, away, key, monkeypatch):
        monkeypatch.setattr(Limiter, "LOCAL_KEYS", 5)
        for number in range(10):
            allowed(away, Charge(TEN_A_MINUTE, f"{key}{number}"), calls=1)

        assert allowed(away, Charge(TEN_A_MINUTE, key), calls=1, strict=True) == 0
        assert allowed(away, Charge(TEN_A_MINUTE, key), calls=1) == 1

    def test_the_store_is_asked_again_once_it_may_be_back(self, limiter, key):
        limiter._away_until = time.monotonic() + 60
        assert limiter.decide([Charge(TEN_A_MINUTE, key)], strict=False).degraded

        limiter._away_until = time.monotonic()
        assert not limiter.decide([Charge(TEN_A_MINUTE, key)], strict=False).degraded


class TestStanding:
    @pytest.mark.parametrize(
        ("count", "before", "past", "remaining", "retry_after"),
        [
            (0, 0, 0.0, 10, 0),
            (4, 0, 0.5, 6, 0),
            (10, 0, 0.5, 0, 36),  # half a minute to the edge, then a tenth of the ten has left the window
            (0, 10, 0.0, 0, 6),
            (5, 10, 0.5, 0, 6),
            (5, 10, 0.75, 2, 0),
            (3, 7, 0.0, 0, 9),
        ],
    )
    def test_the_window_before_counts_for_the_part_that_is_still_covered(
        self, count, before, past, remaining, retry_after
    ):
        found = standing(TEN_A_MINUTE, quota=10, count=count, before=before, past=past)

        assert (found.remaining, found.retry_after) == (remaining, retry_after)
