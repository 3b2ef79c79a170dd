"""What becomes of accounts: suspended, banned, closed and back; names and tags."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.contrib.sessions.models import Session

from accounts import selectors, services
from accounts.errors import LastOwner, NothingToChange, OwnAccount, StaffTarget, TooMany
from accounts.models import ApiKey, User, Workspace
from accounts.roles import StaffRole
from accounts.states import MemberRole, UserStatus
from audit.models import Entry
from core.actors import Actor
from core.errors import InvalidInput, InvalidTransition, NotFound
from core.ids import new_id
from tests.cast import session_token
from tests.factories.accounts import A_MORNING, SUPPORT, ApiKeyFactory, UserFactory, actor, join, personal

pytestmark = pytest.mark.django_db
Entries = Callable[[], list[str]]
WHY = {"actor": SUPPORT, "reason": "Seen abuse", "at": A_MORNING}


class TestSuspendUser:
    def test_moves_the_status_and_leaves_one_entry(self, ada: User, entries: Entries) -> None:
        assert services.suspend_user(user_id=ada.pk, **WHY).status == UserStatus.SUSPENDED
        assert entries() == ["accounts.user.suspended"]

    def test_ends_every_session(self, ada: User) -> None:
        session_token(ada)
        services.suspend_user(user_id=ada.pk, **WHY)
        assert not Session.objects.exists()

    def test_cancels_the_jobs_of_the_user_and_their_keys(self, ada: User) -> None:
        from core import context, jobs
        from core.actors import ActorKind
        from core.context import Context
        from outbox.models import Job

        key = ApiKeyFactory(by=ada).key
        ids = []
        for who in (actor(ada), Actor(ActorKind.API_KEY, key.public_id, key.name)):
            with context.bound(Context(actor=who)):
                ids.append(jobs.enqueue("accounts.forget_ended_sessions"))
        services.suspend_user(user_id=ada.pk, **WHY)
        ended = [job for job in Job.objects.all() if job.public_id in ids]
        assert {(job.status, job.canceled_by, job.cancel_reason) for job in ended} == {
            ("canceled", SUPPORT.id, WHY["reason"])
        }
        entry = Entry.objects.select_related("payload").latest("seq")
        assert (entry.action, entry.payload.detail_values) == ("accounts.user.suspended", {"jobs_canceled": 2})

    def test_needs_a_reason(self, ada: User) -> None:
        with pytest.raises(InvalidInput):
            services.suspend_user(user_id=ada.pk, actor=SUPPORT, reason="  ", at=A_MORNING)

    def test_refuses_what_is_suspended(self, ada: User) -> None:
        services.suspend_user(user_id=ada.pk, **WHY)
        with pytest.raises(InvalidTransition):
            services.suspend_user(user_id=ada.pk, **WHY)

    def test_refuses_an_unknown_user(self, db: None) -> None:
        with pytest.raises(NotFound):
            services.suspend_user(user_id=new_id(), **WHY)

    def test_nobody_suspends_themselves(self, kim: User) -> None:
        with pytest.raises(OwnAccount):
            services.suspend_user(user_id=kim.pk, **{**WHY, "actor": actor(kim)})

    def test_a_colleague_needs_a_permission_of_its_own(self, kim: User, sam: User) -> None:
        with pytest.raises(StaffTarget):
            services.suspend_user(user_id=sam.pk, **{**WHY, "actor": actor(kim)})

    def test_a_founder_may_suspend_a_colleague(self, max_: User, sam: User) -> None:
        assert not services.suspend_user(user_id=sam.pk, **{**WHY, "actor": actor(max_)}).is_active

    def test_a_refusal_changes_nothing(self, kim: User, sam: User, entries: Entries) -> None:
        with pytest.raises(StaffTarget):
            services.suspend_user(user_id=sam.pk, **{**WHY, "actor": actor(kim)})
        assert User.objects.get(pk=sam.pk).is_active
        assert entries() == []


class TestReinstateUser:
    @pytest.mark.parametrize("stop", [services.suspend_user, services.ban_user])
    def test_brings_back_who_was_stopped(self, ada: User, stop: Callable[..., User], entries: Entries) -> None:
        stop(user_id=ada.pk, **WHY)
        assert services.reinstate_user(user_id=ada.pk, **WHY).is_active
        assert entries()[1:] == ["accounts.user.reinstated"]

    def test_is_not_for_closed_accounts(self, ada: User) -> None:
        services.close_user(user_id=ada.pk, **WHY)
        with pytest.raises(InvalidTransition):
            services.reinstate_user(user_id=ada.pk, **WHY)


class TestCloseUser:
    def test_keeps_the_row_and_revokes_the_keys(self, ada: User, entries: Entries) -> None:
        ApiKeyFactory(by=ada)
        start = len(entries())
        services.close_user(user_id=ada.pk, **WHY)
        assert User.objects.get(pk=ada.pk).status == UserStatus.CLOSED
        assert not ApiKey.objects.filter(revoked_at=None).exists()
        assert entries()[start:] == ["accounts.user.closed"]

    def test_refuses_to_leave_a_team_without_owner(self, ada: User, bo: User) -> None:
        with pytest.raises(LastOwner):
            services.close_user(user_id=ada.pk, **WHY)

    def test_a_team_of_one_is_no_obstacle(self, ada: User, ada_team: Workspace) -> None:
        assert services.close_user(user_id=ada.pk, **WHY).status == UserStatus.CLOSED

    def test_another_owner_is_enough(self, ada: User, ada_team: Workspace, cleo: User) -> None:
        join(ada_team, cleo, role=MemberRole.OWNER)
        assert services.close_user(user_id=ada.pk, **WHY).status == UserStatus.CLOSED


class TestReopenUser:
    def test_opens_a_closed_account(self, ada: User) -> None:
        services.close_user(user_id=ada.pk, **WHY)
        assert services.reopen_user(user_id=ada.pk, **WHY).is_active

    def test_is_not_for_banned_accounts(self, ada: User) -> None:
        services.ban_user(user_id=ada.pk, **WHY)
        with pytest.raises(InvalidTransition):
            services.reopen_user(user_id=ada.pk, **WHY)


class TestEditUser:
    def test_changes_what_is_given(self, ada: User, entries: Entries) -> None:
        user = services.edit_user(
            user_id=ada.pk, actor=actor(ada), at=A_MORNING, name="  Ada   King ", time_zone="Europe/London"
        )
        assert (user.name, user.time_zone, user.locale) == ("Ada King", "Europe/London", "en-us")
        assert entries() == ["accounts.user.edited"]

    @pytest.mark.parametrize(
        "wrong", [{"name": "x" * 201}, {"name": "a\u202eb"}, {"locale": "tlh"}, {"time_zone": "Mars/Base"}]
    )
    def test_refuses_what_makes_no_sense(self, ada: User, wrong: dict[str, str]) -> None:
        with pytest.raises(InvalidInput):
            services.edit_user(user_id=ada.pk, actor=actor(ada), at=A_MORNING, **wrong)

    def test_refuses_to_change_nothing(self, ada: User) -> None:
        with pytest.raises(NothingToChange):
            services.edit_user(user_id=ada.pk, actor=actor(ada), at=A_MORNING, name=ada.name)


DEEDS_ON_COLLEAGUES = {
    "edit": lambda user, by: services.edit_user(user_id=user.pk, name="Someone", actor=by, at=A_MORNING),
    "tag": lambda user, by: services.tag_user(user_id=user.pk, tag="vip", actor=by, at=A_MORNING),
    "untag": lambda user, by: services.untag_user(user_id=user.pk, tag="old", actor=by, at=A_MORNING),
    "verify": lambda user, by: services.resend_verification(user_id=user.pk, actor=by, reason="Asked", at=A_MORNING),
}


@pytest.mark.parametrize("deed", DEEDS_ON_COLLEAGUES.values(), ids=DEEDS_ON_COLLEAGUES)
class TestDeedsOnStaff:
    @pytest.fixture
    def lead(self, max_: User) -> User:
        colleague = UserFactory(role=StaffRole.SUPPORT_LEAD, is_email_verified=False)
        services.tag_user(user_id=colleague.pk, tag="old", actor=actor(max_), at=A_MORNING)
        return colleague

    def test_need_a_permission_of_their_own(self, sam: User, lead: User, deed: Callable[..., Any]) -> None:
        with pytest.raises(StaffTarget):
            deed(lead, actor(sam))

    def test_are_not_for_oneself(self, lead: User, deed: Callable[..., Any]) -> None:
        with pytest.raises(OwnAccount):
            deed(lead, actor(lead))

    def test_are_open_to_founders(self, max_: User, lead: User, deed: Callable[..., Any]) -> None:
        deed(lead, actor(max_))


class TestTags:
    def test_a_tag_is_put_on_and_taken_off(self, ada: User, entries: Entries) -> None:
        services.tag_user(user_id=ada.pk, tag=" VIP ", actor=SUPPORT, at=A_MORNING)
        assert User.objects.get(pk=ada.pk).tags == ["vip"]
        services.untag_user(user_id=ada.pk, tag="vip", actor=SUPPORT, at=A_MORNING)
        assert User.objects.get(pk=ada.pk).tags == []
        assert entries() == ["accounts.user.tagged", "accounts.user.untagged"]

    def test_the_same_tag_twice_is_refused(self, ada: User) -> None:
        services.tag_user(user_id=ada.pk, tag="vip", actor=SUPPORT, at=A_MORNING)
        with pytest.raises(NothingToChange):
            services.tag_user(user_id=ada.pk, tag="vip", actor=SUPPORT, at=A_MORNING)

    def test_a_tag_that_is_not_there_cannot_go(self, ada: User) -> None:
        with pytest.raises(NothingToChange):
            services.untag_user(user_id=ada.pk, tag="vip", actor=SUPPORT, at=A_MORNING)

    def test_there_is_a_limit(self, ada: User) -> None:
        User.objects.filter(pk=ada.pk).update(tags=[f"t{n}" for n in range(20)])
        with pytest.raises(TooMany):
            services.tag_user(user_id=ada.pk, tag="one-more", actor=SUPPORT, at=A_MORNING)

    @pytest.mark.parametrize("tag", ["", "two words", "-x", "x" * 41, "ü"])
    def test_refuses_what_is_no_tag(self, ada: User, tag: str) -> None:
        with pytest.raises(InvalidInput):
            services.tag_user(user_id=ada.pk, tag=tag, actor=SUPPORT, at=A_MORNING)


class TestSignUp:
    def test_two_at_once_with_one_address_make_one_account(self, ada: User) -> None:
        from accounts.errors import EmailTaken

        with pytest.raises(EmailTaken):
            services.sign_up(email="ADA@EXAMPLE.COM", password=None, at=A_MORNING)

    def test_without_a_password_nobody_can_log_in(self, db: None) -> None:
        assert not services.sign_up(email="x@example.com", password=None, at=A_MORNING).has_usable_password()

    def test_names_the_workspace_after_its_person(self, ada: User) -> None:
        assert personal(ada).name == "Workspace of Ada Lovelace"

    def test_refuses_what_is_no_address(self, db: None) -> None:
        with pytest.raises(InvalidInput):
            services.sign_up(email="nobody", password=None, at=A_MORNING)


def test_a_user_is_found_by_address_whatever_its_case(ada: User) -> None:
    assert selectors.find_user_by_email(" ADA@Example.COM ") == ada
    assert selectors.find_user_by_email("ada\0@example.com") is None
