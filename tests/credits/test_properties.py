"""Random walks through the ledger against real PostgreSQL: after every step every invariant holds.

A model in Python says what each step must do to the totals of an account; the database decides how.
"""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import transaction
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, consumes, initialize, invariant, multiple, rule

from core.errors import Refusal
from credits import errors, invariants
from credits import selectors as credits_selectors
from credits import services as credits_services
from credits.models import Account, Entry, Hold, Lot
from credits.states import HoldStatus, LotSource
from tests.factories import credits as ledger

pytestmark = [pytest.mark.django_db, pytest.mark.slow]

amounts = st.integers(1, 60)
minutes = st.integers(1, 90)


class Ledger(RuleBasedStateMachine):
    """One account, every operation, time that only goes forward."""

    holds = Bundle("holds")
    lots = Bundle("lots")
    entries = Bundle("entries")

    def __init__(self):
        super().__init__()
        self.sandbox = transaction.atomic()
        self.sandbox.__enter__()
        self.now = ledger.NOON
        self.posted = 0
        self.debt = 0
        self.held = {}
        self.granted = {}
        self.taken_back = {}

    def teardown(self):
        transaction.set_rollback(True)
        self.sandbox.__exit__(None, None, None)

    @initialize()
    def open_account(self):
        self.workspace_id = ledger.workspace().pk

    # ------------------------------------------------------------------ the steps

    @rule(by=minutes)
    def time_passes(self, by):
        self.now += timedelta(minutes=by)

    @rule(target=lots, amount=amounts, priority=st.sampled_from([20, 50]), life=st.none() | minutes)
    def grant(self, amount, priority, life):
        receipt = ledger.grant(
            self.workspace_id,
            amount,
            source=LotSource.PLAN,
            priority=priority,
            at=self.now,
            expires_at=self.now + timedelta(minutes=life) if life else None,
        )
        self.posted += amount
        self.debt = max(0, self.debt - amount)
        self.granted[receipt.lot_id] = receipt.entry_id, amount
        return receipt.lot_id

    @rule(target=holds, amount=amounts, life=minutes)
    def place(self, amount, life):
        available = credits_selectors.get_balance(workspace_id=self.workspace_id, at=self.now).available
        try:
            placed = ledger.hold(self.workspace_id, amount, at=self.now, expires_in=timedelta(minutes=life))
        except (errors.InsufficientCredits, errors.AccountInDebt):
            assert amount > available or self.debt
            return multiple()
        assert amount <= available
        self.held[placed.pk] = amount
        return placed

    @rule(target=entries, placed=consumes(holds), part=st.floats(0, 1), late=st.booleans())
    def capture(self, placed, part, late):
        amount = max(1, round(placed.amount * part))
        try:
            receipt = ledger.capture(placed, amount, at=self.now, allow_late=late)
        except errors.HoldExpired:
            assert self.now >= placed.expires_at
            assert not late
            return multiple()
        self.posted -= receipt.amount
        assert receipt.amount + receipt.lost == amount
        self._settle(placed)
        return receipt.entry_id

    @rule(placed=consumes(holds))
    def release(self, placed):
        if Hold.objects.get(pk=placed.pk).status == HoldStatus.OPEN:
            ledger.release(placed, at=self.now)
        self._settle(placed)

    @rule()
    def sweep(self):
        credits_services.expire_due(at=self.now)
        self.held = {h.pk: h.amount for h in Hold.objects.filter(account=self.workspace_id, status="open")}
        self._look()

    @rule(target=entries, amount=amounts, sign=st.sampled_from([1, -1]))
    def adjust(self, amount, sign):
        try:
            receipt = ledger.adjust(self.workspace_id, amount * sign, at=self.now)
        except errors.InsufficientCredits:
            assert sign < 0
            return multiple()
        self.posted += amount * sign
        if sign > 0:
            self.debt = max(0, self.debt - amount)
        return receipt.entry_id

    @rule(entry=consumes(entries))
    def reverse(self, entry):
        try:
            receipt = credits_services.reverse_entry(
                workspace_id=self.workspace_id,
                entry_id=entry,
                actor=ledger.BILLING,
                at=self.now,
                idempotency_key=ledger.fresh_key(),
            )
        except (errors.ReversalWouldOverdraw, errors.EntryNotReversible):
            return
        self.posted += receipt.amount
        self.debt = max(0, self.debt - max(0, receipt.amount))

    @rule(lot=lots)
    def reverse_grant(self, lot):
        entry, amount = self.granted[lot]
        try:
            receipt = ledger.reverse(self.workspace_id, entry, at=self.now)
        except (errors.ReversalWouldOverdraw, errors.EntryAlreadyReversed):
            return
        assert receipt.amount == -amount
        self.posted -= amount
        self.taken_back[lot] = self.taken_back.get(lot, 0) + amount

    @rule(lot=lots, goal=st.integers(0, 60), reinstate=st.booleans())
    def claw_back(self, lot, goal, reinstate):
        before = Lot.objects.get(pk=lot)
        try:
            receipt = credits_services.claw_back(
                workspace_id=self.workspace_id,
                lot_id=lot,
                target_amount=goal,
                reinstate=reinstate,
                actor=ledger.BILLING,
                at=self.now,
                idempotency_key=ledger.fresh_key(),
            )
        except errors.ClawBackExceedsGrant:
            assert goal > before.granted
            return
        expected = before.clawed_amount - max(0, goal - before.reversed_amount)
        assert receipt.amount == (expected if expected < 0 or reinstate else 0)
        self.posted += receipt.amount
        self.taken_back[lot] = self.taken_back.get(lot, 0) - receipt.amount
        self._look_at_debt()

    # ------------------------------------------------------------------ what must hold

    def _settle(self, placed):
        self.held.pop(placed.pk, None)
        self._look_at_debt()

    def _look(self):
        account = Account.objects.get(pk=self.workspace_id) if self._exists() else Account(posted=0, debt=0)
        assert account.posted <= self.posted
        self.posted = account.posted
        self._look_at_debt()

    def _look_at_debt(self):
        if self._exists():
            self.debt = Account.objects.get(pk=self.workspace_id).debt

    def _exists(self):
        return Account.objects.filter(pk=self.workspace_id).exists()

    @invariant()
    def the_totals_are_what_the_steps_made(self):
        if not hasattr(self, "workspace_id") or not self._exists():
            return
        account = Account.objects.get(pk=self.workspace_id)
        open_holds = sum(Hold.objects.filter(account=account, status="open").values_list("amount", flat=True))
        assert (account.posted, account.debt, account.held) == (self.posted, self.debt, open_holds)

    @invariant()
    def no_lot_gives_back_more_than_it_was_granted(self):
        for lot, taken in self.taken_back.items():
            assert 0 <= taken <= self.granted[lot][1]

    @invariant()
    def every_invariant_holds(self):
        assert invariants.check_all() == []

    @invariant()
    def the_balance_never_says_more_than_there_is(self):
        if not hasattr(self, "workspace_id"):
            return
        balance = credits_selectors.get_balance(workspace_id=self.workspace_id, at=self.now)
        assert balance.available <= max(0, balance.posted - balance.held)
        assert sum(share.remaining for share in balance.by_lot) == balance.posted + balance.debt


Ledger.TestCase.settings = settings(
    max_examples=60,
    stateful_step_count=25,
    deadline=None,
    suppress_health_check=list(HealthCheck),
)


@pytest.mark.django_db
class TestRandomWalks(Ledger.TestCase):
    """Hypothesis writes the journeys."""


def test_a_refused_step_leaves_every_row_as_it_was():
    workspace_id = ledger.funded(20)
    placed = ledger.hold(workspace_id, 15)
    before = [list(model.objects.order_by("pk").values()) for model in (Account, Lot, Hold, Entry)]

    for refused in (
        lambda: ledger.hold(workspace_id, 6),
        lambda: ledger.capture(placed, 16),
        lambda: ledger.capture(placed, 5, at=placed.expires_at),
        lambda: ledger.adjust(workspace_id, -6),
        lambda: ledger.grant(workspace_id, 5, expires_at=ledger.NOON),
    ):
        with pytest.raises(Refusal):
            refused()

    assert [list(model.objects.order_by("pk").values()) for model in (Account, Lot, Hold, Entry)] == before
