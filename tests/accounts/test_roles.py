"""The permission table, and that it alone decides."""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Callable
from enum import StrEnum
from typing import Any

import pytest
from django.apps import apps
from django.contrib.auth.models import Group, Permission

from accounts import roles
from accounts.models import User
from accounts.roles import PERMISSIONS, StaffRole
from tests.architecture.source import APPS
from tests.factories.accounts import give_role

OURS = [config for config in apps.get_app_configs() if config.name in APPS and config.name != "core"]


def declared() -> set[str]:
    """Every permission an app of ours says it has."""
    found: set[str] = set()
    for config in OURS:
        modules = {module.name for module in pkgutil.iter_modules([config.path])}
        if "permissions" in modules:
            listed: type[StrEnum] = importlib.import_module(f"{config.name}.permissions").Permission
            found |= {str(permission) for permission in listed}
    return found


class TestTable:
    def test_names_exactly_what_the_apps_declare(self) -> None:
        assert set(PERMISSIONS) == declared()

    def test_every_permission_is_held_by_somebody(self) -> None:
        assert [p for p, allowed in PERMISSIONS.items() if not allowed] == []

    def test_only_known_roles_hold_anything(self) -> None:
        assert set().union(*PERMISSIONS.values()) <= set(StaffRole.values)

    def test_granting_and_consenting_to_roles_is_no_one_persons_job_but_a_founders(self) -> None:
        both = roles.roles_with("accounts.grant_staff_role") & roles.roles_with("accounts.approve_staff_role")
        assert both == {"founder"}  # and the audit's approvals keep requester and approver apart

    def test_an_unknown_permission_is_nobodys(self) -> None:
        assert roles.roles_with("accounts.rule_the_world") == frozenset()


@pytest.mark.django_db
class TestHasPerm:
    def test_follows_the_table(self, sam: User) -> None:
        held = {p for p in PERMISSIONS if sam.has_perm(p)}
        assert held == roles.permissions_of({"support"}) == sam.get_all_permissions()

    def test_two_roles_add_up(self, sam: User) -> None:
        give_role(sam, StaffRole.FINANCE)
        again = User.objects.get(pk=sam.pk)
        assert again.get_all_permissions() == roles.permissions_of({"support", "finance"})

    def test_the_superuser_flag_is_nothing(self, ada: User) -> None:
        User.objects.filter(pk=ada.pk).update(is_superuser=True, is_staff=True)
        again = User.objects.get(pk=ada.pk)
        assert not again.has_perm("accounts.view_user")
        assert not again.has_module_perms("accounts")

    def test_rows_of_djangos_permissions_are_nothing(self, sam: User) -> None:
        sam.user_permissions.add(Permission.objects.get(codename="delete_user"))
        Group.objects.get(name="support").permissions.add(Permission.objects.get(codename="delete_user"))
        assert not User.objects.get(pk=sam.pk).has_perm("accounts.delete_user")

    def test_a_disabled_colleague_has_nothing(self, sam: User) -> None:
        User.objects.filter(pk=sam.pk).update(status="suspended")
        assert not User.objects.get(pk=sam.pk).has_perm("accounts.view_user")

    def test_costs_one_query_a_request(self, sam: User, count_queries: Callable[..., Any]) -> None:
        again = User.objects.get(pk=sam.pk)
        with count_queries(1):  # the roles, once for each user object
            assert [again.has_perm(p) for p in PERMISSIONS]

    def test_module_permissions_follow_the_table(self, sam: User, ada: User) -> None:
        assert sam.has_module_perms("accounts")
        assert not ada.has_module_perms("accounts")
