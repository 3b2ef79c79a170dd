"""Runs the ledger's history through the ledger's own SQL functions, in the order it happened.

Nothing here writes a balance. The functions run in one loop inside the database, so that a year and a
half takes seconds; their ids come from the seed for as long as the transaction lasts (docs/adr/0070).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from django.db import connection

from core.actors import Actor
from credits.states import BURN_PRIORITY, LotSource


class Op(StrEnum):
    """What a step asks of the ledger."""

    GRANT = "grant"
    HOLD = "hold"
    CAPTURE = "capture"
    LATE_CAPTURE = "late_capture"
    RELEASE = "release"
    ADJUST = "adjust"
    REVERSE = "reverse"
    CLAW_BACK = "claw_back"
    FREEZE = "freeze"
    SWEEP = "sweep"


@dataclass(slots=True, eq=False)
class Step:
    """One operation, and once it has run, what came of it. ``of`` is the step it settles or undoes."""

    at: datetime
    op: Op
    account: UUID | None = None
    actor: Actor | None = None
    amount: int | None = None
    key: str = ""
    request_id: str = ""
    of: Step | None = None
    purpose: str = ""
    seconds: int = 900
    source: LotSource | None = None
    source_ref: str = ""
    expires_at: datetime | None = None
    paid_minor: int = 0
    currency: str = ""
    reason_code: str = ""
    number: int = 0
    code: str = ""
    hold_id: UUID | None = None
    entry_id: UUID | None = None
    lot_id: UUID | None = None
    moved: int = 0
    posted: int = 0
    held: int = 0

    @property
    def is_done(self) -> bool:
        return self.code == "ok"


_COLUMNS = (
    "n",
    "at",
    "op",
    "account",
    "amount",
    "key",
    "actor_kind",
    "actor_id",
    "request_id",
    "of_n",
    "purpose",
    "seconds",
    "source",
    "source_ref",
    "priority",
    "expires_at",
    "paid_minor",
    "currency",
    "reason_code",
)

_PREPARE = """
CREATE TEMPORARY TABLE demo_step (
    n integer PRIMARY KEY, at timestamptz NOT NULL, op text NOT NULL, account uuid, amount bigint, key text,
    actor_kind text, actor_id text, request_id text, of_n integer, purpose text, seconds integer, source text,
    source_ref text, priority integer, expires_at timestamptz, paid_minor bigint, currency text, reason_code text,
    code text, hold_id uuid, entry_id uuid, lot_id uuid, moved bigint, posted bigint, held bigint
) ON COMMIT DROP;

-- Stands before the ledger's own function of this name on the search path, for this transaction alone.
CREATE SCHEMA demo_ids;
CREATE SEQUENCE demo_ids.made;
-- The ledger's own id with its time, in its order; only what is random in it comes from the seed.
CREATE FUNCTION demo_ids.credits_new_id(p_at timestamptz) RETURNS uuid LANGUAGE sql VOLATILE AS $$
SELECT encode(set_bit(set_bit(
    overlay(uuid_send({schema}.credits_new_id(p_at))
            PLACING decode(substr(md5(current_setting('demo.seed') || nextval('demo_ids.made')), 1, 16), 'hex') FROM 9),
    70, 0), 71, 1), 'hex')::uuid
$$;

CREATE FUNCTION demo_ids.run() RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    s demo_step;
    o demo_step;
    r credits_result;
BEGIN
    FOR s IN SELECT * FROM demo_step ORDER BY n LOOP
        IF s.n IN (300, 3000, 15000, 40000) THEN  -- the functions' plans were made for empty tables
            ANALYZE credits_account, credits_lot, credits_hold, credits_entry, credits_slice, credits_operation;
        END IF;
        o := NULL;
        IF s.of_n IS NOT NULL THEN
            SELECT * INTO o FROM demo_step WHERE n = s.of_n;
            CONTINUE WHEN o.code IS DISTINCT FROM 'ok';
        END IF;
        CASE s.op
        WHEN 'grant' THEN
            r := credits_grant(
                p_account => s.account, p_amount => s.amount, p_source => s.source, p_source_ref => s.source_ref,
                p_priority => s.priority, p_expires_at => s.expires_at, p_paid_minor => s.paid_minor,
                p_currency => s.currency, p_reason_code => s.reason_code, p_at => s.at, p_key => s.key,
                p_actor_kind => s.actor_kind, p_actor_id => s.actor_id, p_request_id => s.request_id);
        WHEN 'hold' THEN
            r := credits_place_hold(
                p_account => s.account, p_amount => s.amount, p_purpose => s.purpose, p_seconds => s.seconds,
                p_restriction => '', p_at => s.at, p_key => s.key, p_actor_kind => s.actor_kind,
                p_actor_id => s.actor_id, p_request_id => s.request_id);
        WHEN 'capture', 'late_capture' THEN
            r := credits_capture_hold(
                p_account => s.account, p_hold => o.hold_id, p_amount => s.amount,
                p_allow_late => s.op = 'late_capture', p_at => s.at, p_key => s.key, p_actor_kind => s.actor_kind,
                p_actor_id => s.actor_id, p_request_id => s.request_id);
        WHEN 'release' THEN
            r := credits_release_hold(
                p_account => s.account, p_hold => o.hold_id, p_at => s.at, p_key => s.key,
                p_actor_kind => s.actor_kind, p_actor_id => s.actor_id, p_request_id => s.request_id);
        WHEN 'adjust' THEN
            r := credits_adjust(
                p_account => s.account, p_amount => s.amount, p_priority => s.priority, p_expires_at => s.expires_at,
                p_reason_code => s.reason_code, p_at => s.at, p_key => s.key, p_actor_kind => s.actor_kind,
                p_actor_id => s.actor_id, p_request_id => s.request_id);
        WHEN 'reverse' THEN
            r := credits_reverse_entry(
                p_account => s.account, p_entry => o.entry_id, p_reason_code => s.reason_code, p_at => s.at,
                p_key => s.key, p_actor_kind => s.actor_kind, p_actor_id => s.actor_id, p_request_id => s.request_id);
        WHEN 'claw_back' THEN
            r := credits_claw_back(
                p_account => s.account, p_lot => o.lot_id, p_target => s.amount, p_reinstate => false,
                p_reason_code => s.reason_code, p_at => s.at, p_key => s.key, p_actor_kind => s.actor_kind,
                p_actor_id => s.actor_id, p_request_id => s.request_id);
        WHEN 'freeze' THEN
            r := credits_set_frozen(s.account, true, s.purpose, s.at);
        ELSE  -- sweep: what is due by now, as the schedule does it
            PERFORM credits_expire_holds(s.at, 1000, s.actor_id);
            PERFORM credits_expire_lots(s.at, 1000, s.actor_id);
            CONTINUE;
        END CASE;
        UPDATE demo_step
           SET code = r.code, hold_id = r.hold_id, entry_id = r.entry_id, lot_id = r.lot_id, moved = r.amount,
               posted = r.posted, held = r.held
         WHERE n = s.n;
    END LOOP;
END $$
"""
_RESULTS = """
SELECT n, code, hold_id, entry_id, lot_id, coalesce(moved, 0), coalesce(posted, 0), coalesce(held, 0)
  FROM demo_step WHERE code IS NOT NULL
"""


def run(steps: Iterable[Step], *, seed: int) -> Sequence[Step]:
    """Do every step, oldest first, and note on each what came of it; a step whose ``of`` was refused is left out.

    Runs in the caller's transaction. Returns the steps in the order they ran.
    """
    ordered = sorted(steps, key=lambda step: step.at)
    for number, step in enumerate(ordered):
        step.number = number
    with connection.cursor() as cursor:
        cursor.execute("SELECT quote_ident(current_schema()), set_config('demo.seed', %s, true)", [f"{seed}/credits/"])
        schema = cursor.fetchone()[0]
        cursor.execute(_PREPARE.replace("{schema}", schema))
        with cursor.copy(f"COPY demo_step ({', '.join(_COLUMNS)}) FROM STDIN") as copy:
            for step in ordered:
                copy.write_row(_row(step))
        cursor.execute("ANALYZE demo_step")
        cursor.execute("SELECT set_config('search_path', %s, true)", [f"demo_ids, {schema}"])
        cursor.execute("SELECT demo_ids.run()")
        cursor.execute(_RESULTS)
        for n, *outcome in cursor.fetchall():
            _note(ordered[n], *outcome)
        cursor.execute("SELECT set_config('search_path', %s, true)", [schema])
        cursor.execute("DROP SCHEMA demo_ids CASCADE")
    return ordered


def _row(step: Step) -> tuple[Any, ...]:
    return (
        step.number,
        step.at,
        step.op,
        step.account,
        step.amount,
        step.key,
        step.actor.kind if step.actor else "system",
        step.actor.id if step.actor else "",
        step.request_id,
        step.of.number if step.of else None,
        step.purpose,
        step.seconds,
        step.source,
        step.source_ref,
        BURN_PRIORITY[step.source or LotSource.ADJUSTMENT],
        step.expires_at,
        step.paid_minor,
        step.currency,
        step.reason_code,
    )


def _note(step: Step, *outcome: Any) -> None:
    step.code, step.hold_id, step.entry_id, step.lot_id, step.moved, step.posted, step.held = outcome
