"""Who is staff, in which role: two people grant, one takes."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.contrib.auth.models import Group

from accounts import selectors, services
from accounts.errors import AccountDisabled, LastFounder, OwnAccount, RoleUnchanged
from accounts.models import User
from accounts.permissions import Permission
from accounts.roles import StaffRole
from audit import services as audit_services
from audit.errors import ApprovalOutdated
from core.actors import Actor
from core.errors import InvalidInput
from tests.factories.accounts import A_MORNING, actor, give_role

pytestmark = pytest.mark.django_db
Entries = Callable[[], list[str]]


def ask(user: User, role: StaffRole, *, by: User) -> object:
    return services.grant_staff_role(
        user_id=user.pk, role=role, actor=actor(by), reason="She starts on Monday", at=A_MORNING
    )


def consent(approval: object, *, by: User) -> object:
    return audit_services.approve(
        approval_id=approval.public_id,  # type: ignore[attr-defined]
        actor=actor(by),
        reason="Yes",
        at=A_MORNING,
        may=by.has_perm,
    )


def take(user: User, role: StaffRole, *, by: User) -> User:
    return services.revoke_staff_role(user_id=user.pk, role=role, actor=actor(by), reason="She left", at=A_MORNING)


class TestGrantStaffRole:
    def test_waits_for_a_second_person(self, ada: User, olu: User) -> None:
        ask(ada, StaffRole.SUPPORT, by=olu)
        assert not User.objects.get(pk=ada.pk).is_staff

    def test_takes_effect_with_consent(self, ada: User, olu: User, max_: User) -> None:
        consent(ask(ada, StaffRole.SUPPORT, by=olu), by=max_)
        assert User.objects.get(pk=ada.pk).has_perm(Permission.VIEW_USER)

    def test_leaves_one_entry_of_its_own(self, ada: User, olu: User, max_: User, entries: Entries) -> None:
        start = len(entries())
        consent(ask(ada, StaffRole.SUPPORT, by=olu), by=max_)
        assert [e for e in entries()[start:] if e.startswith("accounts.")] == ["accounts.staff_role.granted"]

    def test_nobody_asks_for_themselves(self, olu: User) -> None:
        with pytest.raises(OwnAccount):
            ask(olu, StaffRole.FOUNDER, by=olu)

    def test_nobody_consents_to_their_own(self, lena: User, olu: User) -> None:
        approval = ask(lena, StaffRole.FOUNDER, by=olu)
        with pytest.raises(OwnAccount):
            consent(approval, by=lena)

    def test_a_role_is_held_once(self, sam: User, olu: User) -> None:
        with pytest.raises(RoleUnchanged):
            ask(sam, StaffRole.SUPPORT, by=olu)

    def test_a_disabled_account_gets_none(self, ada: User, olu: User) -> None:
        User.objects.filter(pk=ada.pk).update(status="suspended")
        with pytest.raises(AccountDisabled):
            ask(ada, StaffRole.SUPPORT, by=olu)

    def test_needs_a_reason(self, ada: User, olu: User) -> None:
        with pytest.raises(InvalidInput):
            services.grant_staff_role(user_id=ada.pk, role=StaffRole.SUPPORT, actor=actor(olu), reason="", at=A_MORNING)

    def test_consent_is_void_where_the_person_changed(self, ada: User, olu: User, max_: User) -> None:
        approval = ask(ada, StaffRole.SUPPORT, by=olu)
        User.objects.filter(pk=ada.pk).update(status="suspended")
        with pytest.raises(ApprovalOutdated):
            consent(approval, by=max_)

    def test_the_second_person_is_told_what_the_role_may(self, ada: User) -> None:
        told = services.describe_grant({"user": str(ada.pk), "role": "support"})
        assert "accounts.view_user" in told[1]


class TestAssignStaffRole:
    def test_is_the_systems_alone(self, ada: User, max_: User) -> None:
        with pytest.raises(PermissionError):
            services.assign_staff_role(
                user_id=ada.pk, role=StaffRole.SUPPORT, actor=actor(max_), reason="x", at=A_MORNING
            )


class TestRevokeStaffRole:
    def test_works_on_the_next_request(self, sam: User, max_: User, entries: Entries) -> None:
        start = len(entries())
        take(sam, StaffRole.SUPPORT, by=max_)
        again = User.objects.get(pk=sam.pk)
        assert not again.is_staff
        assert not again.has_perm(Permission.VIEW_USER)
        assert entries()[start:] == ["accounts.staff_role.revoked"]

    def test_one_of_two_roles_leaves_the_other(self, sam: User, max_: User) -> None:
        give_role(sam, StaffRole.FINANCE)
        assert take(sam, StaffRole.SUPPORT, by=max_).is_staff
        assert selectors.list_roles(user_id=sam.pk) == {"finance"}

    def test_nobody_takes_their_own(self, max_: User) -> None:
        with pytest.raises(OwnAccount):
            take(max_, StaffRole.FOUNDER, by=max_)

    def test_the_last_founder_stays(self, max_: User, olu: User) -> None:
        with pytest.raises(LastFounder):
            take(max_, StaffRole.FOUNDER, by=olu)

    def test_one_of_two_founders_can_go(self, max_: User, olu: User, lena: User) -> None:
        give_role(lena, StaffRole.FOUNDER)
        take(max_, StaffRole.FOUNDER, by=olu)
        assert selectors.list_roles(user_id=max_.pk) == set()

    def test_a_role_that_is_not_held_cannot_go(self, sam: User, max_: User) -> None:
        with pytest.raises(RoleUnchanged):
            take(sam, StaffRole.FINANCE, by=max_)


class TestEnsureStaffGroups:
    def test_every_role_has_its_group(self, db: None) -> None:
        services.ensure_staff_groups()
        assert set(StaffRole.values) <= set(Group.objects.values_list("name", flat=True))


def test_the_system_names_itself_in_the_trail(sam: User) -> None:
    assert actor(sam) == Actor(actor(sam).kind, sam.public_id, "Sam")


def test_staff_with_a_permission_can_be_listed(sam: User, max_: User, fay: User) -> None:
    assert list(selectors.list_staff_with(Permission.UNLOCK_LOGIN)) == [max_, sam]


def test_roles_have_names_for_people() -> None:
    assert selectors.find_role_label("support_lead") == "Support lead"
    assert selectors.find_role_label("gone") == "gone"
