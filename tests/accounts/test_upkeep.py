"""Jobs, invariants, mails and the command at the prompt."""

from __future__ import annotations

from io import StringIO

import pytest
from django.contrib.sessions.models import Session
from django.core.management import CommandError, call_command

from accounts import invariants, tasks
from accounts.mails import TEMPLATES
from accounts.models import Membership, User, Workspace
from accounts.states import MemberRole
from core import clock as core_clock
from outbox.templates import MailTemplate, render
from tests.cast import session_token

pytestmark = pytest.mark.django_db


class TestJobs:
    def test_forget_sessions_that_ran_out(self, ada: User) -> None:
        session_token(ada)
        Session.objects.update(expire_date=core_clock.now())
        assert tasks.forget_ended_sessions() == 2  # the session and its line in the list

    def test_forget_old_login_counters(self, ada: User) -> None:
        assert tasks.forget_old_logins() == 0


class TestInvariants:
    def broken(self) -> set[str]:
        return {name for name, check in invariants.ALL.items() if check()}

    def test_hold_for_the_cast(self, ada: User, bo: User, sam: User, cleo_team: Workspace) -> None:
        assert self.broken() == set()

    def test_see_a_user_without_a_workspace(self, db: None) -> None:
        User.objects.create(email="x@example.com")
        assert self.broken() == {"accounts.personal_workspace"}

    def test_see_a_team_without_an_owner(self, ada_team: Workspace) -> None:
        Membership.objects.filter(workspace=ada_team).update(role=MemberRole.MEMBER)
        assert self.broken() == {"accounts.workspace_owner"}

    def test_see_a_stranger_in_a_personal_workspace(self, ada: User, cleo: User) -> None:
        Membership.objects.create(workspace=Workspace.objects.get(personal_owner=ada), user=cleo)
        assert self.broken() == {"accounts.personal_members"}

    def test_see_staff_without_a_role_and_superusers(self, ada: User) -> None:
        User.objects.filter(pk=ada.pk).update(is_staff=True, is_superuser=True)
        assert self.broken() == {"accounts.staff_roles", "accounts.superuser"}


class TestMails:
    @pytest.mark.parametrize("template", TEMPLATES, ids=lambda t: t.name)
    def test_can_be_written_from_their_samples(self, template: MailTemplate) -> None:
        mail = render(template=template, values=template.sample, language="en-us")
        assert mail.subject
        assert "<html" in mail.html
        assert str(template.sample.get("url", "")) in mail.text

    def test_escape_what_people_write(self) -> None:
        template = next(t for t in TEMPLATES if t.name == "accounts.invitation")
        mail = render(template=template, values={**template.sample, "workspace": "<b>{{ x }}</b>"}, language="en-us")
        assert "<b>{{ x }}" not in mail.html


class TestGrantRole:
    def run(self, *arguments: str) -> str:
        out = StringIO()
        call_command("grant_role", *arguments, stdout=out)
        return out.getvalue()

    def test_makes_the_first_founder(self, ada: User) -> None:
        assert "founder" in self.run(ada.email, "founder", "--reason", "First one")
        assert User.objects.get(pk=ada.pk).has_perm("accounts.grant_staff_role")

    def test_says_why_not(self, sam: User) -> None:
        with pytest.raises(CommandError):
            self.run(sam.email, "support", "--reason", "Again")
        with pytest.raises(CommandError):
            self.run("nobody@example.com", "support", "--reason", "Who?")
