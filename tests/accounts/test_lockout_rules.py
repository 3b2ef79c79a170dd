"""The arithmetic of the lockout."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from accounts.lockout_rules import Failures, delay_after, locked_for

NOW = datetime(2026, 3, 2, 9, 30, tzinfo=UTC)


class TestDelayAfter:
    @pytest.mark.parametrize(
        ("count", "seconds"), [(0, 5), (20, 5), (24, 5), (25, 10), (30, 20), (45, 160), (50, 300), (10_000, 300)]
    )
    def test_doubles_for_every_five_up_to_five_minutes(self, count: int, seconds: int) -> None:
        assert delay_after(count) == timedelta(seconds=seconds)


class TestLockedFor:
    def test_is_nothing_without_failures(self) -> None:
        assert not locked_for(Failures(), at=NOW, is_device=False, is_known=False)

    def test_counts_down(self) -> None:
        failures = Failures(pair=10, pair_last=NOW - timedelta(minutes=10))
        assert locked_for(failures, at=NOW, is_device=False, is_known=False) == timedelta(minutes=5)

    def test_takes_the_longest_wait(self) -> None:
        failures = Failures(pair=10, pair_last=NOW - timedelta(minutes=14), account=100, account_last=NOW)
        assert locked_for(failures, at=NOW, is_device=False, is_known=False) == timedelta(minutes=5)

    def test_a_known_network_is_spared_what_happens_elsewhere(self) -> None:
        failures = Failures(account=100, account_last=NOW, network=500, network_last=NOW)
        assert not locked_for(failures, at=NOW, is_device=False, is_known=True)

    def test_a_known_device_has_its_own_counter_only(self) -> None:
        failures = Failures(pair=50, pair_last=NOW, device=9, device_last=NOW)
        assert not locked_for(failures, at=NOW, is_device=True, is_known=True)
