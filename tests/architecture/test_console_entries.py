"""Every mutating page of the console leaves exactly one entry in the trail, whether it is allowed or not."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.urls import reverse

from accounts.models import User
from accounts.roles import PERMISSIONS, StaffRole
from audit.models import Approval, Entry
from core.console import Action, console_site
from core.console.action_views import CONFIRMATION
from core.console.cells import public_id_of
from core.console.panels import panels
from core.console.running import action_key
from core.registries import ApprovalKind, approval_kinds
from tests import console_samples
from tests.architecture.console_pages import view_url
from tests.cast import log_in_as
from tests.console_samples import ActionSample
from tests.factories.accounts import UserFactory

pytestmark = pytest.mark.slow

ACTIONS = [
    (console_admin, action)
    for console_admin in console_site._registry.values()
    for action in console_admin.all_actions()
]
MASKED = [(admin, field) for admin in console_site._registry.values() for field in admin.masked_fields]


def name_of(pair: Any) -> str:
    console_admin, thing = pair
    return f"{console_admin.target_kind}/{thing.name if isinstance(thing, Action) else thing}"


def entries_since(seq: int) -> list[tuple[str, str]]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT action, outcome FROM audit_entry WHERE seq > %s ORDER BY seq", [seq])
        return cursor.fetchall()


def last_seq() -> int:
    with connection.cursor() as cursor:
        cursor.execute("SELECT coalesce(max(seq), 0) FROM audit_entry")
        return cursor.fetchone()[0]


def staff_with(permissions: set[str], *, has: bool) -> Client:
    """Somebody signed in whose role holds all of ``permissions``, or lacks one of them but can see the page."""
    for role in StaffRole:
        if all(role.value in PERMISSIONS[permission] for permission in permissions) == has:
            return log_in_as(UserFactory(role=role, name=str(role.label)), console=True)
    pytest.skip(f"{'no' if has else 'every'} role has all of {permissions}")


def sample_of(console_admin: Any, action: Action) -> tuple[Any, ActionSample]:
    key = action_key(console_admin.target_kind, action)
    assert key in console_samples.ACTIONS, f"tests/console_samples.py has no input for {key}"
    sample = console_samples.ACTIONS[key]
    make = sample.make or console_samples.OBJECTS[console_admin.model._meta.label]
    return make(), sample


@pytest.mark.parametrize("pair", ACTIONS, ids=name_of)
class TestEveryAction:
    def test_leaves_one_entry_when_it_is_done(self, pair: Any, db: None) -> None:
        console_admin, action = pair
        obj, sample = sample_of(console_admin, action)
        client = staff_with({action.permission, console_admin.view_permission}, has=True)
        if sample.adopt:
            sample.adopt(obj, User.objects.get(pk=client.session["_auth_user_id"]))
        data = {"reason": "For the test", **sample.data}
        if action.typed_name:
            data[CONFIRMATION] = action.typed_name(obj)
        before = last_seq()
        answer = client.post(reverse(console_admin.url_name("action"), args=[public_id_of(obj), action.name]), data)
        assert answer.status_code == 302, answer.text
        assert [outcome for _action, outcome in entries_since(before)] == ["done"], entries_since(before)

    def test_leaves_one_refused_entry_without_the_permission(self, pair: Any, db: None) -> None:
        console_admin, action = pair
        obj, _sample = sample_of(console_admin, action)
        client = staff_with({action.permission}, has=False)
        before = last_seq()
        answer = client.post(reverse(console_admin.url_name("action"), args=[public_id_of(obj), action.name]))
        assert answer.status_code == 403
        assert [outcome for _action, outcome in entries_since(before)] == ["refused"]


@pytest.mark.parametrize("pair", MASKED, ids=name_of)
class TestEveryReveal:
    def test_leaves_one_entry(self, pair: Any, db: None) -> None:
        console_admin, field = pair
        obj = console_samples.OBJECTS[console_admin.model._meta.label]()
        client = staff_with({console_admin.reveal_permission, console_admin.view_permission}, has=True)
        before = last_seq()
        client.post(reverse(console_admin.url_name("reveal"), args=[public_id_of(obj), field]), {"why": "contact"})
        assert entries_since(before) == [("console.field.revealed", "done")]


VEILED = [
    (admin, panel)
    for admin in console_site._registry.values()
    for panel in panels.of(admin.target_kind)
    if panel.load_revealed
]


@pytest.mark.parametrize(("console_admin", "panel"), VEILED, ids=lambda thing: getattr(thing, "name", ""))
class TestEveryPanelThatReveals:
    def url_of(self, console_admin: Any, panel: Any) -> str:
        obj = console_samples.OBJECTS[console_admin.model._meta.label]()
        return reverse(console_admin.url_name("panel"), args=[public_id_of(obj), panel.name])

    def test_leaves_one_entry(self, console_admin: Any, panel: Any, db: None) -> None:
        client = staff_with({panel.reveal_permission, panel.permission, console_admin.view_permission}, has=True)
        url = self.url_of(console_admin, panel)
        before = last_seq()
        assert client.post(url, {"why": "contact"}).status_code == 200
        assert entries_since(before) == [("console.field.revealed", "done")]

    def test_leaves_one_refused_entry_without_the_permission(self, console_admin: Any, panel: Any, db: None) -> None:
        client = staff_with({panel.reveal_permission}, has=False)
        url = self.url_of(console_admin, panel)
        before = last_seq()
        assert client.post(url).status_code == 403
        assert entries_since(before) == [("console.field.revealed", "refused")]


VIEWS = [(view, name) for _route, view, name in console_site.views if hasattr(view, "post")]


@pytest.mark.parametrize(("view", "name"), VIEWS, ids=[name for _view, name in VIEWS])
class TestEveryViewThatWrites:
    def test_leaves_one_entry_when_it_is_done(self, view: Any, name: str, db: None) -> None:
        sample = console_samples.VIEWS.get(name)
        assert sample is not None, f"tests/console_samples.py has no input for {name}"
        assert sample.data is not None, f"tests/console_samples.py has no input for {name}"
        if sample.make:
            sample.make()
        client = staff_with({view.permission}, has=True)
        own = sample.adopt(User.objects.get(pk=client.session["_auth_user_id"])) if sample.adopt else {}
        before = last_seq()
        answer = client.post(view_url(name), {"reason": "For the test", **sample.data, **own})
        assert answer.status_code == 302, answer.text
        assert [outcome for _action, outcome in entries_since(before)] == ["done"], entries_since(before)

    def test_leaves_one_refused_entry_without_the_permission(self, view: Any, name: str, db: None) -> None:
        client = staff_with({view.permission}, has=False)
        before = last_seq()
        assert client.post(view_url(name)).status_code == 403
        assert [outcome for _action, outcome in entries_since(before)] == ["refused"]


KINDS = [kind for kind in approval_kinds if not kind.name.startswith("tests.")]


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.name)
class TestEveryKindOfApproval:
    @pytest.fixture
    def request_of(self, kind: ApprovalKind, db: None) -> Approval:
        assert kind.name in console_samples.REQUESTS, f"tests/console_samples.py has no request of {kind.name}"
        return console_samples.REQUESTS[kind.name]()

    @pytest.fixture
    def client(self, kind: ApprovalKind, request_of: Approval) -> Client:
        """Somebody who may allow it and read the trail."""
        return staff_with({kind.permission, "audit.view_entry"}, has=True)

    def test_leaves_the_one_entry_of_who_allowed_it(self, request_of: Approval, client: Client) -> None:
        before = last_seq()
        approve(client, request_of)

        (entry,) = Entry.objects.filter(seq__gt=before)
        assert not entry.action.startswith("audit.approval.")
        assert (entry.outcome, entry.actor_id, entry.payload.reason) == ("done", viewer_of(client), "Looked at it")
        details = entry.payload.detail_values
        assert (details["approval"], details["requested_by"]) == (request_of.public_id, request_of.requester_id)

    def test_names_both_people_on_its_page_and_its_entrys(self, request_of: Approval, client: Client) -> None:
        entry = approve(client, request_of)

        assert (
            entry.public_id
            in client.get(reverse("admin:audit_approval_panel", args=[request_of.public_id, "trail"])).text
        )
        for page in (
            reverse("admin:audit_entry_change", args=[entry.public_id]),
            reverse("admin:audit_approval_change", args=[request_of.public_id]),
        ):
            text = client.get(page).text
            assert viewer_of(client) in text
            assert request_of.requester_id in text

    def test_is_found_by_either_persons_acts(self, request_of: Approval, client: Client) -> None:
        entry = approve(client, request_of)

        found = {}
        for person in (request_of.requester_id, viewer_of(client)):
            answer = client.get(reverse("admin:audit_entry_changelist"), {"q": f"actor:{person}"})
            found[person] = {row.id for row in answer.context_data["listing"].rows}
        asked = Entry.objects.get(action="audit.approval.requested")
        assert asked.public_id in found[request_of.requester_id]
        assert entry.public_id in found[viewer_of(client)]


def viewer_of(client: Client) -> str:
    return User.objects.get(pk=client.session["_auth_user_id"]).public_id


def approve(client: Client, approval: Approval) -> Entry:
    url = reverse("admin:audit_approval_action", args=[approval.public_id, "approve"])
    assert client.post(url, {"reason": "Looked at it"}).status_code == 302
    return Entry.objects.latest("seq")
