from datetime import UTC, datetime

import pytest
from django.db import DatabaseError, connection, transaction

from audit import services
from audit.models import Entry
from core import context, trail
from core.actors import Actor, ActorKind, Target

AT = datetime(2026, 11, 20, 9, 30, 15, 123456, tzinfo=UTC)
SAM = Actor(ActorKind.STAFF, "usr_sam", "Sam")
ADA = Target("accounts.user", "usr_ada", "Ada")

pytestmark = pytest.mark.django_db


class TestRecord:
    def test_an_entry_says_who_did_what_to_what_and_why(self):
        services.record(
            action="credits.lot.granted",
            at=AT,
            actor=SAM,
            target=ADA,
            reason="outage",
            ticket="T-1",
            changes={"posted": (1, 2)},
        )

        entry = Entry.objects.select_related("payload").get(action="credits.lot.granted")
        assert (entry.actor_kind, entry.actor_id, entry.target_kind, entry.target_id, entry.ticket) == (
            "staff",
            "usr_sam",
            "accounts.user",
            "usr_ada",
            "T-1",
        )
        assert (entry.occurred_at, entry.outcome) == (AT, "done")
        assert (entry.payload.reason, entry.payload.actor_label) == ("outage", "Sam")
        assert entry.payload.change_pairs == {"posted": (1, 2)}

    def test_what_is_not_given_comes_from_the_context(self):
        with context.bound(
            context.Context(
                actor=SAM,
                impersonator=Actor(ActorKind.STAFF, "usr_max", "Max"),
                request_id="req_1",
                session_id="ses_1",
                api_key_id="key_1",
                client_ip="2001:db8::1",
                user_agent="curl",
                reason="asked by mail",
            )
        ):
            services.record(action="test.context.used", at=AT)

        entry = Entry.objects.select_related("payload").get(action="test.context.used")
        assert (entry.actor_id, entry.impersonator_id, entry.request_id) == ("usr_sam", "usr_max", "req_1")
        assert (entry.session_id, entry.api_key_id) == ("ses_1", "key_1")
        assert (entry.payload.ip, entry.payload.user_agent, entry.payload.reason) == (
            "2001:db8::1",
            "curl",
            "asked by mail",
        )

    def test_it_costs_one_statement(self, django_assert_num_queries):
        with django_assert_num_queries(1):
            services.record(action="test.cost.counted", at=AT, actor=SAM)

    def test_the_public_id_is_the_entry_s_own(self):
        public_id = services.record(action="test.id.made", at=AT, actor=SAM)

        assert Entry.objects.get(action="test.id.made").public_id == public_id

    def test_core_trail_writes_through_it(self):
        trail.record(action="test.port.used", at=AT, actor=SAM)

        assert Entry.objects.filter(action="test.port.used").count() == 1

    def test_what_a_client_sent_cannot_make_an_entry_fail(self):
        services.record(action="test.text.kept", at=AT, actor=SAM, reason="a\0b\ud800", details={"x": "\0\ud800"})

        assert Entry.objects.select_related("payload").get(action="test.text.kept").payload.reason == "a\ufffdb?"

    def test_without_an_action_it_is_a_programmer_s_error(self):
        with pytest.raises(ValueError, match="needs an action"):
            services.record(action="", at=AT, actor=SAM)

    def test_a_failed_write_fails_the_transaction_around_it(self):
        with connection.cursor() as cursor:
            cursor.execute("ALTER TABLE audit_payload ADD CONSTRAINT full_disk CHECK (reason <> 'x')")

        def rename():
            with transaction.atomic():
                services.record(action="test.first.kept", at=AT, actor=SAM)
                services.record(action="test.second.refused", at=AT, actor=SAM, reason="x")

        with pytest.raises(DatabaseError, match="full_disk"):
            rename()

        assert not Entry.objects.exists()


class TestAppendOnly:
    @pytest.mark.parametrize(
        "statement",
        [
            "UPDATE audit_entry SET actor_id = 'usr_other'",
            "DELETE FROM audit_entry",
            "TRUNCATE audit_entry",
            "UPDATE audit_payload SET reason = ''",
            "DELETE FROM audit_payload",
            "TRUNCATE audit_payload",
        ],
    )
    def test_the_database_refuses(self, statement):
        services.record(action="test.row.kept", at=AT, actor=SAM)

        with (
            pytest.raises(DatabaseError, match="is refused"),
            transaction.atomic(),
            connection.cursor() as cursor,
        ):
            cursor.execute(statement)
