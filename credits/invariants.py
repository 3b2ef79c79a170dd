"""What must always hold in the ledger, each as one statement over all accounts that names the rows that break it."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from django.db import connection

from core.registries import Violation
from credits.sql import bodies

_SHOWN = 100

# name -> (subject, detail) of every violation
STATEMENTS: dict[str, str] = {
    "credits.entries_add_up_to_the_balance": """
        SELECT a.workspace_id, format('posted %s, entries %s; debt %s, entries %s',
                                      a.posted, coalesce(e.amount, 0), a.debt, coalesce(e.debt, 0))
          FROM credits_account a
          LEFT JOIN (SELECT account_id, sum(amount) AS amount, sum(debt_delta) AS debt
                       FROM credits_entry GROUP BY account_id) e ON e.account_id = a.workspace_id
         WHERE a.posted <> coalesce(e.amount, 0) OR a.debt <> coalesce(e.debt, 0)
    """,
    "credits.open_holds_add_up_to_held": """
        SELECT a.workspace_id, format('held %s, open holds %s', a.held, coalesce(h.amount, 0))
          FROM credits_account a
          LEFT JOIN (SELECT account_id, sum(amount) AS amount
                       FROM credits_hold WHERE status = 'open' GROUP BY account_id) h ON h.account_id = a.workspace_id
         WHERE a.held <> coalesce(h.amount, 0)
    """,
    "credits.lots_add_up_to_the_balance": """
        SELECT a.workspace_id, format('posted %s + debt %s, lots %s', a.posted, a.debt, coalesce(l.remaining, 0))
          FROM credits_account a
          LEFT JOIN (SELECT account_id, sum(remaining) AS remaining
                       FROM credits_lot GROUP BY account_id) l ON l.account_id = a.workspace_id
         WHERE a.posted + a.debt <> coalesce(l.remaining, 0)
    """,
    "credits.slices_add_up_to_their_entry": """
        SELECT e.id, format('entry %s with debt %s, slices %s', e.amount, e.debt_delta, coalesce(s.amount, 0))
          FROM credits_entry e
          LEFT JOIN (SELECT entry_id, sum(amount) AS amount FROM credits_slice GROUP BY entry_id) s ON s.entry_id = e.id
         WHERE e.amount + e.debt_delta <> coalesce(s.amount, 0)
    """,
    "credits.slices_add_up_to_their_lot": """
        SELECT l.id, format('remaining %s, slices %s', l.remaining, coalesce(s.amount, 0))
          FROM credits_lot l
          LEFT JOIN (SELECT lot_id, sum(amount) AS amount FROM credits_slice GROUP BY lot_id) s ON s.lot_id = l.id
         WHERE l.remaining <> coalesce(s.amount, 0)
    """,
    "credits.balances_run_from_entry_to_entry": """
        SELECT id, format('balance %s after %s, %s before', balance_after, amount, before)
          FROM (SELECT id, amount, balance_after,
                       lag(balance_after, 1, 0::bigint) OVER (PARTITION BY account_id ORDER BY id) AS before
                  FROM credits_entry) e
         WHERE balance_after <> before + amount
    """,
    "credits.captures_agree_with_their_holds": """
        SELECT coalesce(h.id, e.hold_id), format('hold %s over %s, entry %s over %s',
                                                 h.status, h.captured_amount, e.id, e.amount)
          FROM (SELECT * FROM credits_hold WHERE status IN ('captured', 'captured_late')) h
          FULL JOIN (SELECT * FROM credits_entry WHERE kind IN ('capture', 'late_capture')) e
            ON e.hold_id = h.id AND e.id = h.entry_id AND e.account_id = h.account_id
         WHERE h.id IS NULL OR e.id IS NULL OR e.amount <> -h.captured_amount
    """,
    "credits.grants_agree_with_their_lots": """
        SELECT coalesce(l.id, e.lot_id), format('lot over %s, entry %s over %s', l.granted, e.id, e.amount)
          FROM credits_lot l
          FULL JOIN (SELECT * FROM credits_entry
                      WHERE kind IN ('grant', 'reinstate') OR (kind = 'adjust' AND amount > 0)) e
            ON e.lot_id = l.id AND e.account_id = l.account_id
         WHERE l.id IS NULL OR e.id IS NULL OR e.amount <> l.granted
    """,
    "credits.claw_backs_agree_with_their_lots": """
        SELECT l.id, format('clawed %s, entries %s', l.clawed_amount, coalesce(c.amount, 0))
          FROM credits_lot l
          LEFT JOIN (SELECT coalesce(o.restores_id, o.id) AS lot_id, -sum(e.amount) AS amount
                       FROM credits_entry e
                       JOIN (SELECT id, NULL::uuid AS restores_id, 'claw_back' AS kind FROM credits_lot
                             UNION ALL SELECT id, restores_id, 'reinstate' FROM credits_lot) o
                         ON o.id = e.lot_id AND o.kind = e.kind
                      GROUP BY 1) c ON c.lot_id = l.id
         WHERE l.clawed_amount <> coalesce(c.amount, 0)
    """,
    "credits.nothing_is_taken_back_twice": """
        SELECT l.id, format('granted %s, clawed %s, reversed %s, entries that reverse it %s',
                            l.granted, l.clawed_amount, l.reversed_amount, coalesce(r.amount, 0))
          FROM credits_lot l
          LEFT JOIN (SELECT lot_id, -sum(amount) AS amount
                       FROM credits_entry WHERE kind = 'reverse' GROUP BY lot_id) r ON r.lot_id = l.id
         WHERE l.reversed_amount <> coalesce(r.amount, 0) OR l.granted < l.clawed_amount + coalesce(r.amount, 0)
    """,
    "credits.reversals_mirror_their_entry": """
        SELECT r.id, format('reversal %s of %s (%s over %s)', r.amount, r.reverses_id, e.kind, e.amount)
          FROM credits_entry r LEFT JOIN credits_entry e ON e.id = r.reverses_id AND e.account_id = r.account_id
         WHERE r.kind = 'reverse' AND (e.id IS NULL OR r.amount <> -e.amount)
    """,
    "credits.entries_were_asked_for": """
        SELECT e.id, format('a %s that no operation made', e.kind)
          FROM credits_entry e
         WHERE e.kind NOT IN ('expire', 'settle_debt')
           AND NOT EXISTS (SELECT 1 FROM credits_operation o
                            WHERE o.account_id = e.account_id AND o.key = e.idempotency_key AND o.entry_id = e.id)
    """,
    "credits.rows_have_an_account": """
        SELECT t.id, t.kind || ' without an account'
          FROM (SELECT id, account_id, 'hold' AS kind FROM credits_hold
                UNION ALL SELECT id, account_id, 'entry' FROM credits_entry) t
         WHERE NOT EXISTS (SELECT 1 FROM credits_account a WHERE a.workspace_id = t.account_id)
    """,
    "credits.slices_have_entry_and_lot": """
        SELECT s.entry_id, format('slice of entry %s and lot %s', s.entry_id, s.lot_id)
          FROM credits_slice s
          LEFT JOIN credits_entry e ON e.id = s.entry_id LEFT JOIN credits_lot l ON l.id = s.lot_id
         WHERE e.id IS NULL OR l.id IS NULL OR e.account_id <> l.account_id
    """,
    "credits.guards_stand": """
        SELECT format('credits_%s.%s', t.name, g.name), 'the trigger is missing or switched off'
          FROM unnest(ARRAY['account', 'lot', 'hold', 'operation', 'entry', 'slice']) AS t (name)
         CROSS JOIN unnest(ARRAY['credits_direct_write', 'credits_kept', 'credits_kept_whole', 'credits_as_written',
                                 'credits_settles_once', 'credits_sums']) AS g (name)
         WHERE CASE g.name WHEN 'credits_settles_once' THEN t.name = 'hold'
                           WHEN 'credits_sums' THEN t.name NOT IN ('operation', 'slice') ELSE true END
           AND NOT EXISTS (SELECT 1 FROM pg_trigger
                            WHERE tgrelid = ('credits_' || t.name)::regclass AND tgname = g.name AND tgenabled = 'A')
    """,
    "credits.next_expiry_is_known": """
        SELECT a.workspace_id, format('next expiry %s, first open lot %s', a.next_expiry_at, l.first)
          FROM credits_account a
          JOIN (SELECT account_id, min(expires_at) AS first FROM credits_lot WHERE is_open GROUP BY account_id) l
            ON l.account_id = a.workspace_id
         WHERE l.first IS NOT NULL AND (a.next_expiry_at IS NULL OR a.next_expiry_at > l.first)
    """,
}


def check(name: str) -> list[Violation]:
    """The violations of one invariant, at most a hundred."""
    with connection.cursor() as cursor:
        cursor.execute(STATEMENTS[name])
        return [Violation(name, str(subject), detail) for subject, detail in cursor.fetchmany(_SHOWN)]


def functions_are_as_installed() -> list[Violation]:
    """The functions of the ledger, whom the guards let write, are those of ``credits/sql``, and there are no others."""
    wanted = bodies()
    with connection.cursor() as cursor:
        cursor.execute(
            r"SELECT proname, prosrc FROM pg_proc"
            r" WHERE proname LIKE 'credits\_%' AND pronamespace = current_schema()::regnamespace"
        )
        found: dict[str, str] = dict(cursor.fetchall())
    details = dict.fromkeys(found.keys() - wanted.keys(), "unknown")
    details |= dict.fromkeys(wanted.keys() - found.keys(), "gone")
    details |= {name: "altered" for name in wanted.keys() & found.keys() if wanted[name] != found[name]}
    return [Violation("credits.functions_are_as_installed", name, details[name]) for name in sorted(details)]


ALL: dict[str, Callable[[], list[Violation]]] = {
    **{name: partial(check, name) for name in STATEMENTS},
    "credits.functions_are_as_installed": functions_are_as_installed,
}


def check_all() -> list[Violation]:
    """The violations of all of them."""
    return [violation for statement in ALL.values() for violation in statement()]
