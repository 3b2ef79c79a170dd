"""The ledger under real concurrency: many processes, many connections, one hot account, real PostgreSQL."""

from __future__ import annotations

import multiprocessing
import random
import threading
import time
import uuid
from collections import Counter
from datetime import timedelta
from multiprocessing.pool import AsyncResult

import pytest
from django.db import connection, connections

from core.clock import now
from core.errors import Refusal
from credits import errors, invariants
from credits import services as credits_services
from credits.models import Account, Entry, Hold
from credits.services import CaptureHold, PlaceHold, ReleaseHold
from credits.states import EntryKind
from tests.factories import credits as ledger

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.faults]

PROCESSES = 16
OPERATIONS = 10_000
ACCOUNTS = 20
HOT_SHARE = 0.3


class Walker:
    """One process: random operations over all accounts, keeping the books of what it moved."""

    def __init__(self, accounts: list[uuid.UUID], seed: int) -> None:
        self.accounts = accounts
        self.chance = random.Random(seed)
        self.mine: list[tuple[uuid.UUID, uuid.UUID, int]] = []
        self.lots: list[tuple[uuid.UUID, uuid.UUID, int]] = []
        self.captured: list[tuple[uuid.UUID, uuid.UUID]] = []
        self.moved = 0
        self.seen: Counter[str] = Counter()

    def walk(self, steps: int) -> tuple[int, Counter[str]]:
        deeds = [self.hold, self.capture, self.release, self.grant, self.adjust]
        deeds += [self.batch, self.claw_back, self.reverse, self.sweep, self.borrow]
        weights = [34, 26, 8, 6, 4, 8, 3, 4, 1, 6]
        for deed in self.chance.choices(deeds, weights, k=steps):
            try:
                deed()
                self.seen[deed.__name__] += 1
            except Refusal as refusal:
                self.seen[refusal.code] += 1
        return self.moved, self.seen

    def account(self) -> uuid.UUID:
        return self.accounts[0] if self.chance.random() < HOT_SHARE else self.chance.choice(self.accounts)

    def common(self) -> dict:
        return {"actor": ledger.KEY_OWNER, "at": now(), "idempotency_key": uuid.uuid4().hex}

    def hold(self) -> None:
        account, amount = self.account(), self.chance.randint(1, 40)
        life = timedelta(seconds=self.chance.choice([1, 1, 600, 600, 600]))
        receipt = credits_services.place_hold(
            workspace_id=account, amount=amount, purpose="walk", expires_in=life, **self.common()
        )
        self.mine.append((account, receipt.hold_id, amount))

    def take(self) -> tuple[uuid.UUID, uuid.UUID, int]:
        if not self.mine:
            raise errors.HoldNotFound
        return self.mine.pop(self.chance.randrange(len(self.mine)))

    def capture(self) -> None:
        account, hold, amount = self.take()
        receipt = credits_services.capture_hold(
            workspace_id=account,
            hold_id=hold,
            amount=self.chance.randint(1, amount),
            allow_late=self.chance.random() < 0.5,
            **self.common(),
        )
        self.moved -= receipt.amount
        self.captured.append((account, receipt.entry_id))

    def borrow(self) -> None:
        """Settle a hold that another process may be settling right now."""
        account = self.account()
        holds = list(Hold.objects.filter(account_id=account).order_by("-id")[:5])
        if holds:
            hold = self.chance.choice(holds)
            self.mine.append((account, hold.pk, hold.amount))
            self.chance.choice([self.capture, self.release])()

    def release(self) -> None:
        account, hold, _amount = self.take()
        credits_services.release_hold(workspace_id=account, hold_id=hold, **self.common())

    def grant(self) -> None:
        account, amount = self.account(), self.chance.randint(1, 150)
        life = self.chance.choice([None, timedelta(seconds=2), timedelta(days=9)])
        common = self.common()
        receipt = ledger.grant(account, amount, expires_at=common["at"] + life if life else None, **common)
        self.moved += amount
        self.lots.append((account, receipt.lot_id, amount))

    def adjust(self) -> None:
        receipt = ledger.adjust(self.account(), self.chance.choice([-30, -5, 5, 30]), **self.common())
        self.moved += receipt.amount

    def claw_back(self) -> None:
        if self.lots:
            account, lot, amount = self.chance.choice(self.lots)
            receipt = credits_services.claw_back(
                workspace_id=account,
                lot_id=lot,
                target_amount=self.chance.choice([amount, self.chance.randint(0, amount)]),
                reinstate=self.chance.random() < 0.5,
                **self.common(),
            )
            self.moved += receipt.amount

    def reverse(self) -> None:
        if self.captured:
            account, entry = self.captured.pop(self.chance.randrange(len(self.captured)))
            receipt = credits_services.reverse_entry(workspace_id=account, entry_id=entry, **self.common())
            self.moved += receipt.amount

    def sweep(self) -> None:
        credits_services.expire_due(at=now(), limit=20)

    def batch(self) -> None:
        operations: list = [PlaceHold(self.account(), self.chance.randint(1, 40), "walk", uuid.uuid4().hex)]
        operations.append(PlaceHold(self.account(), self.chance.randint(1, 40), "walk", uuid.uuid4().hex))
        if len(self.mine) > 2:
            account, hold, amount = self.take()
            operations.append(CaptureHold(account, hold, uuid.uuid4().hex, self.chance.randint(1, amount)))
            account, hold, _amount = self.take()
            operations.append(ReleaseHold(account, hold, uuid.uuid4().hex))
        for outcome in credits_services.run_batch(operations=operations, actor=ledger.KEY_OWNER, at=now()):
            if outcome.refusal:
                continue
            if isinstance(outcome.operation, PlaceHold):
                self.mine.append((outcome.operation.workspace_id, outcome.receipt.hold_id, outcome.operation.amount))
            elif isinstance(outcome.operation, CaptureHold):
                self.moved -= outcome.receipt.amount


def walk(accounts: list[uuid.UUID], seed: int) -> tuple[int, Counter[str]]:
    try:
        return Walker(accounts, seed).walk(OPERATIONS // PROCESSES)
    finally:
        connections.close_all()


def check_until_done(running: list[AsyncResult]) -> int:
    checks = 0
    while not all(each.ready() for each in running):
        assert invariants.check_all() == []
        checks += 1
        time.sleep(0.5)
    return checks


def test_sixteen_processes_break_no_invariant():
    accounts = [ledger.funded(400) for _ in range(ACCOUNTS)]
    connection.close()  # each process makes connections of its own

    with multiprocessing.get_context("fork").Pool(PROCESSES) as pool:
        running = [pool.apply_async(walk, (accounts, seed)) for seed in range(PROCESSES)]
        checks = check_until_done(running)
        results = [each.get() for each in running]

    seen = sum((counts for _moved, counts in results), Counter())
    expired = sum(Entry.objects.filter(kind=EntryKind.EXPIRE).values_list("amount", flat=True))
    assert checks > 0
    assert sum(seen.values()) == OPERATIONS // PROCESSES * PROCESSES
    assert {"hold", "capture", "batch", "insufficient_credits", "hold_settled"} <= seen.keys()
    assert invariants.check_all() == []
    assert not Account.objects.filter(posted__lt=0, debt=0).exists()
    posted = sum(Account.objects.values_list("posted", flat=True))
    assert posted == ACCOUNTS * 400 + sum(moved for moved, _counts in results) + expired


def at_once(deed, *, times=50) -> list:
    """Do it from that many threads, each with a connection of its own, all let go together."""
    gate = threading.Barrier(times)
    found: list = [None] * times

    def run(number: int) -> None:
        try:
            connection.ensure_connection()
            gate.wait(timeout=30)
            found[number] = deed(number)
        except Refusal as refusal:
            found[number] = refusal
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=(number,)) for number in range(times)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=60)
    return found


class TestTheSameKeyFiftyTimesAtOnce:
    def test_captures_once(self):
        placed = ledger.hold(ledger.funded(100), 30, at=now())

        receipts = at_once(lambda _n: ledger.capture(placed, 20, idempotency_key="once", at=now()))

        assert Entry.objects.filter(hold_id=placed.pk).count() == 1
        assert sum(not receipt.replayed for receipt in receipts) == 1
        assert len({receipt.entry_id for receipt in receipts}) == 1

    def test_grants_once_to_a_workspace_that_had_no_account(self):
        workspace_id = ledger.workspace().pk

        receipts = at_once(lambda _n: ledger.grant(workspace_id, 100, idempotency_key="pi_1", at=now()))

        assert Account.objects.get(pk=workspace_id).posted == 100
        assert sum(not receipt.replayed for receipt in receipts) == 1

    def test_places_one_hold(self):
        workspace_id = ledger.funded(100)

        at_once(
            lambda _n: credits_services.place_hold(
                workspace_id=workspace_id,
                amount=30,
                purpose="once",
                actor=ledger.KEY_OWNER,
                at=now(),
                idempotency_key="once",
            )
        )

        assert Hold.objects.filter(account_id=workspace_id).count() == 1


class TestDifferentKeysAtOnce:
    def test_settle_a_hold_once(self):
        workspace_id = ledger.funded(100)
        placed = ledger.hold(workspace_id, 30, at=now())

        outcomes = at_once(
            lambda n: ledger.capture(placed, 20, at=now()) if n % 2 else ledger.release(placed, at=now()), times=24
        )

        assert sum(not isinstance(outcome, Refusal) for outcome in outcomes) == 1
        assert all(isinstance(outcome, errors.HoldSettled) for outcome in outcomes if isinstance(outcome, Refusal))
        assert invariants.check_all() == []

    def test_hold_no_more_than_there_is(self):
        workspace_id = ledger.funded(100)

        outcomes = at_once(lambda _n: ledger.hold(workspace_id, 7, at=now()), times=24)

        assert sum(isinstance(outcome, Hold) for outcome in outcomes) == 14
        assert Account.objects.get(pk=workspace_id).held == 98

    def test_batches_over_the_same_accounts_do_not_deadlock(self):
        accounts = [ledger.funded(1000) for _ in range(10)]

        def run(number):
            order = random.Random(number).sample(accounts, len(accounts))
            operations = [PlaceHold(account, 1, "batch", ledger.fresh_key()) for account in order]
            return credits_services.run_batch(operations=operations, actor=ledger.KEY_OWNER, at=now())

        outcomes = at_once(run, times=24)

        assert all(outcome.refusal is None for batch in outcomes for outcome in batch)
        assert list(Account.objects.values_list("held", flat=True)) == [24] * 10

    def test_expiry_and_holds_never_meet(self):
        workspace_id = ledger.workspace().pk
        ledger.grant(workspace_id, 100, at=now(), expires_at=now() + timedelta(seconds=1))
        ledger.grant(workspace_id, 20, at=now())
        time.sleep(1.1)

        at_once(
            lambda n: credits_services.expire_due(at=now()) if n % 4 == 0 else ledger.hold(workspace_id, 5, at=now()),
            times=24,
        )
        credits_services.expire_due(at=now())

        account = Account.objects.get(pk=workspace_id)
        assert (account.posted, account.held) == (20, 20)
        assert invariants.check_all() == []
