"""A hold of 5 credits and a capture of 3 of it, through the services: one pair, and twenty pairs in two batches."""

from __future__ import annotations

import random
import uuid

from benchmarks import _credits_orm
from benchmarks._credits_worker import FIRST, LAST, account_id
from core.actors import Actor, ActorKind
from core.clock import now
from credits import services as credits_services

PAIRS_A_BATCH = 20
ACTOR = Actor(ActorKind.API_KEY, "key_bench", "bench")


def pair(account: uuid.UUID, key: str) -> int:
    """Two calls, two transactions."""
    placed = credits_services.place_hold(
        workspace_id=account, amount=5, purpose="bench", at=now(), idempotency_key=f"h{key}", actor=ACTOR
    )
    assert placed.hold_id is not None
    credits_services.capture_hold(
        workspace_id=account, hold_id=placed.hold_id, amount=3, at=now(), idempotency_key=f"c{key}", actor=ACTOR
    )
    return 1


def batch(_account: uuid.UUID, key: str) -> int:
    """Two calls for twenty pairs on as many accounts."""
    accounts = [account_id(random.randint(FIRST, LAST)) for _ in range(PAIRS_A_BATCH)]
    placed = credits_services.run_batch(
        operations=[credits_services.PlaceHold(a, 5, "bench", f"h{key}-{n}") for n, a in enumerate(accounts)],
        at=now(),
        actor=ACTOR,
    )
    captured = credits_services.run_batch(
        operations=[
            credits_services.CaptureHold(o.operation.workspace_id, o.receipt.hold_id, f"c{key}-{n}", 3)
            for n, o in enumerate(placed)
            if o.receipt.hold_id is not None
        ],
        at=now(),
        actor=ACTOR,
    )
    assert not any(o.refusal for o in captured)
    return len(captured)


KINDS = {"services": pair, "batch": batch, "orm": _credits_orm.pair}
