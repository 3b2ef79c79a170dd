"""A console for the tests of its base: two admins, two actions, a view, a panel, a card."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from django import forms
from django.conf import settings
from django.contrib import admin
from django.contrib.auth.backends import ModelBackend
from django.db import connection
from django.test import override_settings
from django.urls import clear_url_caches

from accounts.models import User, Workspace
from core import trail
from core.actors import Target
from core.console import (
    Action,
    ActionForm,
    ConsoleAdmin,
    ConsoleView,
    DeedView,
    Effect,
    ListLink,
    NavItem,
    ReferenceField,
    SearchRule,
    ports,
)
from core.console.nav import Nav
from core.console.sites import ConsoleSite
from core.errors import Refusal

PERMISSIONS: dict[str, set[str]] = {}


class DemoBackend(ModelBackend):
    """Permissions by e-mail address, set by each test."""

    def has_perm(self, user_obj: Any, perm: str, obj: Any = None) -> bool:
        return perm in PERMISSIONS.get(user_obj.email, set())


class NameTooLong(Refusal):
    code = "name_too_long"
    http_status = 409
    title = "This name is too long"


class RenameForm(ActionForm):
    name = forms.CharField(max_length=200)


def rename_user(call: Any) -> str:
    """Renames; refuses long names; breaks on one."""
    if call.data["name"] == "explode":
        raise RuntimeError("boom")
    User.objects.filter(pk=call.obj.pk).update(name=call.data["name"])
    if len(call.data["name"]) > 20:
        raise NameTooLong
    trail.record(
        action="demo.user.renamed",
        at=call.at,
        target=Target("demo.user", call.obj.public_id),
        reason=call.reason,
        ticket=call.ticket,
        details={"key": call.idempotency_key},
    )
    return f"Renamed to {call.data['name']}."


def sleep_long(call: Any) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_sleep(10)")


def sleep_a_little() -> dict[str, Any]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_sleep(0.2)")
    return {}


def claims(user: Any) -> dict[str, Any]:
    return {"text": f"two claims of {user.name}"}


rename = Action(
    "rename",
    "Rename",
    "demo.rename",
    rename_user,
    form=RenameForm,
    effect=lambda obj, data, _request: [
        Effect("Name", (obj.name or "none") if obj else "whatever", data.get("name") or "?")
    ],
    submit_label=lambda _obj, data: f"Rename to {data.get('name') or '…'}",
    key="r",
    icon="edit",
    bulk=True,
    order=1,
)
ban = Action(
    "ban",
    "Ban for good",
    "demo.ban",
    rename_user,
    form=RenameForm,
    danger=True,
    typed_name=lambda _obj: "BAN",
    available=lambda obj: True if obj.status == "active" else "Only an active user can be banned.",
    icon="block",
    order=2,
)
slow = Action("slow", "Be slow", "demo.slow", sleep_long, order=3)


class MergeForm(ActionForm):
    other = ReferenceField(model="accounts.user", label="Other user")


merge = Action("merge", "Merge", "demo.merge", lambda call: f"Merged with {call.data['other'].name}.", form=MergeForm)


class DemoUserAdmin(ConsoleAdmin):
    view_permission = "demo.view"
    reveal_permission = "demo.reveal"
    target_kind = "demo.user"
    nav = NavItem(group="Customers", title="Users", icon="person", order=10, key="u")
    list_display = ("name", "public_id", "email", "status", "created_at", "is_staff")
    list_filter = ("status", "is_staff", "created_at")
    search_rules = (SearchRule.public_id(), SearchRule.email(), SearchRule.trigram("name"))
    masked_fields = {"email": "email"}
    key_facts = ("email", "created_at")
    actions_for_object = (rename, ban, slow, merge)
    list_per_page = 10
    list_links = (ListLink("Sweep", "admin:demo_sweep", "demo.sweep", carries_search=True),)
    empty_text = "Users appear here when they sign up."

    def get_title(self, obj: Any) -> str:
        return obj.name or obj.public_id


class DemoWorkspaceAdmin(ConsoleAdmin):
    view_permission = "demo.view_workspace"
    nav = NavItem(group="Customers", title="Workspaces", icon="groups", order=20, key="w")
    list_display = ("name", "personal_owner", "created_at")
    list_select_related = ("personal_owner",)
    list_filter = ("created_at",)
    records_reads = False


class DemoView(ConsoleView):
    permission = "demo.report"
    title = "Report"
    template_name = "console/not_found.html"
    nav = NavItem(group="System", title="Report", icon="summarize", order=10)

    def post(self, request: Any) -> Any:
        return self.render(request)


def sweep_all(call: Any) -> str:
    """Does nothing but record it; refuses without a broom."""
    if call.data["name"] == "no broom":
        raise NameTooLong
    trail.record(action="demo.floor.swept", at=call.at, target=Target("demo.floor", "*"), reason=call.reason)
    return "Swept."


class Sweep(DeedView):
    title = "Sweep the floor"
    permission = "demo.sweep"
    kind = "demo.floor"
    back = "admin:accounts_user_changelist"
    action = Action(
        "sweep",
        "Sweep",
        "demo.sweep",
        sweep_all,
        form=RenameForm,
        effect=lambda _subject, data, _request: [Effect("With", "nothing", data.get("name") or "?")],
    )


site = ConsoleSite(own_nav=Nav("sidebar item"))
site.register(User, DemoUserAdmin)
site.register(Workspace, DemoWorkspaceAdmin)
site.add_view("sweep/", Sweep, name="demo_sweep")
site.add_view("report/", DemoView, name="demo_report")


@contextmanager
def standing_in(patch: pytest.MonkeyPatch, *, record: Callable[..., str] | None = None) -> Iterator[None]:
    """The demo site stands where the product's console stands; nobody has a permission yet.

    ``patch`` is the test's own: what the test patches on top is undone in one order with this.
    """
    names: dict[str, Any] = {
        "ROOT_URLCONF": "tests.core.console.demo_urls",
        "AUTHENTICATION_BACKENDS": [f"{__name__}.DemoBackend"],
        # what accounts does around every request has budgets of its own
        "MIDDLEWARE": [name for name in settings.MIDDLEWARE if not name.startswith(("accounts.", "allauth.", "axes."))],
    }
    PERMISSIONS.clear()
    with override_settings(**names):
        patch.setattr(admin, "site", site)
        patch.setattr(ports, "_gate", None)
        patch.setattr(ports, "_login_view", None)
        patch.setattr(trail, "_recorder", record or (lambda **_entry: "aud_demo"))
        clear_url_caches()
        yield
    clear_url_caches()
    PERMISSIONS.clear()
