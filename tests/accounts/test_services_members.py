"""Workspaces, members, invitations."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest

from accounts import services
from accounts.errors import (
    AlreadyMember,
    InvitationUnusable,
    LastOwner,
    MemberRoleMissing,
    NothingToChange,
    PersonalWorkspace,
    TooMany,
)
from accounts.models import ApiKey, Invitation, Membership, User, Workspace
from accounts.states import InvitationStatus, MemberRole
from core.errors import InvalidInput, InvalidTransition, NotFound
from tests.factories.accounts import (
    A_MORNING,
    SUPPORT,
    ApiKeyFactory,
    UserFactory,
    actor,
    invite,
    join,
    mails,
    personal,
)

pytestmark = pytest.mark.django_db
Entries = Callable[[], list[str]]


def member_of(workspace: Workspace, user: User) -> Membership:
    return Membership.objects.get(workspace=workspace, user=user)


def change(workspace: Workspace, member: User, role: MemberRole, *, by: User) -> Membership:
    return services.change_member_role(
        workspace_id=workspace.pk,
        membership_id=member_of(workspace, member).pk,
        role=role,
        by_id=by.pk,
        actor=actor(by),
        at=A_MORNING,
    )


def remove(workspace: Workspace, member: User, *, by: User) -> None:
    services.remove_member(
        workspace_id=workspace.pk,
        membership_id=member_of(workspace, member).pk,
        by_id=by.pk,
        actor=actor(by),
        at=A_MORNING,
    )


def accept(token: str, user: User, *, at: object = A_MORNING) -> Membership:
    return services.accept_invitation(token=token, user_id=user.pk, actor=actor(user), at=at)  # type: ignore[arg-type]


class TestCreateWorkspace:
    def test_its_maker_owns_it(self, ada: User, entries: Entries) -> None:
        workspace = services.create_workspace(owner_id=ada.pk, name="Mills", actor=actor(ada), at=A_MORNING)
        assert member_of(workspace, ada).role == MemberRole.OWNER
        assert entries() == ["accounts.workspace.created"]

    def test_needs_a_name(self, ada: User) -> None:
        with pytest.raises(InvalidInput):
            services.create_workspace(owner_id=ada.pk, name=" ", actor=actor(ada), at=A_MORNING)

    def test_there_is_a_limit(self, ada: User, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr("accounts.services._members.WORKSPACE_LIMIT", 1)
        with pytest.raises(TooMany):
            services.create_workspace(owner_id=ada.pk, name="Mills", actor=actor(ada), at=A_MORNING)


class TestRenameWorkspace:
    def test_is_for_those_who_manage(self, ada: User, bo: User, ada_team: Workspace, entries: Entries) -> None:
        start = len(entries())
        rename = {"workspace_id": ada_team.pk, "name": "Mills", "at": A_MORNING}
        with pytest.raises(MemberRoleMissing):
            services.rename_workspace(by_id=bo.pk, actor=actor(bo), **rename)
        assert services.rename_workspace(by_id=ada.pk, actor=actor(ada), **rename).name == "Mills"
        assert entries()[start:] == ["accounts.workspace.renamed"]

    def test_refuses_the_same_name(self, ada: User, ada_team: Workspace) -> None:
        with pytest.raises(NothingToChange):
            services.rename_workspace(
                workspace_id=ada_team.pk, by_id=ada.pk, name="Engines", actor=actor(ada), at=A_MORNING
            )

    def test_is_unknown_to_strangers(self, cleo: User, ada_team: Workspace) -> None:
        with pytest.raises(NotFound):
            services.rename_workspace(
                workspace_id=ada_team.pk, by_id=cleo.pk, name="Mine", actor=actor(cleo), at=A_MORNING
            )


class TestChangeMemberRole:
    def test_an_owner_gives_any_role(self, ada: User, bo: User, ada_team: Workspace, entries: Entries) -> None:
        start = len(entries())
        assert change(ada_team, bo, MemberRole.OWNER, by=ada).role == MemberRole.OWNER
        assert entries()[start:] == ["accounts.member.role_changed"]

    def test_an_admin_makes_no_owner(self, ada: User, bo: User, ada_team: Workspace) -> None:
        change(ada_team, bo, MemberRole.ADMIN, by=ada)
        with pytest.raises(MemberRoleMissing):
            change(ada_team, bo, MemberRole.OWNER, by=bo)

    def test_an_admin_touches_no_owner(self, ada: User, bo: User, ada_team: Workspace) -> None:
        change(ada_team, bo, MemberRole.ADMIN, by=ada)
        with pytest.raises(MemberRoleMissing):
            change(ada_team, ada, MemberRole.MEMBER, by=bo)

    def test_the_last_owner_stays_one(self, ada: User, bo: User, ada_team: Workspace) -> None:
        with pytest.raises(LastOwner):
            change(ada_team, ada, MemberRole.MEMBER, by=ada)

    def test_the_same_role_is_refused(self, ada: User, bo: User, ada_team: Workspace) -> None:
        with pytest.raises(NothingToChange):
            change(ada_team, bo, MemberRole.MEMBER, by=ada)

    def test_personal_workspaces_have_no_roles(self, ada: User) -> None:
        with pytest.raises(PersonalWorkspace):
            change(personal(ada), ada, MemberRole.MEMBER, by=ada)

    def test_who_no_longer_manages_loses_their_keys(self, ada: User, bo: User, ada_team: Workspace) -> None:
        change(ada_team, bo, MemberRole.ADMIN, by=ada)
        ApiKeyFactory(by=bo, workspace=ada_team)
        change(ada_team, bo, MemberRole.MEMBER, by=ada)
        assert ApiKey.objects.get().revoked_at == A_MORNING


class TestRemoveMember:
    def test_takes_a_member_out_and_revokes_their_keys(
        self, ada: User, bo: User, ada_team: Workspace, entries: Entries
    ) -> None:
        change(ada_team, bo, MemberRole.ADMIN, by=ada)
        ApiKeyFactory(by=bo, workspace=ada_team)
        start = len(entries())
        remove(ada_team, bo, by=ada)
        assert not Membership.objects.filter(workspace=ada_team, user=bo).exists()
        assert ApiKey.objects.get().revoked_at
        assert entries()[start:] == ["accounts.member.removed"]

    def test_members_do_not_remove_each_other(self, ada: User, bo: User, ada_team: Workspace) -> None:
        with pytest.raises(MemberRoleMissing):
            remove(ada_team, ada, by=bo)

    def test_removing_oneself_is_leaving(self, bo: User, ada_team: Workspace, entries: Entries) -> None:
        start = len(entries())
        remove(ada_team, bo, by=bo)
        assert entries()[start:] == ["accounts.member.left"]

    def test_a_membership_of_another_team_is_unknown(
        self, ada: User, ada_team: Workspace, cleo_team: Workspace
    ) -> None:
        with pytest.raises(NotFound):
            services.remove_member(
                workspace_id=ada_team.pk,
                membership_id=Membership.objects.get(workspace=cleo_team).pk,
                by_id=ada.pk,
                actor=actor(ada),
                at=A_MORNING,
            )


class TestLeaveWorkspace:
    def leave(self, workspace: Workspace, user: User) -> None:
        services.leave_workspace(workspace_id=workspace.pk, user_id=user.pk, actor=actor(user), at=A_MORNING)

    def test_a_member_leaves(self, bo: User, ada_team: Workspace) -> None:
        self.leave(ada_team, bo)
        assert not Membership.objects.filter(workspace=ada_team, user=bo).exists()

    def test_the_last_owner_cannot(self, ada: User, bo: User, ada_team: Workspace) -> None:
        with pytest.raises(LastOwner):
            self.leave(ada_team, ada)

    def test_one_of_two_owners_can(self, ada: User, bo: User, ada_team: Workspace) -> None:
        change(ada_team, bo, MemberRole.OWNER, by=ada)
        self.leave(ada_team, ada)
        with pytest.raises(LastOwner):
            self.leave(ada_team, bo)

    def test_nobody_leaves_their_personal_workspace(self, ada: User) -> None:
        with pytest.raises(PersonalWorkspace):
            self.leave(personal(ada), ada)

    def test_strangers_have_nothing_to_leave(self, cleo: User, ada_team: Workspace) -> None:
        with pytest.raises(NotFound):
            self.leave(ada_team, cleo)


class TestInviteMember:
    def test_writes_a_mail_and_keeps_no_token(self, ada: User, ada_team: Workspace, entries: Entries) -> None:
        start = len(entries())
        invitation, token = invite(ada_team, "dora@example.com", by=ada)
        assert len(token) >= 43
        assert token not in str(Invitation.objects.filter(pk=invitation.pk).values())
        assert entries()[start:] == ["accounts.invitation.sent"]

    def test_a_second_one_stops_the_first(self, ada: User, ada_team: Workspace) -> None:
        dora = UserFactory(email="dora@example.com")
        _first, old = invite(ada_team, dora.email, by=ada)
        _second, new = invite(ada_team, dora.email, by=ada, at=A_MORNING + timedelta(minutes=1))
        with pytest.raises(InvitationUnusable):
            accept(old, dora)
        assert accept(new, dora)

    def test_plain_members_invite_nobody(self, bo: User, ada_team: Workspace) -> None:
        with pytest.raises(MemberRoleMissing):
            invite(ada_team, "dora@example.com", by=bo)

    def test_admins_invite_no_owner(self, ada: User, bo: User, ada_team: Workspace) -> None:
        change(ada_team, bo, MemberRole.ADMIN, by=ada)
        with pytest.raises(MemberRoleMissing):
            invite(ada_team, "dora@example.com", by=bo, role=MemberRole.OWNER)

    def test_members_are_not_invited(self, ada: User, bo: User, ada_team: Workspace) -> None:
        with pytest.raises(AlreadyMember):
            invite(ada_team, "BO@example.com", by=ada)

    def test_nobody_is_invited_into_a_personal_workspace(self, ada: User) -> None:
        with pytest.raises(PersonalWorkspace):
            invite(personal(ada), "dora@example.com", by=ada)

    def test_there_is_a_limit(self, ada: User, ada_team: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr("accounts.services._invitations.PENDING_LIMIT", 1)
        invite(ada_team, "dora@example.com", by=ada)
        with pytest.raises(TooMany):
            invite(ada_team, "emil@example.com", by=ada)


class TestAcceptInvitation:
    def test_makes_a_member_and_leaves_one_entry(
        self, ada: User, cleo: User, ada_team: Workspace, entries: Entries
    ) -> None:
        _invitation, token = invite(ada_team, cleo.email, by=ada, role=MemberRole.ADMIN)
        start = len(entries())
        assert accept(token, cleo).role == MemberRole.ADMIN
        assert entries()[start:] == ["accounts.invitation.accepted"]

    def test_works_once(self, ada: User, cleo: User, ada_team: Workspace) -> None:
        _invitation, token = invite(ada_team, cleo.email, by=ada)
        accept(token, cleo)
        with pytest.raises(InvitationUnusable):
            accept(token, cleo)

    def test_is_for_the_invited_address_alone(self, ada: User, cleo: User, ada_team: Workspace) -> None:
        _invitation, token = invite(ada_team, "dora@example.com", by=ada)
        with pytest.raises(InvitationUnusable):
            accept(token, cleo)

    def test_ends_after_a_week(self, ada: User, cleo: User, ada_team: Workspace) -> None:
        _invitation, token = invite(ada_team, cleo.email, by=ada)
        with pytest.raises(InvitationUnusable):
            accept(token, cleo, at=A_MORNING + timedelta(days=7))

    @pytest.mark.parametrize("fate", ["removed", "demoted", "suspended"])
    def test_ends_with_the_say_of_who_invited(
        self, ada: User, bo: User, cleo: User, ada_team: Workspace, fate: str
    ) -> None:
        change(ada_team, bo, MemberRole.ADMIN, by=ada)
        _invitation, token = invite(ada_team, cleo.email, by=bo)
        if fate == "removed":
            remove(ada_team, bo, by=ada)
        elif fate == "demoted":
            change(ada_team, bo, MemberRole.MEMBER, by=ada)
        else:
            services.suspend_user(user_id=bo.pk, actor=SUPPORT, reason="Seen abuse", at=A_MORNING)
        with pytest.raises(InvitationUnusable):
            services.accept_invitation(token=token, user_id=cleo.pk, actor=actor(cleo), at=A_MORNING)
        assert not Membership.objects.filter(workspace=ada_team, user=cleo).exists()

    def test_makes_no_owner_where_who_invited_is_one_no_more(
        self, ada: User, bo: User, cleo: User, ada_team: Workspace
    ) -> None:
        change(ada_team, bo, MemberRole.OWNER, by=ada)
        _invitation, token = invite(ada_team, cleo.email, by=bo, role=MemberRole.OWNER)
        change(ada_team, bo, MemberRole.ADMIN, by=ada)
        with pytest.raises(InvitationUnusable):
            services.accept_invitation(token=token, user_id=cleo.pk, actor=actor(cleo), at=A_MORNING)

    def test_an_unknown_token_is_refused(self, cleo: User) -> None:
        with pytest.raises(InvitationUnusable):
            accept("nothing", cleo)

    def test_a_member_has_joined_already(self, ada: User, cleo: User, ada_team: Workspace) -> None:
        _invitation, token = invite(ada_team, cleo.email, by=ada)
        Membership.objects.create(workspace=ada_team, user=cleo)
        with pytest.raises(AlreadyMember):
            accept(token, cleo)


class TestRevokeInvitation:
    def test_stops_the_link(self, ada: User, cleo: User, ada_team: Workspace, entries: Entries) -> None:
        invitation, token = invite(ada_team, cleo.email, by=ada)
        start = len(entries())
        services.revoke_invitation(
            workspace_id=ada_team.pk, invitation_id=invitation.pk, by_id=ada.pk, actor=actor(ada), at=A_MORNING
        )
        assert entries()[start:] == ["accounts.invitation.revoked"]
        with pytest.raises(InvitationUnusable):
            accept(token, cleo)

    def test_one_of_another_team_is_unknown(
        self, ada: User, cleo: User, ada_team: Workspace, cleo_team: Workspace
    ) -> None:
        invitation, _token = invite(cleo_team, "dora@example.com", by=cleo)
        with pytest.raises(NotFound):
            services.revoke_invitation(
                workspace_id=ada_team.pk, invitation_id=invitation.pk, by_id=ada.pk, actor=actor(ada), at=A_MORNING
            )

    def test_staff_do_it_with_a_reason(self, ada: User, ada_team: Workspace) -> None:
        invitation, _token = invite(ada_team, "dora@example.com", by=ada)
        with pytest.raises(InvalidInput):
            services.revoke_invitation_as_staff(invitation_id=invitation.pk, actor=SUPPORT, reason="", at=A_MORNING)
        done = services.revoke_invitation_as_staff(
            invitation_id=invitation.pk, actor=SUPPORT, reason="Typing error", at=A_MORNING
        )
        assert done.status == InvitationStatus.REVOKED

    def test_what_was_accepted_stays(self, ada: User, cleo: User, ada_team: Workspace) -> None:
        invitation, token = invite(ada_team, cleo.email, by=ada)
        accept(token, cleo)
        with pytest.raises(InvalidTransition):
            services.revoke_invitation_as_staff(invitation_id=invitation.pk, actor=SUPPORT, reason="x", at=A_MORNING)


def test_an_invitation_mail_goes_to_the_invited_address(ada: User, ada_team: Workspace) -> None:
    invite(ada_team, "dora@example.com", by=ada)
    assert mails("dora@example.com") == ["accounts.invitation"]


def test_joining_by_invitation_is_how_the_cast_is_made(bo: User, ada_team: Workspace, cleo: User) -> None:
    join(ada_team, cleo)
    assert Membership.objects.filter(workspace=ada_team).count() == 3
