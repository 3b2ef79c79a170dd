"""Two people at the same door at once: members, invitations and keys over several real connections.

Each command dawdles between its change and its commit, so that both are under way together: whoever did
not lock what it read would act on what the other is about to change.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from datetime import timedelta
from functools import partial
from typing import Any

import pytest
from django.db import connection

from accounts import invariants, services
from accounts.errors import InvitationUnusable, KeyAlreadyRotating, LastFactor, LastOwner, MemberRoleMissing
from accounts.models import ApiKey, Membership, User, Workspace
from accounts.states import MemberRole
from audit import services as audit_services
from audit.models import Entry
from core.errors import NotFound, Refusal
from tests.factories.accounts import (
    A_MORNING,
    ApiKeyFactory,
    UserFactory,
    WorkspaceFactory,
    actor,
    invite,
    join,
    personal,
)

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.faults]
DAWDLE_SECONDS = 0.15


@pytest.fixture(autouse=True)
def dawdling(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every command takes its time after its change."""
    record = audit_services.record

    def slowly(**entry: Any) -> Any:
        if threading.current_thread() is not threading.main_thread():
            time.sleep(DAWDLE_SECONDS)
        return record(**entry)

    monkeypatch.setattr(audit_services, "record", slowly)


def at_once(*deeds: Callable[[], Any]) -> list[Any]:
    """What each deed returned or refused, when all of them began together on connections of their own."""
    start, ends = threading.Barrier(len(deeds)), [None] * len(deeds)

    def run(place: int, deed: Callable[[], Any]) -> None:
        try:
            start.wait(timeout=5)
            ends[place] = deed()
        except Refusal as refusal:
            ends[place] = refusal  # type: ignore[call-overload]
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=pair) for pair in enumerate(deeds)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=10)
    return ends


def refusals(ends: list[Any]) -> list[type]:
    return [type(end) for end in ends if isinstance(end, Refusal)]


def entries(action: str) -> int:
    return Entry.objects.filter(action=action).count()


@pytest.fixture
def two_owners() -> tuple[Workspace, Membership, Membership]:
    """A team and its two owners."""
    team = WorkspaceFactory()
    join(team, UserFactory(), role=MemberRole.OWNER)
    first, second = Membership.objects.select_related("user").filter(workspace=team).order_by("pk")
    return team, first, second


class TestLastOwner:
    def test_two_owners_who_remove_each_other_leave_one(self, two_owners: Any) -> None:
        team, first, second = two_owners
        ends = at_once(*(self.removal(team, whom, by.user) for whom, by in ((first, second), (second, first))))
        assert refusals(ends) in ([MemberRoleMissing], [NotFound])  # who is gone removes nobody
        assert Membership.objects.filter(workspace=team, role=MemberRole.OWNER).count() == 1
        assert entries("accounts.member.removed") == 1

    def test_two_owners_who_leave_at_once_leave_one(self, two_owners: Any) -> None:
        team, first, second = two_owners
        ends = at_once(
            *(
                partial(
                    services.leave_workspace,
                    workspace_id=team.pk,
                    user_id=one.user.pk,
                    actor=actor(one.user),
                    at=A_MORNING,
                )
                for one in (first, second)
            )
        )
        assert refusals(ends) == [LastOwner]
        assert Membership.objects.filter(workspace=team).count() == 1

    def test_two_owners_who_demote_each_other_leave_one(self, two_owners: Any) -> None:
        team, first, second = two_owners
        ends = at_once(*(self.demotion(team, whom, by.user) for whom, by in ((first, second), (second, first))))
        assert refusals(ends) == [MemberRoleMissing]
        assert Membership.objects.filter(workspace=team, role=MemberRole.OWNER).count() == 1

    def removal(self, team: Workspace, whom: Membership, by: User) -> Callable[[], Any]:
        return partial(
            services.remove_member,
            workspace_id=team.pk,
            membership_id=whom.pk,
            by_id=by.pk,
            actor=actor(by),
            at=A_MORNING,
        )

    def demotion(self, team: Workspace, whom: Membership, by: User) -> Callable[[], Any]:
        return partial(
            services.change_member_role,
            workspace_id=team.pk,
            membership_id=whom.pk,
            role=MemberRole.MEMBER,
            by_id=by.pk,
            actor=actor(by),
            at=A_MORNING,
        )


class TestOneRole:
    def test_two_changes_at_once_are_one_after_the_other(self) -> None:
        team = WorkspaceFactory()
        owner = Membership.objects.select_related("user").get(workspace=team).user
        member = join(team, UserFactory())

        def become(role: MemberRole) -> Callable[[], Any]:
            return partial(
                services.change_member_role,
                workspace_id=team.pk,
                membership_id=member.pk,
                role=role,
                by_id=owner.pk,
                actor=actor(owner),
                at=A_MORNING,
            )

        assert refusals(at_once(become(MemberRole.ADMIN), become(MemberRole.OWNER))) == []
        found = Entry.objects.filter(action="accounts.member.role_changed").select_related("payload").order_by("seq")
        steps = [entry.payload.change_pairs["role"] for entry in found]
        member.refresh_from_db()
        assert [old for old, _new in steps] == ["member", steps[0][1]]  # the second began where the first ended
        assert steps[1][1] == member.role


class TestInvitation:
    def test_accepted_twice_at_once_makes_one_member(self) -> None:
        team = WorkspaceFactory()
        owner = Membership.objects.select_related("user").get(workspace=team).user
        dora = UserFactory()
        _invitation, token = invite(team, dora.email, by=owner)
        accept = partial(services.accept_invitation, token=token, user_id=dora.pk, actor=actor(dora), at=A_MORNING)
        assert refusals(at_once(accept, accept)) == [InvitationUnusable]
        assert Membership.objects.filter(workspace=team, user=dora).count() == 1
        assert entries("accounts.invitation.accepted") == 1


class TestApiKey:
    def test_rotated_twice_at_once_has_one_successor(self) -> None:
        made = ApiKeyFactory()
        maker = made.key.created_by
        rotate = partial(
            services.rotate_api_key,
            workspace_id=personal(maker).pk,
            key_id=made.key.pk,
            by_id=maker.pk,
            actor=actor(maker),
            at=A_MORNING,
            overlap=timedelta(hours=1),
        )
        assert refusals(at_once(rotate, rotate)) == [KeyAlreadyRotating]
        assert ApiKey.objects.count() == 2
        assert entries("accounts.api_key.rotated") == 1


class TestSecondFactor:
    def test_the_last_two_removed_at_once_leave_one(self) -> None:
        from allauth.mfa.models import Authenticator as StoredFactor

        from tests.factories.passkeys import give_passkey

        user = UserFactory()
        give_passkey(user)
        give_passkey(user)
        removals = [
            partial(services.remove_factor, user_id=user.pk, factor_id=factor.pk, at=A_MORNING)
            for factor in StoredFactor.objects.filter(user=user)
        ]
        assert refusals(at_once(*removals)) == [LastFactor]
        assert StoredFactor.objects.filter(user=user).count() == 1


class TestAfterAll:
    def test_no_workspace_is_without_an_owner(self, two_owners: Any) -> None:
        team, first, second = two_owners
        at_once(
            partial(
                services.leave_workspace,
                workspace_id=team.pk,
                user_id=first.user.pk,
                actor=actor(first.user),
                at=A_MORNING,
            ),
            partial(services.close_user, user_id=second.user.pk, actor=actor(second.user), reason="I go", at=A_MORNING),
        )
        assert [v for check in invariants.ALL.values() for v in check()] == []
