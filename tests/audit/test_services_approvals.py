import threading
from dataclasses import replace
from datetime import timedelta

import pytest
from django.db import IntegrityError, connection, transaction

from audit import services
from audit.errors import ApprovalExpired, ApprovalOutdated, NotTheRequester, OwnApproval, UnknownApprovalKind
from audit.events import ApprovalDecided, ApprovalRequested
from audit.models import Approval, Entry
from core import events
from core.errors import InvalidInput, InvalidTransition, NotFound, PermissionMissing, Refusal
from core.registries import approval_kinds
from tests.audit.conftest import ADA, AT, MAX, SAM, anything, nothing

pytestmark = pytest.mark.django_db
LATER = AT + timedelta(hours=1)


def ask(lever, **changes):
    values = {"kind": lever.kind, "actor": SAM, "target": ADA, "payload": {"times": 3}, "reason": "outage", "at": AT}
    return services.request_approval(**values | changes)


def approve(approval, **changes):
    values = {"approval_id": approval.public_id, "actor": MAX, "reason": "agreed", "at": LATER, "may": anything}
    return services.approve(**values | changes)


def deny(approval, **changes):
    values = {"approval_id": approval.public_id, "actor": MAX, "reason": "too much", "at": LATER, "may": anything}
    return services.deny(**values | changes)


def actions():
    return list(Entry.objects.order_by("seq").values_list("action", flat=True))


class TestRequestApproval:
    def test_it_waits_with_its_effects_written_down(self, lever):
        approval = ask(lever, ticket="T-7")

        assert (approval.status, approval.effects, approval.ticket) == ("pending", ["Pulls 3 times"], "T-7")
        assert approval.expires_at == AT + timedelta(days=3)
        assert lever.pulls == []

    def test_it_leaves_one_entry(self, lever):
        ask(lever)

        assert actions() == ["audit.approval.requested"]

    def test_without_a_reason_it_is_refused(self, lever):
        with pytest.raises(InvalidInput):
            ask(lever, reason="  ")

        assert not Approval.objects.exists()

    def test_an_unregistered_kind_is_a_programmer_s_error(self, lever):
        with pytest.raises(KeyError):
            ask(lever, kind="tests.never_registered")

    def test_it_says_so_after_commit(self, lever, django_capture_on_commit_callbacks):
        heard = []
        events.subscribe(ApprovalRequested, heard.append)
        with django_capture_on_commit_callbacks(execute=True):
            approval = ask(lever)

        assert heard == [ApprovalRequested(approval.public_id, lever.kind, "tests.pull_lever", SAM.id)]


class TestApprove:
    def test_it_executes_with_what_was_asked_for(self, lever):
        approval = ask(lever)
        approve(approval)

        assert lever.pulls == [
            {
                "payload": {"times": 3},
                "requester": SAM,
                "approver": MAX,
                "approval_id": approval.public_id,
                "reason": "agreed",
                "at": LATER,
            }
        ]

    def test_it_leaves_the_entry_of_what_was_executed(self, lever):
        approve(ask(lever))

        assert actions() == ["audit.approval.requested", "tests.lever.pulled"]

    def test_it_fails_where_execution_records_nothing(self, lever, monkeypatch):
        approval = ask(lever)
        monkeypatch.setitem(
            approval_kinds._entries, lever.kind, replace(approval_kinds[lever.kind], execute=lambda **_call: "")
        )

        with pytest.raises(RuntimeError):
            approve(approval)

        approval.refresh_from_db()
        assert approval.status == "pending"

    def test_it_remembers_who_decided_and_why(self, lever):
        approval = ask(lever)
        approve(approval)

        approval.refresh_from_db()
        assert (approval.status, approval.approver_id, approval.decision_reason) == ("approved", MAX.id, "agreed")
        assert approval.status_changed_at == LATER

    def test_it_says_so_after_commit(self, lever, django_capture_on_commit_callbacks):
        heard = []
        events.subscribe(ApprovalDecided, heard.append)
        with django_capture_on_commit_callbacks(execute=True):
            approval = approve(ask(lever))

        assert heard == [ApprovalDecided(approval.public_id, lever.kind, "approved", SAM.id, MAX.id)]

    def test_who_asked_cannot_decide(self, lever):
        with pytest.raises(OwnApproval):
            approve(ask(lever), actor=SAM)

        assert lever.pulls == []

    def test_the_table_itself_refuses_one_person_in_both_parts(self, lever):
        approval = ask(lever)

        with pytest.raises(IntegrityError, match="two_people"), transaction.atomic():
            Approval.objects.filter(pk=approval.pk).update(status="approved", approver_id=SAM.id)

    def test_without_the_permission_it_is_refused(self, lever):
        with pytest.raises(PermissionMissing, match=r"tests\.pull_lever"):
            approve(ask(lever), may=nothing)

    def test_too_late_is_refused(self, lever):
        with pytest.raises(ApprovalExpired):
            approve(ask(lever), at=AT + timedelta(days=3))

    def test_a_changed_target_is_refused(self, lever):
        approval = ask(lever)
        lever.state = "down"

        with pytest.raises(ApprovalOutdated):
            approve(approval)

        assert lever.pulls == []

    def test_a_second_time_is_refused(self, lever):
        approval = ask(lever)
        approve(approval)

        with pytest.raises(InvalidTransition):
            approve(approval)

        assert len(lever.pulls) == 1

    @pytest.mark.parametrize("unknown", ["apr_00000000000000000000000000", "usr_x", ""])
    def test_an_unknown_request_is_not_found(self, lever, unknown):
        with pytest.raises(NotFound):
            approve(ask(lever), approval_id=unknown)

    def test_a_kind_that_is_gone_is_refused(self, lever):
        approval = ask(lever)
        Approval.objects.filter(pk=approval.pk).update(kind="tests.uninstalled")

        with pytest.raises(UnknownApprovalKind):
            approve(approval)

    def test_what_execution_refuses_leaves_the_request_waiting(self, lever):
        approval = ask(lever)
        lever.refusal = Refusal()

        with pytest.raises(Refusal):
            approve(approval)

        approval.refresh_from_db()
        assert (approval.status, actions()) == ("pending", ["audit.approval.requested"])


@pytest.mark.django_db(transaction=True)
def test_two_approvers_at_once_give_one_execution(lever):
    approval = ask(lever)
    inside, outcomes = threading.Barrier(2), []

    def run():
        try:
            inside.wait()
            approve(approval)
            outcomes.append("approved")
        except Refusal as refusal:
            outcomes.append(refusal.code)
        finally:
            connection.close()

    threads = [threading.Thread(target=run) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert sorted(outcomes) == ["approved", "invalid_transition"]
    assert len(lever.pulls) == 1
    assert actions().count("tests.lever.pulled") == 1


class TestDeny:
    def test_nothing_is_executed(self, lever):
        approval = deny(ask(lever))

        assert (approval.status, lever.pulls) == ("denied", [])

    def test_it_leaves_one_entry(self, lever):
        deny(ask(lever))

        assert actions() == ["audit.approval.requested", "audit.approval.denied"]

    def test_a_changed_target_is_no_obstacle(self, lever):
        approval = ask(lever)
        lever.state = "down"

        assert deny(approval).status == "denied"

    def test_without_a_reason_it_is_refused(self, lever):
        with pytest.raises(InvalidInput):
            deny(ask(lever), reason="")

    def test_who_asked_withdraws_instead(self, lever):
        with pytest.raises(OwnApproval):
            deny(ask(lever), actor=SAM)


class TestWithdraw:
    def test_who_asked_takes_it_back(self, lever):
        approval = ask(lever)

        services.withdraw(approval_id=approval.public_id, actor=SAM, reason="mistake", at=LATER)

        approval.refresh_from_db()
        assert (approval.status, approval.approver_id) == ("withdrawn", "")
        assert actions() == ["audit.approval.requested", "audit.approval.withdrawn"]

    def test_others_cannot(self, lever):
        approval = ask(lever)

        with pytest.raises(NotTheRequester):
            services.withdraw(approval_id=approval.public_id, actor=MAX, reason="mistake", at=LATER)


class TestExpireDueApprovals:
    def test_what_nobody_decided_in_time_ends(self, lever):
        old, young = ask(lever), ask(lever, expires_in=timedelta(days=9))

        assert services.expire_due_approvals(at=AT + timedelta(days=3)) == 1

        old.refresh_from_db()
        young.refresh_from_db()
        assert (old.status, young.status) == ("expired", "pending")

    def test_each_leaves_one_entry_by_the_system(self, lever):
        ask(lever)
        services.expire_due_approvals(at=AT + timedelta(days=3))

        entry = Entry.objects.get(action="audit.approval.expired")
        assert (entry.actor_kind, entry.target_id) == ("system", ADA.id)
