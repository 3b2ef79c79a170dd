"""Ledgers for tests, made through the services so that every row is one the product could have written."""

from __future__ import annotations

import itertools
import uuid
from datetime import UTC, datetime, timedelta
from typing import Any

from accounts.models import Workspace
from core.actors import Actor, ActorKind, system
from credits import services as credits_services
from credits.models import Hold
from credits.services import Receipt
from credits.services._corrections import post_adjustment
from credits.states import LotSource, ReasonCode

NOON = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)
BILLING = system("billing")
KEY_OWNER = Actor(ActorKind.API_KEY, "key_test", "Test key")
_numbers = itertools.count(1)


def fresh_key(prefix: str = "key") -> str:
    """An idempotency key nobody used."""
    return f"{prefix}-{next(_numbers)}-{uuid.uuid4().hex[:8]}"


def workspace(**fields: Any) -> Workspace:
    """A workspace without credits."""
    return Workspace.objects.create(**{"name": "Ada's studio", "created_at": NOON, **fields})


def grant(workspace_id: uuid.UUID, amount: int = 100, **fields: Any) -> Receipt:
    """A pack of credits for a workspace."""
    return credits_services.grant(
        workspace_id=workspace_id,
        amount=amount,
        **{"source": LotSource.PACK, "actor": BILLING, "at": NOON, "idempotency_key": fresh_key("grant"), **fields},
    )


def funded(amount: int = 100, **fields: Any) -> uuid.UUID:
    """The id of a new workspace with one pack of ``amount`` credits."""
    workspace_id: uuid.UUID = workspace().pk
    grant(workspace_id, amount, **fields)
    return workspace_id


def hold(workspace_id: uuid.UUID, amount: int = 10, **fields: Any) -> Hold:
    """An open hold for ten minutes."""
    receipt = credits_services.place_hold(
        workspace_id=workspace_id,
        amount=amount,
        **{
            "purpose": "image",
            "actor": KEY_OWNER,
            "at": NOON,
            "idempotency_key": fresh_key("hold"),
            "expires_in": timedelta(minutes=10),
            **fields,
        },
    )
    return Hold.objects.get(pk=receipt.hold_id)


def capture(placed: Hold, amount: int | None = None, **fields: Any) -> Receipt:
    """Capture a hold, whole unless ``amount`` says otherwise."""
    return credits_services.capture_hold(
        workspace_id=placed.account_id,
        hold_id=placed.pk,
        amount=amount,
        **{"actor": KEY_OWNER, "at": NOON, "idempotency_key": fresh_key("capture"), **fields},
    )


def release(placed: Hold, **fields: Any) -> Receipt:
    """Release a hold."""
    return credits_services.release_hold(
        workspace_id=placed.account_id,
        hold_id=placed.pk,
        **{"actor": KEY_OWNER, "at": NOON, "idempotency_key": fresh_key("release"), **fields},
    )


def adjust(workspace_id: uuid.UUID, amount: int, **fields: Any) -> Receipt:
    """Correct a balance, as the product itself (no allowance, no trail)."""
    return post_adjustment(
        workspace_id=workspace_id,
        amount=amount,
        **{
            "actor": BILLING,
            "at": NOON,
            "idempotency_key": fresh_key("adjust"),
            "reason_code": ReasonCode.CORRECTION,
            **fields,
        },
    )


def reverse(workspace_id: uuid.UUID, entry_id: uuid.UUID | None, **fields: Any) -> Receipt:
    """Undo an entry, as a part of the product."""
    assert entry_id
    return credits_services.reverse_entry(
        workspace_id=workspace_id,
        entry_id=entry_id,
        **{"actor": BILLING, "at": NOON, "idempotency_key": fresh_key("reverse"), **fields},
    )


def claw_back(workspace_id: uuid.UUID, lot_id: uuid.UUID | None, target: int, **fields: Any) -> Receipt:
    """Take back credits of a lot until ``target`` of them are gone."""
    assert lot_id
    return credits_services.claw_back(
        workspace_id=workspace_id,
        lot_id=lot_id,
        target_amount=target,
        **{"actor": BILLING, "at": NOON, "idempotency_key": fresh_key("claw"), **fields},
    )
