"""Loads the demo company in one transaction: all of it is there, or nothing."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from django.apps import apps
from django.conf import settings
from django.contrib.auth import get_user_model
from django.contrib.auth.hashers import UNUSABLE_PASSWORD_PREFIX, make_password
from django.db import connection, transaction

from accounts.services import ensure_staff_groups
from audit import services as audit_services
from core import clock, demo
from core.actors import system
from operations.actions import AuditAction
from operations.demo import (
    approvals,
    desk,
    ending,
    fates,
    history,
    keys,
    ledger,
    looking,
    mail,
    people,
    rows,
    spending,
    teams,
    trail,
    work,
)
from operations.demo.chance import dice
from operations.demo.company import Company, found_company
from operations.demo.errors import AlreadyLoaded, DatabaseInUse, NotInProduction
from operations.demo.people import Customer

USERS = 2000
LOADER = system("operations.demo")
Say = Callable[[str], None]


def silent(_line: str) -> None:
    """Tells nobody."""


@dataclass(frozen=True, slots=True)
class Loaded:
    """What a load brought."""

    users: int
    workspaces: int
    ledger_entries: int
    trail_entries: int
    seconds: float


def is_loaded() -> bool:
    """Whether this database holds the demo company: its marker is in the trail."""
    entry = apps.get_model("audit", "Entry")
    return bool(entry._default_manager.filter(action=AuditAction.DEMO_LOADED).exists())


def refuse_in_production() -> None:
    """Raise NotInProduction where real customers may be."""
    if settings.ENVIRONMENT == "production":
        raise NotInProduction


def load(*, at: datetime, users: int = USERS, seed: int | None = None, say: Say = silent) -> Loaded:
    """Fill an empty database with a company as it stands at ``at``; ``users`` customers.

    The same seed, time and number bring the same rows, ids included; what the server or this
    installation makes (transaction ids, digests under secrets, password hashes) differs. Refuses
    AlreadyLoaded, DatabaseInUse where there are users of somebody else's, NotInProduction.
    """
    refuse_in_production()
    if is_loaded():
        raise AlreadyLoaded
    if get_user_model()._default_manager.exists():
        raise DatabaseInUse
    started = time.monotonic()
    chosen = settings.DEMO_SEED if seed is None else seed
    company = found_company(seed=chosen, at=at, users=users)
    with transaction.atomic():
        since = company.span.start.date()
        audit_services.ensure_partitions(since=since, until=max(at, company.now).date())
        limits = fates.decide(company)
        _let_in(company)
        history.tell(company)
        looking.look(company)
        _write_people(company, limits)
        say(f"{users} users and {len(company.teams)} teams")
        entries = _write_ledger(company)
        say(f"{entries} operations on the ledger")
        _write_outgoing(company)
        notes = _write_trail(company)
        say(f"{notes} entries in the trail")
    _settle()
    return Loaded(
        users=users + len(company.staff),
        workspaces=users + len(company.staff) + len(company.teams),
        ledger_entries=entries,
        trail_entries=notes,
        seconds=round(time.monotonic() - started, 1),
    )


def _let_in(company: Company) -> None:
    """The logins that work get the installation's demo password; nobody else can log in."""
    password = demo.password(settings.VAR_DIR)
    for person in company.people():
        person.password = UNUSABLE_PASSWORD_PREFIX  # opens nothing
    for person in [*company.staff.values(), *company.friends]:
        person.password = make_password(password)


def _write_people(company: Company, limits: list[fates.Limit]) -> None:
    everybody = list(company.people())
    ensure_staff_groups()
    rows.write("accounts.User", people.user_rows(everybody))
    rows.write("account.EmailAddress", map(_address, everybody))
    rows.write("accounts.Workspace", teams.workspace_rows(everybody, company.teams))
    rows.write("accounts.Membership", teams.membership_rows(everybody, company.teams))
    rows.write("accounts.Invitation", teams.invitation_rows(company.teams))
    rows.write("accounts.Restriction", fates.restriction_rows(limits))
    rows.write("accounts.LoginNetwork", history.network_rows(company))
    rows.write("axes.AccessAttempt", looking.attempt_rows(company))
    groups = dict(apps.get_model("auth", "Group")._default_manager.values_list("name", "pk"))
    rows.write(
        "accounts.User_groups",
        [{"user_id": p.id, "group_id": groups[role]} for p in everybody for role in p.roles],
    )


def _address(person: Customer) -> dict[str, object]:
    return {"user_id": person.id, "email": person.email, "verified": person.is_verified, "primary": True}


def _write_ledger(company: Company) -> int:
    """Run the ledger's history; returns how many operations were done."""
    customers = [*company.friends, *company.customers]
    steps = spending.make_steps(
        seed=company.seed, span=company.span, people=customers, teams=company.teams, keys=company.keys
    )
    requests = approvals.make_requests(company)
    deeds = desk.make_deeds(company, steps) + [request.deed for request in requests if request.deed]
    released = ending.make_released(company)
    steps += [deed.step for deed in deeds] + desk.make_claw_backs(company, steps)
    steps += released + ending.make_open_holds(company)
    steps += spending.sweeps(steps, until=company.now)
    done = sum(step.is_done for step in ledger.run(steps, seed=company.seed))
    _write_deeds(company, deeds, requests)
    company.notes += ending.released_note(company, released[-1])
    rows.write("accounts.ApiKey", keys.key_rows(company.keys))
    rows.write("credits.ExpiryWarning", ending.warning_rows(company))
    return done


def _write_deeds(company: Company, deeds: list[desk.Deed], requests: list[approvals.Request]) -> None:
    stream = dice(company.seed, "deeds")
    company.notes += desk.deed_notes(deeds, stream)
    rows.write("credits.EntryNote", desk.note_rows(deeds))
    rows.write("credits.AllowanceUse", desk.allowance_rows(deeds, desk.id_maker(company.seed)))
    asked = list(approvals.approval_rows(requests))
    rows.write("audit.Approval", asked)
    company.notes += approvals.approval_notes(requests, {row["id"]: row["effects"] for row in asked}, stream)


def _write_outgoing(company: Company) -> None:
    mails = mail.make_mails(company)
    found = work.make_jobs(company, mails)
    slots = work.make_slots(company)
    found += [slot.job for slot in slots if slot.job]
    rows.write("outbox.Job", work.job_rows(found))
    rows.write("outbox.Attempt", work.attempt_rows(found))
    rows.write("outbox.Slot", work.slot_rows(slots))
    rows.write("outbox.Message", mail.message_rows(mails))
    rows.write("outbox.MailEvent", mail.event_rows(mails))
    rows.write("outbox.Suppression", mail.suppression_rows(company, mails))
    run, items = work.bulk_rows(company)
    rows.write("outbox.BulkRun", [run])
    rows.write("outbox.BulkItem", items)


def _write_trail(company: Company) -> int:
    """Write every note, and the marker that says the company is complete."""
    marker = trail.Note(
        company.now,
        AuditAction.DEMO_LOADED,
        LOADER,
        reason="Demo data",
        details={"seed": company.seed, "users": len(company.customers) + len(company.friends)},
    )
    earliest = company.span.start
    notes = [note for note in company.notes if earliest <= note.at <= company.now]
    return trail.write([*notes, marker], seed=company.seed)


def _settle() -> None:
    """Fresh statistics, and checkpoints over what was written."""
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")
    audit_services.reconcile(at=clock.now())
