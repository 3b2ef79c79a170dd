"""What gains somebody something and was not done by the application is named; what the application does is not."""

from __future__ import annotations

import pytest
from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator as StoredFactor
from django.contrib.auth.models import Group
from django.db import connection, transaction
from django.test import override_settings

from accounts import services
from accounts.models import User, Workspace
from accounts.roles import StaffRole
from accounts.states import Capability, MemberRole
from audit import services as audit_services
from audit.models import Entry, Stray
from core import clock as core_clock
from core.ids import new_id
from tests.accounts.conftest import App
from tests.factories.accounts import (
    PASSWORD,
    SUPPORT,
    ApiKeyFactory,
    Authenticator,
    UserFactory,
    WorkspaceFactory,
    actor,
    code_for,
    give_role,
    invite,
    join,
    key_in_mail,
    personal,
    restrict,
)

committing = pytest.mark.django_db(transaction=True)
pytestmark = pytest.mark.usefixtures("empty_cache")


def strays() -> list[tuple[str, str]]:
    audit_services.reconcile(at=core_clock.now())
    return list(Stray.objects.order_by("id").values_list("table_name", "operation"))


def logged_by(statement: str) -> set[tuple[str, str]]:
    """What the log of changes says of somebody's statement. Each line without an entry becomes a stray."""
    outsider = Outsider()
    with connection.cursor() as cursor:
        cursor.execute("SELECT coalesce(max(id), 0) FROM audit_change")
        (before,) = cursor.fetchone()
        outsider.run(statement)
        cursor.execute("SELECT table_name, operation FROM audit_change WHERE id > %s", [before])
        return set(cursor.fetchall())


class Outsider:
    """Somebody with psql and the rights of the application."""

    def __init__(self) -> None:
        self.user: User = UserFactory(at=core_clock.now())
        self.victim: User = UserFactory(at=core_clock.now())
        self.team: Workspace = WorkspaceFactory(owner=self.victim, at=core_clock.now())
        self.key = ApiKeyFactory(by=self.victim, at=core_clock.now()).key
        self.staff: User = give_role(UserFactory(), StaffRole.SUPPORT)
        restrict(self.user, Capability.SPEND, at=core_clock.now())
        invite(self.team, "someone@example.com", by=self.victim, at=core_clock.now())
        services.request_email_change(
            user_id=self.victim.pk, new_email="new@example.com", actor=actor(self.victim), at=core_clock.now()
        )
        with transaction.atomic():
            Authenticator(self.victim)
            services.edit_user(user_id=self.victim.pk, name="Somebody", actor=actor(self.victim), at=core_clock.now())

    def run(self, statement: str) -> None:
        founders, _ = Group.objects.get_or_create(name=StaffRole.FOUNDER)
        names = {
            "user": self.user.pk,
            "victim": self.victim.pk,
            "team": self.team.pk,
            "key": self.key.pk,
            "staff": self.staff.pk,
            "founders": founders.pk,
            "id": new_id(),
        }
        with connection.cursor() as cursor:
            cursor.execute(statement, names)


MEMBER = "INSERT INTO accounts_membership (id, workspace_id, user_id, role, created_at) VALUES "
ADDRESS = 'INSERT INTO account_emailaddress (user_id, email, verified, "primary") VALUES '
THEFTS = {
    "own a team": (MEMBER + "(%(id)s, %(team)s, %(user)s, 'owner', now())", "accounts_membership", "insert"),
    "rise in a team": ("UPDATE accounts_membership SET role = 'admin'", "accounts_membership", "update"),
    "throw out": ("DELETE FROM accounts_membership WHERE user_id = %(victim)s", "accounts_membership", "delete"),
    "take a workspace": (
        "UPDATE accounts_workspace SET personal_owner_id = NULL WHERE personal_owner_id = %(victim)s",
        "accounts_workspace",
        "update",
    ),
    "join the staff": ("UPDATE accounts_user SET is_staff = true WHERE id = %(user)s", "accounts_user", "update"),
    "make staff": (
        "INSERT INTO accounts_user (id, email, password, name, status, status_changed_at, is_staff, is_superuser,"
        " locale, time_zone, tags, created_at)"
        " VALUES (%(id)s, 'x@example.com', '!', '', 'active', now(), true, false, 'en-us', 'UTC', '{}', now())",
        "accounts_user",
        "insert",
    ),
    "choose a password": ("UPDATE accounts_user SET password = 'x' WHERE id = %(victim)s", "accounts_user", "update"),
    "take a role": (
        "INSERT INTO accounts_user_groups (user_id, group_id) VALUES (%(user)s, %(founders)s)",
        "accounts_user_groups",
        "insert",
    ),
    "widen a role": (
        "UPDATE auth_group SET name = 'nothing' WHERE id = %(founders)s",
        "auth_group",
        "update",
    ),
    "make a key": (
        "INSERT INTO accounts_apikey SELECT (jsonb_populate_record(k, jsonb_build_object('id', %(id)s::text,"
        " 'secret_digest', 'mine'))).* FROM accounts_apikey k LIMIT 1",
        "accounts_apikey",
        "insert",
    ),
    "widen a key": ("UPDATE accounts_apikey SET scopes = '{a,b}'", "accounts_apikey", "update"),
    "move a key": ("UPDATE accounts_apikey SET workspace_id = %(team)s", "accounts_apikey", "update"),
    "lift a restriction": ("UPDATE accounts_restriction SET lifted_at = now()", "accounts_restriction", "update"),
    "drop a restriction": ("DELETE FROM accounts_restriction", "accounts_restriction", "delete"),
    "invite oneself": (
        "INSERT INTO accounts_invitation SELECT (jsonb_populate_record(i, jsonb_build_object('id', %(id)s::text,"
        " 'token_digest', 'mine', 'email', 'x@example.com', 'role', 'owner'))).* FROM accounts_invitation i",
        "accounts_invitation",
        "insert",
    ),
    "move an address": (
        "UPDATE accounts_emailchange SET status = 'confirmed'",
        "accounts_emailchange",
        "update",
    ),
    "begin a change of address": (
        "INSERT INTO accounts_emailchange SELECT (jsonb_populate_record(c, jsonb_build_object('id', %(id)s::text,"
        " 'confirm_digest', 'mine', 'cancel_digest', 'mine', 'user_id', %(user)s::text))).*"
        " FROM accounts_emailchange c",
        "accounts_emailchange",
        "insert",
    ),
    "add an address": (ADDRESS + "(%(victim)s, 'x@example.com', false, false)", "account_emailaddress", "insert"),
    "prove an address": (
        "UPDATE account_emailaddress SET verified = NOT verified",
        "account_emailaddress",
        "update",
    ),
    "add a factor": (
        "INSERT INTO mfa_authenticator (user_id, type, data, created_at) VALUES (%(user)s, 'totp', '{}', now())",
        "mfa_authenticator",
        "insert",
    ),
    "replace a factor": (
        """UPDATE mfa_authenticator SET data = '{"secret": "mine"}'""",
        "mfa_authenticator",
        "update",
    ),
    "remove a factor": ("DELETE FROM mfa_authenticator", "mfa_authenticator", "delete"),
}


@pytest.mark.parametrize(("statement", "table", "operation"), THEFTS.values(), ids=THEFTS)
def test_a_gain_past_the_application_is_logged(db: None, statement: str, table: str, operation: str) -> None:
    assert logged_by(statement) == {(table, operation)}


USES = {
    "last login": "UPDATE accounts_user SET last_login = now(), name = 'x'",
    "last use of a key": "UPDATE accounts_apikey SET last_used_at = now(), name = 'x'",
    "use of a code": "UPDATE mfa_authenticator SET data = data || '{\"used_mask\": 1}', last_used_at = now()",
}


@pytest.mark.parametrize("statement", USES.values(), ids=USES)
def test_marks_of_use_are_not(db: None, statement: str) -> None:
    assert logged_by(statement) == set()


@committing
class TestOverTheLoginEndpoints:
    """Each writes its rows and its entry in one transaction."""

    def test_signing_up_proving_and_resetting(self) -> None:
        app, email = App(), "grace@example.com"
        assert app.post("/auth/signup", {"email": email, "password": PASSWORD}).status_code == 401
        key = key_in_mail("accounts.verify_email", email)
        app.post("/auth/email/verify", {"key": key})
        assert EmailAddress.objects.get(email=email).verified
        other = App("203.0.113.5")
        other.post("/auth/password/request", {"email": email})
        key = key_in_mail("accounts.password_reset", email)
        assert other.post("/auth/password/reset", {"key": key, "password": "another-violin-72"}).status_code == 401
        assert other.log_in(email, "another-violin-72").status_code == 200
        change = {"current_password": "another-violin-72", "new_password": PASSWORD}
        assert other.post("/account/password/change", change).status_code == 200
        assert strays() == []

    def test_an_unproved_user_who_logs_in(self) -> None:
        user = UserFactory(is_email_verified=False, at=core_clock.now())
        assert App().log_in(user.email).status_code == 401
        assert strays() == []

    def test_second_factors(self) -> None:
        user, app = UserFactory(at=core_clock.now()), App()
        app.log_in(user.email)
        app.post("/auth/reauthenticate", {"password": PASSWORD})
        secret = app.get("/account/authenticators/totp").json()["meta"]["secret"]
        code = {"code": code_for(secret, at=core_clock.now())}
        assert app.post("/account/authenticators/totp", code).status_code == 200
        assert app.get("/account/authenticators/recovery-codes").status_code == 200
        assert app.post("/account/authenticators/recovery-codes").status_code == 200
        assert app.send("DELETE", "/account/authenticators/totp").status_code == 200
        assert not StoredFactor.objects.exists()
        actions = list(Entry.objects.order_by("seq").values_list("action", flat=True))
        assert actions[-3:] == ["accounts.factor.added", "accounts.factor.renewed", "accounts.factor.removed"]
        assert strays() == []

    def test_a_factor_whose_entry_cannot_be_written_is_not_added(self, monkeypatch: pytest.MonkeyPatch) -> None:
        user, app = UserFactory(at=core_clock.now()), App()
        app.client.raise_request_exception = False
        app.log_in(user.email)
        app.post("/auth/reauthenticate", {"password": PASSWORD})
        secret = app.get("/account/authenticators/totp").json()["meta"]["secret"]
        monkeypatch.setattr(services._factors.audit_services, "record", lambda **_entry: 1 / 0)
        code = {"code": code_for(secret, at=core_clock.now())}
        assert app.post("/account/authenticators/totp", code).status_code == 500
        assert not StoredFactor.objects.exists()

    def test_a_password_that_is_stored_anew(self) -> None:
        user = UserFactory(at=core_clock.now())
        hashers = ["django.contrib.auth.hashers.PBKDF2PasswordHasher", "django.contrib.auth.hashers.MD5PasswordHasher"]
        with override_settings(PASSWORD_HASHERS=hashers):
            assert App().log_in(user.email).status_code == 200
            assert User.objects.get(pk=user.pk).password.startswith("pbkdf2_")
            assert App("203.0.113.5").log_in(user.email).status_code == 200
        assert Entry.objects.filter(action="accounts.password.rehashed").count() == 1
        assert strays() == []


@committing
class TestByCommand:
    def test_a_theft_has_no_entry_and_is_named(self) -> None:
        outsider = Outsider()
        assert strays() == []
        outsider.run(THEFTS["own a team"][0])
        assert strays() == [("accounts_membership", "insert")]

    def test_members_keys_restrictions_and_roles(self) -> None:
        at = core_clock.now()
        ada, bo = UserFactory(at=at), UserFactory(at=at)
        team = WorkspaceFactory(owner=ada, at=at)
        member = join(team, bo, role=MemberRole.ADMIN)
        ApiKeyFactory(by=bo, workspace=team, at=at)
        services.remove_member(workspace_id=team.pk, membership_id=member.pk, by_id=ada.pk, actor=actor(ada), at=at)
        held = restrict(ada, Capability.SPEND, at=at)
        services.lift_restriction(restriction_id=held.pk, actor=SUPPORT, reason="Over", at=at)
        services.close_user(user_id=bo.pk, actor=SUPPORT, reason="Asked", at=at)
        give_role(ada, StaffRole.SUPPORT)
        assert personal(ada)
        assert strays() == []
