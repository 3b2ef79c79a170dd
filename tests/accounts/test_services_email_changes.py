"""Another e-mail address, slowly."""

from __future__ import annotations

import functools
from collections.abc import Callable
from datetime import datetime, timedelta

import pytest
from allauth.account.models import EmailAddress

from accounts import selectors, services, tasks
from accounts.errors import AccountDisabled, EmailTaken, NothingToChange, OwnAccount, TokenUnusable
from accounts.models import EmailChange, User
from accounts.states import Capability, EmailChangeStatus
from core.errors import InvalidInput, NotFound
from tests.factories.accounts import A_MORNING, SUPPORT, UserFactory, actor, key_in_mail, mails

pytestmark = pytest.mark.django_db
Entries = Callable[[], list[str]]
NEW = "ada@engines.example"
HOUR = timedelta(hours=1)
COOLING = 24 * HOUR


def ask(user: User, new_email: str = NEW, *, by: User | None = None, reason: str = "") -> EmailChange:
    return services.request_email_change(
        user_id=user.pk, new_email=new_email, actor=actor(by or user), at=A_MORNING, reason=reason
    )


def confirm(at: datetime = A_MORNING + HOUR, address: str = NEW) -> EmailChange:
    return services.confirm_email_change(token=key_in_mail("accounts.email_change_confirm", address), at=at)


class TestRequestEmailChange:
    def test_changes_nothing_yet_and_tells_both_addresses(self, ada: User, entries: Entries) -> None:
        ask(ada)
        assert User.objects.get(pk=ada.pk).email == "ada@example.com"
        assert mails(NEW) == ["accounts.email_change_confirm"]
        assert mails("ada@example.com") == ["accounts.email_change_notice"]
        assert entries() == ["accounts.email_change.requested"]

    def test_keeps_digests_of_the_tokens_alone(self, ada: User) -> None:
        ask(ada)
        kept = str(EmailChange.objects.values().get())
        assert key_in_mail("accounts.email_change_confirm", NEW) not in kept
        assert key_in_mail("accounts.email_change_notice", "ada@example.com") not in kept

    def test_a_second_request_replaces_the_first(self, ada: User) -> None:
        ask(ada)
        ask(ada, "ada@third.example")
        with pytest.raises(TokenUnusable):
            confirm()

    def test_a_customer_learns_nothing_about_other_accounts(self, ada: User, cleo: User) -> None:
        assert ask(ada, cleo.email).status == EmailChangeStatus.REQUESTED

    def test_staff_are_told_that_the_address_is_taken(self, ada: User, cleo: User, sam: User) -> None:
        with pytest.raises(EmailTaken):
            ask(ada, cleo.email, by=sam, reason="She wrote a letter")

    def test_staff_need_a_reason(self, ada: User, sam: User) -> None:
        with pytest.raises(InvalidInput):
            ask(ada, by=sam)

    def test_staff_start_it_with_the_same_mails(self, ada: User, sam: User) -> None:
        ask(ada, by=sam, reason="She wrote a letter")
        assert mails("ada@example.com") == ["accounts.email_change_notice"]

    def test_staff_do_not_change_their_own(self, sam: User) -> None:
        with pytest.raises(OwnAccount):
            ask(sam, reason="Because")

    def test_the_present_address_is_no_change(self, ada: User) -> None:
        with pytest.raises(NothingToChange):
            ask(ada, "ADA@example.com")

    def test_refuses_what_is_no_address(self, ada: User) -> None:
        with pytest.raises(InvalidInput):
            ask(ada, "nowhere")


class TestConfirmEmailChange:
    def test_within_the_cooling_off_it_waits(self, ada: User, entries: Entries) -> None:
        ask(ada)
        assert confirm().status == EmailChangeStatus.CONFIRMED
        assert User.objects.get(pk=ada.pk).email == "ada@example.com"
        assert entries()[1:] == ["accounts.email_change.confirmed"]

    def test_after_it_the_change_takes_effect_at_once(self, ada: User, entries: Entries) -> None:
        ask(ada)
        assert confirm(A_MORNING + COOLING).status == EmailChangeStatus.APPLIED
        assert User.objects.get(pk=ada.pk).email == NEW
        assert entries()[1:] == ["accounts.email_change.applied"]

    def test_works_once(self, ada: User) -> None:
        ask(ada)
        confirm()
        with pytest.raises(TokenUnusable):
            confirm()

    def test_ends_a_week_after_the_cooling_off(self, ada: User) -> None:
        ask(ada)
        with pytest.raises(TokenUnusable):
            confirm(A_MORNING + COOLING + timedelta(days=7))

    def test_an_address_taken_meanwhile_is_refused(self, ada: User) -> None:
        ask(ada)
        UserFactory(email=NEW)
        with pytest.raises(TokenUnusable):
            confirm()

    def test_an_unknown_token_is_refused(self, db: None) -> None:
        with pytest.raises(TokenUnusable):
            services.confirm_email_change(token="nothing", at=A_MORNING)


class TestCancelEmailChange:
    def test_the_old_address_stops_it_with_its_link(self, ada: User, entries: Entries) -> None:
        ask(ada)
        confirm()
        services.cancel_email_change_by_token(
            token=key_in_mail("accounts.email_change_notice", "ada@example.com"), at=A_MORNING + 2 * HOUR
        )
        assert services.settle_due_email_changes(at=A_MORNING + COOLING) == 0
        assert User.objects.get(pk=ada.pk).email == "ada@example.com"
        assert entries()[2:] == ["accounts.email_change.canceled"]
        assert mails(NEW)[-1] == mails("ada@example.com")[-1] == "accounts.email_change_canceled"

    def test_the_new_address_cannot_cancel_with_its_own(self, ada: User) -> None:
        ask(ada)
        with pytest.raises(TokenUnusable):
            services.cancel_email_change_by_token(token=key_in_mail("accounts.email_change_confirm", NEW), at=A_MORNING)

    def test_the_user_stops_it_logged_in(self, ada: User) -> None:
        ask(ada)
        services.cancel_email_change(user_id=ada.pk, actor=actor(ada), at=A_MORNING)
        with pytest.raises(TokenUnusable):
            confirm()

    def test_there_must_be_one(self, ada: User) -> None:
        with pytest.raises(NotFound):
            services.cancel_email_change(user_id=ada.pk, actor=actor(ada), at=A_MORNING)


class TestSettleDueEmailChanges:
    def test_applies_what_was_confirmed(self, ada: User, entries: Entries) -> None:
        ask(ada)
        confirm()
        assert services.settle_due_email_changes(at=A_MORNING + COOLING - timedelta(seconds=1)) == 0
        assert services.settle_due_email_changes(at=A_MORNING + COOLING) == 1
        assert User.objects.get(pk=ada.pk).email == NEW
        assert [a.email for a in EmailAddress.objects.filter(user=ada, verified=True, primary=True)] == [NEW]
        assert entries()[2:] == ["accounts.email_change.applied"]

    def test_tells_both_addresses(self, ada: User) -> None:
        ask(ada)
        confirm()
        services.settle_due_email_changes(at=A_MORNING + COOLING)
        assert mails(NEW)[-1] == mails("ada@example.com")[-1] == "accounts.email_change_applied"

    def test_leaves_alone_what_nobody_confirmed(self, ada: User) -> None:
        ask(ada)
        assert services.settle_due_email_changes(at=A_MORNING + COOLING) == 0

    def test_expires_what_was_forgotten(self, ada: User, entries: Entries) -> None:
        ask(ada)
        assert services.settle_due_email_changes(at=A_MORNING + COOLING + timedelta(days=7)) == 1
        assert entries()[1:] == ["accounts.email_change.expired"]

    def test_gives_up_where_another_account_took_the_address(self, ada: User) -> None:
        ask(ada)
        confirm()
        UserFactory(email=NEW)
        services.settle_due_email_changes(at=A_MORNING + COOLING)
        assert EmailChange.objects.get().status == EmailChangeStatus.CANCELED
        assert User.objects.get(pk=ada.pk).email == "ada@example.com"

    def test_is_what_the_schedule_does(self, ada: User, clock: object) -> None:
        ask(ada)
        confirm()
        clock.shift(COOLING)  # type: ignore[attr-defined]
        assert tasks.settle_due_email_changes() == 1


def test_the_open_change_is_found_until_it_ends(ada: User) -> None:
    ask(ada)
    assert selectors.find_open_email_change(user_id=ada.pk, at=A_MORNING)
    assert not selectors.find_open_email_change(user_id=ada.pk, at=A_MORNING + COOLING + timedelta(days=7))


STOPS = {
    "suspend": services.suspend_user,
    "ban": services.ban_user,
    "close": services.close_user,
    "no-login": functools.partial(services.restrict_user, capability=Capability.LOGIN),
}


@pytest.mark.parametrize("stop", STOPS.values(), ids=STOPS)
class TestStoppedAccount:
    def test_keeps_its_address(self, ada: User, kim: User, stop: Callable[..., object], entries: Entries) -> None:
        ask(ada)
        confirm()
        before = len(entries())
        stop(user_id=ada.pk, actor=SUPPORT, reason="Seen abuse", at=A_MORNING + HOUR)
        assert len(entries()) == before + 1
        assert EmailChange.objects.get().status == EmailChangeStatus.CANCELED
        assert mails(NEW)[-1] == mails("ada@example.com")[-1] == "accounts.email_change_canceled"
        services.settle_due_email_changes(at=A_MORNING + COOLING)
        assert User.objects.get(pk=ada.pk).email == "ada@example.com"

    def test_is_not_given_another_by_a_link_in_the_mail(self, ada: User, stop: Callable[..., object]) -> None:
        ask(ada)
        stop(user_id=ada.pk, actor=SUPPORT, reason="Seen abuse", at=A_MORNING)
        with pytest.raises(TokenUnusable):
            confirm()


class TestDisabledAccount:
    def test_gets_no_other_address_by_a_row_that_was_left(self, ada: User) -> None:
        ask(ada)
        confirm()
        User.objects.filter(pk=ada.pk).update(status="banned")
        services.settle_due_email_changes(at=A_MORNING + COOLING)
        assert User.objects.get(pk=ada.pk).email == "ada@example.com"
        assert EmailChange.objects.get().status == EmailChangeStatus.CANCELED

    def test_cannot_ask_for_another(self, ada: User) -> None:
        services.suspend_user(user_id=ada.pk, actor=SUPPORT, reason="Seen abuse", at=A_MORNING)
        with pytest.raises(AccountDisabled):
            ask(User.objects.get(pk=ada.pk))


class TestResetByMail:
    def test_takes_back_an_account_whose_address_somebody_else_is_changing(self, ada: User, entries: Entries) -> None:
        ask(ada)
        confirm()
        before = len(entries())
        services.reset_password(user=ada, password="another-violin-72", network=None, at=A_MORNING + HOUR)
        assert entries()[before:] == ["accounts.password.reset"]
        services.settle_due_email_changes(at=A_MORNING + COOLING)
        assert User.objects.get(pk=ada.pk).email == "ada@example.com"
        assert mails(NEW)[-1] == "accounts.email_change_canceled"
