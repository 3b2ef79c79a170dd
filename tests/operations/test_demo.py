"""The demo company: ``manage.py demo`` and what it brings."""

from __future__ import annotations

import io
import re
from collections.abc import Iterator
from datetime import UTC, datetime
from random import Random
from typing import Any
from uuid import RFC_4122, UUID

import pytest
from django.apps import apps
from django.contrib.auth import get_user_model
from django.core.management import CommandError, call_command
from django.db import connection

from accounts import selectors as accounts_selectors
from accounts.roles import StaffRole
from accounts.states import InvitationStatus, UserStatus
from audit import services as audit_services
from audit.states import ApprovalStatus
from core import clock, demo
from core.ids import to_public
from core.registries import invariants
from credits import selectors as credits_selectors
from credits.states import EntryKind, HoldStatus
from operations import selectors
from operations.demo.errors import AlreadyLoaded, DatabaseInUse, NotInProduction
from operations.demo.load import is_loaded, load
from operations.demo.scale import scale
from operations.demo.scale.lines import hex_id, public
from operations.demo.wipe import SEEDED, wipe
from outbox.states import JobStatus, MessageStatus, SlotStatus
from tests import database

AT = datetime(2026, 3, 2, 9, 30, tzinfo=UTC)
USERS = 60
# What the server, the clock or this installation makes; everything else follows from seed and time.
MADE_HERE = {
    "audit_entry": {"recorded_at", "txid", "content_hash"},
    "audit_change": {"at", "txid"},
    "accounts_user": {"password"},
}
# how far the trail is settled waits for the transactions of every database on the server
FOLLOW_THE_SERVER = {"audit_mark", "audit_checkpoint"}
TABLES = """
SELECT c.relname FROM pg_class c
 WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p') AND NOT c.relispartition ORDER BY 1
"""


def filled_tables() -> list[str]:
    with connection.cursor() as cursor:
        cursor.execute(TABLES)
        return [name for (name,) in cursor.fetchall() if _content(cursor, name, ["1"]) is not None]


def digests() -> dict[str, str | None]:
    """What each table holds, without what is made here."""
    found = {}
    with connection.cursor() as cursor:
        for table in set(filled_tables()) - FOLLOW_THE_SERVER:
            cursor.execute("SELECT column_name FROM information_schema.columns WHERE table_name = %s", [table])
            found[table] = _content(
                cursor, table, sorted({n for (n,) in cursor.fetchall()} - MADE_HERE.get(table, set()))
            )
    return found


def _content(cursor: Any, table: str, columns: list[str]) -> str | None:
    listed = ", ".join(f'"{column}"' if column != "1" else column for column in columns)
    cursor.execute(f"SELECT md5(string_agg(t::text, '|' ORDER BY t::text)) FROM (SELECT {listed} FROM {table}) t")  # noqa: S608
    return cursor.fetchone()[0]


def rows(label: str, **facts: Any) -> Any:
    return apps.get_model(label)._default_manager.filter(**facts)


@pytest.fixture(scope="class")
def company(django_db_setup: None, django_db_blocker: Any) -> Iterator[None]:
    """The company of sixty, loaded once for the tests below."""
    with django_db_blocker.unblock():
        load(at=AT, users=USERS)
        yield
        database.clone(database.ensure_template(), connection.settings_dict["NAME"])


@pytest.mark.django_db
@pytest.mark.usefixtures("company")
class TestLoad:
    def test_keeps_every_invariant(self):
        assert selectors.list_violations() == []

    def test_leaves_a_trail_that_verifies(self):
        assert audit_services.verify(at=clock.now()).findings == []

    def test_brings_as_many_customers_as_asked_and_a_person_a_role(self):
        assert rows("accounts.User").count() == USERS + len(StaffRole)

    def test_lets_one_person_a_role_in_with_the_password_of_the_installation(self, settings):
        staff = get_user_model().objects.get(email=f"founder@{demo.STAFF_DOMAIN}")
        assert staff.check_password(demo.password(settings.VAR_DIR))

    def test_gives_every_role_its_login(self):
        emails = {f"{role}@{demo.STAFF_DOMAIN}" for role in StaffRole.values}
        assert set(rows("accounts.User", is_staff=True).values_list("email", flat=True)) == emails

    def test_verifies_the_addresses_of_the_staff(self):
        assert not rows("account.EmailAddress", user__is_staff=True, verified=False).exists()

    def test_lets_no_other_customer_in(self):
        able = [user.email for user in get_user_model().objects.filter(is_staff=False) if user.has_usable_password()]
        assert sorted(able) == ["ada@example.test", "bo@example.test", "cleo@example.test"]

    @pytest.mark.parametrize("status", UserStatus.values)
    def test_has_users_of_every_status(self, status):
        assert rows("accounts.User", status=status).exists()

    @pytest.mark.parametrize("status", HoldStatus.values)
    def test_has_holds_of_every_status(self, status):
        assert rows("credits.Hold", status=status).exists()

    @pytest.mark.parametrize("kind", sorted(set(EntryKind.values) - {EntryKind.REINSTATE, EntryKind.SETTLE_DEBT}))
    def test_has_entries_of_every_kind(self, kind):
        assert rows("credits.Entry", kind=kind).exists()

    def test_has_captures_of_a_part(self):
        assert any(h.captured_amount < h.amount for h in rows("credits.Hold", status=HoldStatus.CAPTURED))

    @pytest.mark.parametrize("status", ApprovalStatus.values)
    def test_has_approvals_of_every_fate(self, status):
        assert rows("audit.Approval", status=status).exists()

    @pytest.mark.parametrize("status", InvitationStatus.values)
    def test_has_invitations_of_every_status(self, status):
        assert rows("accounts.Invitation", status=status).exists()

    def test_has_stuck_holds(self):
        assert credits_selectors.list_stuck_holds_for_console(at=AT).exists()

    def test_has_restrictions_that_hold_and_that_were_lifted(self):
        open_ones = rows("accounts.Restriction", lifted_at=None)
        assert open_ones.exists()
        assert open_ones.count() < rows("accounts.Restriction").count()

    @pytest.mark.parametrize("status", [JobStatus.DONE, JobStatus.FAILED, JobStatus.QUARANTINED, JobStatus.CANCELED])
    def test_has_jobs_in_every_end(self, status):
        assert rows("outbox.Job", status=status).exists()

    @pytest.mark.parametrize("status", [MessageStatus.QUEUED, MessageStatus.SENT, MessageStatus.DELIVERED])
    def test_has_messages_on_their_way(self, status):
        assert rows("outbox.Message", status=status).exists()

    def test_has_a_missed_slot(self):
        assert rows("outbox.Slot", status=SlotStatus.MISSED).exists()

    def test_has_refused_attempts_in_the_trail(self):
        assert rows("audit.Entry", outcome="refused").exists()

    def test_writes_the_trail_in_the_order_of_events(self):
        times = list(rows("audit.Entry").order_by("seq").values_list("occurred_at", flat=True))
        assert times == sorted(times)

    def test_lies_in_the_past_of_its_moment(self):
        assert not rows("accounts.User", created_at__gt=AT).exists()
        assert not rows("credits.Entry", created_at__gt=AT).exists()
        assert not rows("audit.Entry", occurred_at__gt=AT).exists()

    def test_lets_a_waiting_request_be_approved(self):
        waiting = rows("audit.Approval", status="pending", kind="credits.grant").order_by("requested_at").first()
        finance = get_user_model().objects.get(email=f"finance@{demo.STAFF_DOMAIN}")
        actor = accounts_selectors.actor_of(finance)
        done = audit_services.approve(
            approval_id=waiting.public_id, actor=actor, reason="Looked at it", at=AT, may=finance.has_perm
        )
        assert done.status == ApprovalStatus.APPROVED

    def test_refuses_to_be_loaded_twice(self):
        with pytest.raises(AlreadyLoaded):
            load(at=AT, users=USERS)

    def test_says_so_from_the_command(self):
        out = io.StringIO()
        call_command("demo", stdout=out)
        assert out.getvalue() == "The demo data are loaded.\n"


@pytest.mark.django_db(transaction=True)
def test_the_same_seed_and_time_bring_the_same_rows_also_after_a_reset():
    call_command("demo", users=12, at=AT, stdout=io.StringIO())
    first = digests()
    call_command("demo", reset=True, users=12, at=AT, stdout=io.StringIO())

    assert digests() == first


@pytest.mark.django_db(transaction=True)
def test_a_wipe_leaves_what_migrations_wrote_and_nothing_else():
    before = filled_tables()
    load(at=AT, users=12)
    wipe()

    assert set(before) <= SEEDED | {"audit_mark"}
    assert filled_tables() == before
    assert not is_loaded()
    assert [found for name, check in invariants.items() if name.endswith(".guards_stand") for found in check()] == []


@pytest.mark.django_db
class TestRefusals:
    def test_refuses_to_load_in_production(self, settings):
        settings.ENVIRONMENT = "production"
        with pytest.raises(NotInProduction):
            load(at=AT, users=USERS)

    def test_refuses_to_wipe_in_production(self, settings):
        settings.ENVIRONMENT = "production"
        with pytest.raises(CommandError, match="refused in production"):
            call_command("demo", reset=True)

    def test_refuses_a_database_with_users_of_its_own(self):
        get_user_model().objects.create(email="somebody@example.org")
        with pytest.raises(DatabaseInUse):
            load(at=AT, users=USERS)


PARTITION = "_(default|y[0-9]{4})"
INDEXES = "SELECT indexdef FROM pg_indexes WHERE schemaname = 'public' AND tablename !~ %s ORDER BY 1"
KEYS = """
SELECT conrelid::regclass::text, conname, pg_get_constraintdef(oid) FROM pg_constraint
 WHERE contype IN ('p', 'u', 'f') AND conparentid = 0 AND conrelid::regclass::text !~ %s ORDER BY 1, 2
"""


def shape() -> list[list[str]]:
    """Every index and key of the database; PostgreSQL writes the same cast in more than one way."""
    with connection.cursor() as cursor:
        cursor.execute(INDEXES, [PARTITION])
        indexes = cursor.fetchall()
        cursor.execute(KEYS, [PARTITION])
        found = indexes + cursor.fetchall()
    return [[re.sub(r"::(character varying|text)(\[\])?|[()]", "", words) for words in row] for row in found]


@pytest.fixture(scope="class")
def scaled(django_db_setup: None, django_db_blocker: Any) -> Iterator[dict[str, Any]]:
    """A company of twelve with sixty users added, in three batches."""
    with django_db_blocker.unblock():
        load(at=AT, users=12)
        before = {"shape": shape(), "entries": rows("credits.Entry").count(), "trail": rows("audit.Entry").count()}
        scale(users=60, at=AT, batch=25)
        yield before
        database.clone(database.ensure_template(), connection.settings_dict["NAME"])


@pytest.mark.django_db
class TestScale:
    def test_adds_ten_ledger_entries_a_user(self, scaled):
        assert rows("credits.Entry").count() == scaled["entries"] + 600

    def test_adds_ten_trail_entries_a_user_and_one_of_its_own(self, scaled):
        assert rows("audit.Entry").count() == scaled["trail"] + 601

    def test_leaves_indexes_and_keys_as_they_were(self, scaled):
        assert shape() == scaled["shape"]

    def test_keeps_every_invariant(self, scaled):
        assert selectors.list_violations() == []

    def test_leaves_a_trail_that_verifies(self, scaled):
        assert audit_services.verify(at=clock.now()).findings == []

    def test_puts_every_entry_into_a_month_of_its_own(self, scaled):
        with connection.cursor() as cursor:
            cursor.execute("SELECT count(*) FROM audit_entry_default")
            assert cursor.fetchone() == (0,)

    def test_is_refused_in_production(self, scaled, settings):
        settings.ENVIRONMENT = "production"
        with pytest.raises(NotInProduction):
            scale(users=1, at=AT)

    def test_names_users_as_the_ids_of_the_product_are_named(self):
        digits = hex_id(Random(1), 1_700_000_000_000_000)
        value = UUID(digits)
        assert (value.version, value.variant) == (7, RFC_4122)
        assert public("usr", digits) == to_public("usr", value)
