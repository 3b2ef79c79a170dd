"""The baseline most Django code would be: the same rows through the ORM, the account locked with select_for_update."""

from __future__ import annotations

import uuid
from datetime import timedelta

from django.db import connection, transaction

from core.clock import now
from core.ids import new_id
from credits.models import Account, Entry, Hold, Lot, Operation, Slice


def pair(account_id: uuid.UUID, key: str) -> int:
    """Place a hold of 5 and capture 3 of it, each in a transaction."""
    with connection.cursor() as cursor:
        cursor.execute("SET credits.writer = 'on'")
    hold = _place(account_id, f"h{key}")
    _capture(account_id, hold.pk, f"c{key}")
    return 1


@transaction.atomic
def _place(account_id: uuid.UUID, key: str) -> Hold:
    account = Account.objects.select_for_update().get(pk=account_id)
    assert not Operation.objects.filter(account_id=account_id, key=key).exists()
    assert account.frozen_at is None
    assert account.debt == 0
    assert account.posted - account.held >= 5
    at = now()
    account.held += 5
    account.save(update_fields=["held"])
    hold = Hold.objects.create(
        account_id=account_id,
        amount=5,
        purpose="bench",
        expires_at=at + timedelta(minutes=15),
        actor_kind="api_key",
        actor_id="key_bench",
        idempotency_key=key,
        created_at=at,
    )
    _remember(account, key, "hold", hold_id=hold.pk, amount=5)
    return hold


@transaction.atomic
def _capture(account_id: uuid.UUID, hold_id: uuid.UUID, key: str) -> None:
    account = Account.objects.select_for_update().get(pk=account_id)
    assert not Operation.objects.filter(account_id=account_id, key=key).exists()
    hold = Hold.objects.get(pk=hold_id)
    assert hold.status == "open"
    at = now()
    entry_id = new_id()
    lot = Lot.objects.filter(account_id=account_id, is_open=True).order_by("priority", "expires_at", "created_at")[0]
    lot.remaining -= 3
    lot.save(update_fields=["remaining"])
    Slice.objects.create(entry_id=entry_id, lot_id=lot.pk, amount=-3)
    hold.status, hold.captured_amount, hold.settled_at, hold.entry_id = "captured", 3, at, entry_id
    hold.save(update_fields=["status", "captured_amount", "settled_at", "entry_id"])
    account.posted -= 3
    account.held -= 5
    account.last_entry_at = at
    account.save(update_fields=["posted", "held", "last_entry_at"])
    Entry.objects.create(
        id=entry_id,
        account_id=account_id,
        kind="capture",
        amount=-3,
        balance_after=account.posted,
        hold_id=hold_id,
        actor_kind="api_key",
        actor_id="key_bench",
        idempotency_key=key,
        created_at=at,
    )
    _remember(account, key, "capture", hold_id=hold_id, entry_id=entry_id, amount=3)


def _remember(
    account: Account, key: str, kind: str, *, amount: int, hold_id: uuid.UUID, entry_id: uuid.UUID | None = None
) -> None:
    Operation.objects.create(
        account_id=account.pk,
        key=key,
        kind=kind,
        input_hash=uuid.uuid4(),
        hold_id=hold_id,
        entry_id=entry_id,
        amount=amount,
        posted=account.posted,
        held=account.held,
        debt=account.debt,
        created_at=now(),
    )
