"""Approvals of a made-up kind, and the people who decide them."""

from __future__ import annotations

import itertools
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import pytest

from audit import services
from core.actors import Actor, ActorKind, Target
from core.errors import Refusal
from core.registries import ApprovalKind, approval_kinds

AT = datetime(2026, 11, 20, 9, 30, 15, 123456, tzinfo=UTC)
SAM = Actor(ActorKind.STAFF, "usr_sam", "Sam")
MAX = Actor(ActorKind.STAFF, "usr_max", "Max")
ADA = Target("accounts.user", "usr_ada", "Ada")


def anything(_permission: str) -> bool:
    return True


def nothing(_permission: str) -> bool:
    return False


@dataclass
class Lever:
    """What the made-up kind changes: a number of pulls, and the state its fingerprint shows."""

    kind: str
    state: str = "up"
    refusal: Refusal | None = None
    pulls: list[dict[str, Any]] = field(default_factory=list)

    def execute(self, **call: Any) -> str:
        if self.refusal:
            raise self.refusal
        self.pulls.append(call)
        return services.record(
            action="tests.lever.pulled", at=call["at"], actor=call["approver"], reason=call["reason"]
        )

    def fingerprint(self, _payload: dict[str, Any]) -> str:
        return self.state

    def describe(self, payload: dict[str, Any]) -> list[str]:
        return [f"Pulls {payload['times']} times"]


_numbers = itertools.count(1)


@pytest.fixture
def lever() -> Lever:
    """A registered kind of approval that pulls a lever."""
    lever = Lever(kind=f"tests.pull_{next(_numbers)}")
    approval_kinds.register(
        lever.kind,
        ApprovalKind(
            name=lever.kind,
            label="Pull the lever",
            permission="tests.pull_lever",
            execute=lever.execute,
            fingerprint=lever.fingerprint,
            describe=lever.describe,
        ),
    )
    return lever
