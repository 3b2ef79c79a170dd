import json
from io import StringIO

import pytest
from django.core.management import call_command
from django.db import ProgrammingError, connection, transaction

from audit import services
from audit.models import Entry, Payload, Verification
from audit.services import FindingKind
from core.errors import InvalidInput
from tests.audit.conftest import ADA, AT, SAM

pytestmark = pytest.mark.django_db


def run(*statements):
    with connection.cursor() as cursor:
        for statement in statements:
            cursor.execute(statement)


STOPS = {
    "audit_entry": ["audit_entry_append_only"],
    "audit_payload": ["audit_payload_no_update", "audit_payload_withdrawal"],
    "audit_checkpoint": ["audit_checkpoint_append_only"],
}


def as_owner(*statements):
    """What the tables' owner can do who takes care to leave the guards as they were."""
    for mode, then in (("DISABLE", statements), ("ENABLE ALWAYS", ())):
        run(*(f"ALTER TABLE {table} {mode} TRIGGER {name}" for table, names in STOPS.items() for name in names), *then)


def write(count=5):
    """Entries, by their numbers."""
    for number in range(count):
        services.record(action="test.row.written", at=AT, actor=SAM, target=ADA, reason=f"reason {number}")
    return list(Entry.objects.order_by("seq").values_list("seq", flat=True))


def kinds(report):
    return [(finding.kind, finding.seq) for finding in report.findings]


class TestVerify:
    def test_an_untouched_trail_is_clean(self):
        write(5)

        report = services.verify(at=AT)

        assert (report.checked, report.findings) == (5, [])

    def test_an_empty_trail_is_clean(self):
        assert services.verify(at=AT).findings == []

    @pytest.mark.parametrize(
        "change",
        [
            "action = 'test.row.read'",
            "actor_id = 'usr_other'",
            "outcome = 'refused'",
            "target_id = 'usr_other'",
            "ticket = 'T-1'",
            "request_id = 'req_1'",
            "recorded_at = recorded_at - interval '1 second'",
            "txid = txid + 1",
            "content_hash = sha256('')",
        ],
    )
    def test_an_edited_entry_is_found(self, change):
        numbers = write(5)
        as_owner(f"UPDATE audit_entry SET {change} WHERE seq = {numbers[2]}")

        assert kinds(services.verify(at=AT)) == [(FindingKind.CONTENT, numbers[2])]

    def test_text_moved_from_one_field_to_the_next_is_found(self):
        services.record(action="test.row.written", at=AT, actor=SAM, ticket="AB")
        as_owner("UPDATE audit_entry SET target_id = 'A', ticket = 'B'")

        assert [kind for kind, _ in kinds(services.verify(at=AT))] == [FindingKind.CONTENT]

    @pytest.mark.parametrize(
        "change", ["reason = 'other'", "ip = '10.9.9.9'", "salt = sha256('')", "actor_label = 'Max'", "changes = '{}'"]
    )
    def test_an_altered_payload_is_found(self, change):
        numbers = write(5)
        as_owner(f"UPDATE audit_payload SET {change} WHERE seq = {numbers[3]}")

        assert kinds(services.verify(at=AT)) == [(FindingKind.PAYLOAD_ALTERED, numbers[3])]

    def test_a_payload_deleted_past_the_guard_is_found(self):
        numbers = write(5)
        as_owner(f"DELETE FROM audit_payload WHERE seq = {numbers[1]}")

        assert kinds(services.verify(at=AT)) == [(FindingKind.PAYLOAD_MISSING, numbers[1])]

    def test_a_forged_withdrawal_without_its_entry_is_found(self):
        numbers = write(3)
        run(
            "SET LOCAL audit.withdrawing = 'on'",
            f"DELETE FROM audit_payload WHERE seq = {numbers[1]}",
        )

        assert kinds(services.verify(at=AT)) == [(FindingKind.PAYLOAD_MISSING, numbers[1])]

    def test_a_deleted_entry_is_found_by_its_payload(self):
        numbers = write(5)
        as_owner(f"DELETE FROM audit_entry WHERE seq = {numbers[1]}")

        assert kinds(services.verify(at=AT)) == [(FindingKind.ENTRY_MISSING, numbers[1])]

    def test_an_entry_deleted_with_its_payload_is_found_once_it_was_sealed(self):
        numbers = write(5)
        services.reconcile(at=AT)
        as_owner(
            f"DELETE FROM audit_entry WHERE seq = {numbers[4]}", f"DELETE FROM audit_payload WHERE seq = {numbers[4]}"
        )

        assert [kind for kind, _ in kinds(services.verify(at=AT))] == [FindingKind.ENTRY_MISSING]

    def test_an_entry_slipped_in_after_sealing_is_found(self):
        run("SELECT nextval('audit_entry_seq')")
        numbers = write(2)
        services.reconcile(at=AT)
        as_owner(
            f"INSERT INTO audit_entry SELECT (jsonb_populate_record(e, jsonb_build_object('seq', {numbers[0] - 1}))).*"
            f" FROM audit_entry e WHERE seq = {numbers[0]}"
        )

        assert FindingKind.ENTRY_ADDED in [kind for kind, _ in kinds(services.verify(at=AT))]

    def test_an_entry_rewritten_with_its_hash_is_found_once_it_was_sealed(self):
        numbers = write(3)
        services.reconcile(at=AT)
        as_owner(
            f"UPDATE audit_entry SET actor_id = 'usr_other' WHERE seq = {numbers[1]}",
            "UPDATE audit_entry e SET content_hash = audit_content_hash(e)",
        )

        assert [kind for kind, _ in kinds(services.verify(at=AT))] == [FindingKind.CONTENT]

    @pytest.mark.parametrize("which", ["= (SELECT min(upto_seq) FROM audit_checkpoint)", "> 0"])
    def test_a_checkpoint_taken_away_is_found(self, which):
        for _ in range(3):
            write(2)
            services.reconcile(at=AT)
        as_owner(f"DELETE FROM audit_checkpoint WHERE upto_seq {which}")

        assert FindingKind.CHECKPOINT_MISSING in [kind for kind, _ in kinds(services.verify(at=AT))]

    @pytest.mark.parametrize(
        "switch",
        [
            "ALTER TABLE audit_entry DISABLE TRIGGER audit_entry_append_only",
            "ALTER TABLE audit_entry DISABLE TRIGGER USER; ALTER TABLE audit_entry ENABLE TRIGGER USER",
            "ALTER TABLE audit_approval DISABLE TRIGGER USER; ALTER TABLE audit_approval ENABLE TRIGGER USER",
            "ALTER TABLE audit_payload ENABLE REPLICA TRIGGER audit_payload_no_update",
            "DROP TRIGGER audit_payload_no_update ON audit_payload",
            "DROP TRIGGER audit_no_truncate ON audit_entry_default",
            "DROP TRIGGER audit_watch_audit_approval_update ON audit_approval",
        ],
    )
    def test_a_guard_switched_off_is_found(self, switch):
        run(switch)

        assert FindingKind.GUARD_MISSING in [kind for kind, _ in kinds(services.verify(at=AT))]

    @pytest.mark.parametrize(
        "change",
        [
            "UPDATE audit_entry SET ticket = 'x'",
            "DELETE FROM audit_payload",
            "TRUNCATE audit_entry",
            "UPDATE audit_change SET row_id = 'x'",
            "DELETE FROM audit_checkpoint",
        ],
    )
    def test_a_replica_is_stopped_like_everybody_else(self, change):
        write(2)
        services.reconcile(at=AT)
        run("INSERT INTO audit_change SELECT now(), 1, 1, 'audit_sample', 'update', '1'")

        with pytest.raises(ProgrammingError, match="refused"), transaction.atomic():
            run("SET LOCAL session_replication_role = replica", change)

    def test_the_lowest_number_comes_first(self):
        numbers = write(5)
        as_owner(
            f"UPDATE audit_payload SET reason = 'x' WHERE seq = {numbers[3]}",
            f"DELETE FROM audit_entry WHERE seq = {numbers[1]}",
        )

        first = services.verify(at=AT).first
        assert (first.kind, first.seq) == (FindingKind.ENTRY_MISSING, numbers[1])

    def test_it_goes_on_where_an_earlier_run_stopped(self, monkeypatch):
        monkeypatch.setattr(services._verification, "BATCH", 2)
        for _ in range(3):
            write(2)
            services.reconcile(at=AT)

        first = services.verify(at=AT, stop_after_seconds=0)
        rest = services.verify(at=AT, from_seq=first.verified_to + 1)

        assert (first.complete, rest.complete) == (False, True)
        assert first.checked + rest.checked == 6

    def test_checkpoints_are_never_cut_in_two(self, monkeypatch):
        for _ in range(4):
            write(3)
            services.reconcile(at=AT)
        monkeypatch.setattr(services._verification, "BATCH", 4)

        report = services.verify(at=AT)
        assert (report.checked, report.checkpoints, report.findings) == (12, 4, [])

    def test_rows_without_a_month_are_a_warning(self):
        services.record(action="test.row.early", at=AT.replace(year=2001), actor=SAM)

        report = services.verify(at=AT)
        assert (report.findings, report.warnings) == (
            [],
            ["1 rows of audit_entry are in no month", "1 rows of audit_payload are in no month"],
        )


class TestWithdrawPayloads:
    def test_a_withdrawn_payload_is_lawful_and_the_entry_still_verifies(self):
        write(3)
        assert (
            services.withdraw_payloads(subject_ids=[ADA.id], actor=SAM, reason="erasure", at=AT.replace(year=2027)) == 3
        )

        report = services.verify(at=AT)
        assert (report.checked, report.payloads_withdrawn, report.findings) == (4, 3, [])

    def test_nothing_personal_of_the_subject_is_left(self):
        write(3)
        services.withdraw_payloads(subject_ids=[ADA.id], actor=SAM, reason="erasure", at=AT.replace(year=2027))

        assert list(Payload.objects.values_list("reason", flat=True)) == ["erasure"]

    def test_others_keep_theirs(self):
        services.record(action="test.row.written", at=AT, actor=SAM, reason="kept")
        write(1)
        services.withdraw_payloads(subject_ids=[ADA.id], actor=SAM, reason="erasure", at=AT.replace(year=2027))

        assert Entry.objects.filter(payload__reason="kept").count() == 1

    def test_what_is_younger_stays(self):
        write(1)

        assert services.withdraw_payloads(subject_ids=[ADA.id], actor=SAM, reason="r", at=AT, until=AT) == 0

    def test_it_leaves_one_entry_that_names_nobody_in_words(self):
        services.withdraw_payloads(subject_ids=[ADA.id], actor=SAM, reason="erasure", ticket="DSR-1", at=AT)

        entry = Entry.objects.select_related("payload").get(action="audit.payload.withdrawn")
        assert entry.payload.detail_values == {"payloads": 0, "subjects": 1}
        assert (entry.target_id, entry.payload.target_label, entry.ticket) == (ADA.id, "", "DSR-1")

    @pytest.mark.parametrize("wrong", [{"subject_ids": []}, {"subject_ids": [""]}, {"reason": " "}])
    def test_without_a_subject_or_a_reason_it_is_refused(self, wrong):
        with pytest.raises(InvalidInput):
            services.withdraw_payloads(**{"subject_ids": ["usr_x"], "actor": SAM, "reason": "r", "at": AT} | wrong)


class TestVerifyAndKeep:
    def test_the_outcome_is_kept(self):
        numbers = write(2)
        as_owner(f"UPDATE audit_payload SET reason = 'x' WHERE seq = {numbers[1]}")

        services.verify_and_keep(at=AT, finished_at=lambda: AT)

        kept = Verification.objects.get()
        assert (kept.first_bad_seq, kept.first_bad_kind, kept.is_clean) == (numbers[1], "payload altered", False)

    def test_a_run_that_stopped_is_gone_on_with(self, monkeypatch):
        monkeypatch.setattr(services._verification, "BATCH", 2)
        for _ in range(2):
            write(2)
            services.reconcile(at=AT)
        services.verify_and_keep(at=AT, finished_at=lambda: AT, stop_after_seconds=0)

        second = services.verify_and_keep(at=AT, finished_at=lambda: AT)
        assert (second.is_complete, second.entries_checked < 4) == (True, True)


class TestCommand:
    def test_a_clean_trail_exits_quietly(self):
        write(2)
        out = StringIO()

        call_command("verify_audit", stdout=out)

        assert "2 entries checked" in out.getvalue()
        assert "everything is as it was written" in out.getvalue()

    def test_a_bad_one_exits_with_1_and_the_first_number(self):
        numbers = write(2)
        as_owner(f"UPDATE audit_entry SET ticket = 'x' WHERE seq = {numbers[1]}")
        out = StringIO()

        with pytest.raises(SystemExit) as ended:
            call_command("verify_audit", "--json", stdout=out)

        said = json.loads(out.getvalue())
        assert ended.value.code == 1
        assert (said["first_bad_seq"], said["first_bad_kind"], said["checked"]) == (numbers[1], "content", 2)

    def test_in_words_it_names_number_and_kind(self):
        numbers = write(2)
        as_owner(f"UPDATE audit_entry SET ticket = 'x' WHERE seq = {numbers[1]}")
        out = StringIO()

        with pytest.raises(SystemExit):
            call_command("verify_audit", "--progress", stdout=out, stderr=StringIO())

        assert f"first bad sequence number {numbers[1]}: content" in out.getvalue()
