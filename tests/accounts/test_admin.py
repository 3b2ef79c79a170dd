"""The console's pages of accounts: who sees them, what they cost, what their deeds leave."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from accounts import services
from accounts.devices import account_digest
from accounts.models import ApiKey, Invitation, Membership, Restriction, User, Workspace
from accounts.roles import PERMISSIONS
from accounts.states import Capability, MemberRole
from core import clock as core_clock
from tests.cast import log_in_as
from tests.factories.accounts import SUPPORT, ApiKeyFactory, UserFactory, actor, invite, mails, restrict

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("empty_cache")]
Entries = Callable[[], list[str]]
WHY: dict[str, Any] = {"actor": SUPPORT, "reason": "Seen abuse", "at": core_clock.now()}
LISTS = ["user", "workspace", "invitation", "restriction", "apikey"]


def do(browser: Any, obj: Any, deed: str, **answers: str) -> Any:
    """Fill the form of an action and send it, as a browser does."""
    url = f"/admin/accounts/{obj._meta.model_name}/{obj.public_id}/do/{deed}/"
    page = browser.get(url)
    hidden = dict(re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)"', page.content.decode()))
    return browser.post(url, {**hidden, "reason": "Ticket 7", **answers})


class TestLists:
    @pytest.mark.parametrize("model", LISTS)
    def test_open_for_a_founder(self, max_: User, model: str) -> None:
        assert log_in_as(max_, console=True).get(f"/admin/accounts/{model}/").status_code == 200

    @pytest.mark.parametrize("model", LISTS)
    def test_are_closed_to_customers(self, ada: User, model: str) -> None:
        assert log_in_as(ada, console=True).get(f"/admin/accounts/{model}/").status_code == 302

    def test_keys_are_closed_to_finance(self, fay: User) -> None:
        assert log_in_as(fay, console=True).get("/admin/accounts/apikey/").status_code == 403

    @pytest.mark.parametrize("model", LISTS)
    def test_cost_the_same_at_one_and_at_twenty_rows(
        self, max_: User, ada: User, ada_team: Workspace, model: str
    ) -> None:
        browser = log_in_as(max_, console=True)

        def rows(count: int) -> None:
            for n in range(count):
                user = UserFactory()
                restrict(user, Capability.SPEND)
                ApiKeyFactory(by=user)
                invite(ada_team, f"{model}-{count}-{n}@example.com", by=ada)

        def cost() -> int:
            with CaptureQueriesContext(connection) as captured:
                assert browser.get(f"/admin/accounts/{model}/").status_code == 200
            return len(captured)

        rows(1)
        cost()
        first = cost()
        rows(19)
        assert cost() <= first
        assert first <= 12  # session, user, roles, the page's rows, its count, savepoints and the time limit

    @pytest.mark.parametrize("term", ["ada@example.com", "ADA@EXAMPLE.COM", "lovel"])
    def test_users_are_found_by_address_and_name(self, sam: User, ada: User, term: str) -> None:
        page = log_in_as(sam, console=True).get("/admin/accounts/user/", {"q": term}).content.decode()
        assert ada.public_id in page

    def test_addresses_are_masked(self, sam: User, ada: User) -> None:
        assert b"ada@example.com" not in log_in_as(sam, console=True).get("/admin/accounts/user/").content

    def test_keys_are_found_by_their_beginning(self, sam: User, ada: User) -> None:
        made = ApiKeyFactory(by=ada)
        page = log_in_as(sam, console=True).get("/admin/accounts/apikey/", {"q": made.key.key_prefix}).content.decode()
        assert made.key.public_id in page


class TestPages:
    def test_a_user_page_opens_and_masks_the_address(self, sam: User, ada: User) -> None:
        page = log_in_as(sam, console=True).get(f"/admin/accounts/user/{ada.public_id}/")
        assert page.status_code == 200
        assert b"ada@example.com" not in page.content

    @pytest.mark.parametrize("panel", ["security", "restrictions", "teams"])
    def test_its_panels_load(self, sam: User, ada: User, bo: User, panel: str) -> None:
        restrict(ada, Capability.SPEND)
        ApiKeyFactory(by=ada)
        answer = log_in_as(sam, console=True).get(f"/admin/accounts/user/{ada.public_id}/panel/{panel}/")
        assert answer.status_code == 200

    def test_the_page_costs_no_more_than_twelve_queries(self, sam: User, ada: User) -> None:
        browser = log_in_as(sam, console=True)
        browser.get(f"/admin/accounts/user/{ada.public_id}/")
        with CaptureQueriesContext(connection) as captured:
            browser.get(f"/admin/accounts/user/{ada.public_id}/")
        assert len(captured) <= 12

    def test_other_pages_open(self, max_: User, ada: User, ada_team: Workspace) -> None:
        browser = log_in_as(max_, console=True)
        invitation, _token = invite(ada_team, "dora@example.com", by=ada)
        for obj in (ada_team, invitation, restrict(ada, Capability.SPEND), ApiKeyFactory(by=ada).key):
            assert browser.get(f"/admin/accounts/{obj._meta.model_name}/{obj.public_id}/").status_code == 200

    def test_the_table_of_roles_names_every_permission(self, sam: User) -> None:
        page = log_in_as(sam, console=True).get("/admin/accounts/roles/").content.decode()
        assert [p for p in PERMISSIONS if p not in page] == []


STOPS: dict[str, tuple[Callable[[User, Workspace], object], str]] = {
    "suspended": (lambda user, _team: services.suspend_user(user_id=user.pk, **WHY), "account is disabled"),
    "no login": (lambda user, _team: restrict(user, Capability.LOGIN, at=core_clock.now()), "may not log in"),
    "left": (
        lambda user, team: services.leave_workspace(
            workspace_id=team.pk, user_id=user.pk, actor=actor(user), at=core_clock.now()
        ),
        "Revoked",
    ),
    "gone": (lambda user, _team: Membership.objects.filter(user=user).delete(), "left the workspace"),
}


class TestKeyState:
    @pytest.mark.parametrize(("stop", "words"), STOPS.values(), ids=STOPS)
    def test_is_that_of_a_call_and_says_why(
        self, max_: User, ada: User, bo: User, ada_team: Workspace, stop: Callable[..., object], words: str
    ) -> None:
        Membership.objects.filter(workspace=ada_team, user=bo).update(role=MemberRole.ADMIN)
        made = ApiKeyFactory(by=bo, workspace=ada_team, at=core_clock.now())
        browser, headers = log_in_as(max_, console=True), {"Authorization": f"Bearer {made.secret}"}
        page = f"/admin/accounts/apikey/{made.key.public_id}/"
        assert Client().get("/api/v1/me/", headers=headers).status_code == 200
        assert str(browser.get(page).context_data["key_facts"][1].html).strip().endswith("Live</span>")
        stop(bo, ada_team)
        assert Client().get("/api/v1/me/", headers=headers).status_code == 401
        for url in (page, "/admin/accounts/apikey/", f"/admin/accounts/user/{bo.public_id}/panel/teams/"):
            assert words in browser.get(url).content.decode(), url


class TestSecurityPanel:
    def url(self, user: User) -> str:
        return f"/admin/accounts/user/{user.public_id}/panel/security/"

    @pytest.fixture
    def seen(self, ada: User) -> User:
        """Ada, logged in from one address, with a stranger's failures from another."""
        from allauth.usersessions.models import UserSession

        log_in_as(ada)
        UserSession.objects.filter(user=ada).update(ip="203.0.113.77")
        services.count_login_failure(
            account=account_digest(ada.email), network="198.51.100.88", device="", path="/", at=core_clock.now()
        )
        return ada

    def test_masks_every_address(self, sam: User, seen: User) -> None:
        page = log_in_as(sam, console=True).get(self.url(seen)).content.decode()
        assert "203.0.113.•••" in page
        assert "198.51.100.•••" in page
        assert not {"203.0.113.77", "198.51.100.88"} & set(re.findall(r"[0-9.]+", page))

    def test_reveals_them_and_leaves_an_entry(self, sam: User, seen: User, entries: Entries) -> None:
        browser = log_in_as(sam, console=True)
        start = len(entries())
        page = browser.post(self.url(seen), {"why": "abuse"}).content.decode()
        assert "203.0.113.77" in page
        assert "198.51.100.88" in page
        assert entries()[start:] == ["console.field.revealed"]

    def test_offers_it_to_those_who_may(self, sam: User, olu: User, seen: User) -> None:
        assert b"To look into abuse" in log_in_as(sam, console=True).get(self.url(seen)).content
        engineer = log_in_as(olu, console=True)
        assert b"To look into abuse" not in engineer.get(self.url(seen)).content
        assert engineer.post(self.url(seen)).status_code == 403

    def test_other_panels_take_no_post(self, sam: User, ada: User) -> None:
        url = f"/admin/accounts/user/{ada.public_id}/panel/teams/"
        assert log_in_as(sam, console=True).post(url).status_code == 405


class TestDeeds:
    @pytest.mark.parametrize(
        ("deed", "answers", "entry"),
        [
            ("suspend", {}, "accounts.user.suspended"),
            ("restrict", {"capability": "spend"}, "accounts.restriction.added"),
            ("send-password-reset", {}, "accounts.password.reset_sent"),
            ("unlock-login", {}, "accounts.login.unlocked"),
            ("end-sessions", {}, "accounts.session.ended"),
            ("change-email", {"new_email": "ada@new.example"}, "accounts.email_change.requested"),
            ("edit-name", {"name": "Ada King"}, "accounts.user.edited"),
            ("tag", {"tag": "vip"}, "accounts.user.tagged"),
            ("ban", {"confirmation": "ID"}, "accounts.user.banned"),
            ("close", {"confirmation": "ID"}, "accounts.user.closed"),
        ],
    )
    def test_each_leaves_one_entry(
        self, max_: User, ada: User, entries: Entries, deed: str, answers: dict[str, str], entry: str
    ) -> None:
        browser = log_in_as(max_, console=True)
        start = len(entries())
        filled = {k: ada.public_id if v == "ID" else v for k, v in answers.items()}
        assert do(browser, ada, deed, **filled).status_code == 302
        assert [e for e in entries()[start:] if not e.startswith("console.")] == [entry]

    @pytest.mark.parametrize("deed", ["suspend", "ban", "grant-role", "restrict"])
    def test_a_missing_permission_refuses_the_direct_post(
        self, sam: User, ada: User, entries: Entries, deed: str
    ) -> None:
        browser = log_in_as(sam, console=True)
        start = len(entries())
        url = f"/admin/accounts/user/{ada.public_id}/do/{deed}/"
        assert browser.post(url, {"reason": "x", "capability": "spend", "role": "support"}).status_code == 403
        refused = [e for e in entries()[start:] if not e.startswith("console.")]
        assert len(refused) == 1
        assert refused[0].endswith("!")

    def test_a_password_is_never_chosen_by_staff(self, max_: User, ada: User) -> None:
        browser = log_in_as(max_, console=True)
        assert browser.get(f"/admin/accounts/user/{ada.public_id}/password/").status_code == 404
        do(browser, ada, "send-password-reset")
        assert mails(ada.email) == ["accounts.password_reset"]

    def test_a_suspension_is_taken_back(self, max_: User, ada: User) -> None:
        browser = log_in_as(max_, console=True)
        do(browser, ada, "suspend")
        do(browser, ada, "reinstate")
        assert User.objects.get(pk=ada.pk).is_active

    def test_a_role_is_asked_for_and_not_yet_given(self, max_: User, ada: User) -> None:
        do(log_in_as(max_, console=True), ada, "grant-role", role="support")
        assert not User.objects.get(pk=ada.pk).is_staff

    def test_a_restriction_is_lifted(self, max_: User, ada: User) -> None:
        do(log_in_as(max_, console=True), restrict(ada, Capability.SPEND), "lift")
        assert Restriction.objects.get().lifted_by == max_.public_id

    def test_a_key_is_revoked(self, max_: User, ada: User) -> None:
        browser, key = log_in_as(max_, console=True), ApiKeyFactory(by=ada).key
        assert do(browser, key, "revoke").status_code == 422
        assert do(browser, key, "revoke", confirmation="bk_live_wrong").status_code == 422
        assert not ApiKey.objects.get().revoked_at
        do(browser, key, "revoke", confirmation=key.key_prefix)
        assert ApiKey.objects.get().revoked_at

    def test_an_invitation_is_revoked(self, max_: User, ada: User, ada_team: Workspace) -> None:
        invitation, _token = invite(ada_team, "dora@example.com", by=ada)
        do(log_in_as(max_, console=True), invitation, "revoke")
        assert Invitation.objects.get().status == "revoked"

    def test_a_workspace_is_restricted_until_a_day(self, max_: User, ada_team: Workspace) -> None:
        end = (core_clock.now() + timedelta(days=2)).strftime("%Y-%m-%dT%H:%M")
        do(log_in_as(max_, console=True), ada_team, "restrict", capability="generate", ends_at=end)
        assert Restriction.objects.get().workspace == ada_team

    def test_tags_go_again(self, max_: User, ada: User) -> None:
        services.tag_user(user_id=ada.pk, tag="vip", actor=actor(max_), at=core_clock.now())
        do(log_in_as(max_, console=True), User.objects.get(pk=ada.pk), "untag", tag="vip")
        assert User.objects.get(pk=ada.pk).tags == []
