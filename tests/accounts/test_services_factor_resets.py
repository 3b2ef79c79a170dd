"""Resetting a lost second factor: one person for customers, two for colleagues."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from allauth.mfa.models import Authenticator as StoredFactor
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from allauth.usersessions.models import UserSession

from accounts import services
from accounts.errors import AccountDisabled, NothingToChange, OwnAccount
from accounts.models import User
from accounts.roles import PERMISSIONS
from audit import services as audit_services
from audit.errors import ApprovalOutdated, OwnApproval
from audit.models import Approval, Entry
from core.errors import InvalidInput, PermissionMissing
from tests.cast import log_in_as
from tests.factories.accounts import A_MORNING, Authenticator, actor, mails
from tests.factories.passkeys import give_passkey

pytestmark = pytest.mark.django_db
Entries = Callable[[], list[str]]


@pytest.fixture
def guarded(ada: User) -> User:
    """Ada with an app, a passkey and recovery codes."""
    return guard(ada)


def guard(user: User) -> User:
    Authenticator(user)
    give_passkey(user)
    RecoveryCodes.activate(user)
    return user


def reset(user: User, *, by: User, reason: str = "Phone lost, called back") -> services.FactorReset:
    return services.reset_second_factor(user_id=user.pk, actor=actor(by), reason=reason, at=A_MORNING)


def approve(by: User, *, may: Callable[[str], bool] = lambda _permission: True) -> Any:
    approval = Approval.objects.get()
    return audit_services.approve(
        approval_id=approval.public_id, actor=actor(by), reason="Spoke to her", at=A_MORNING, may=may
    )


class TestForACustomer:
    def test_every_factor_goes(self, guarded: User, lou: User) -> None:
        assert reset(guarded, by=lou).removed == ("totp", "webauthn")
        assert not StoredFactor.objects.exists()

    def test_sessions_end(self, guarded: User, lou: User) -> None:
        log_in_as(guarded)
        reset(guarded, by=lou)
        assert not UserSession.objects.filter(user=guarded).exists()

    def test_the_person_is_told(self, guarded: User, lou: User) -> None:
        reset(guarded, by=lou)
        assert mails(guarded.email) == ["accounts.security_notice"]

    def test_one_entry_says_who_and_why(self, guarded: User, lou: User, entries: Entries) -> None:
        start = len(entries())
        reset(guarded, by=lou)
        assert entries()[start:] == ["accounts.factor.reset"]
        entry = Entry.objects.select_related("payload").latest("seq")
        assert (entry.actor_id, entry.target_id) == (lou.public_id, guarded.public_id)
        assert entry.payload.reason == "Phone lost, called back"

    def test_a_reason_is_needed(self, guarded: User, lou: User) -> None:
        with pytest.raises(InvalidInput):
            reset(guarded, by=lou, reason=" ")

    def test_without_a_factor_there_is_nothing_to_reset(self, ada: User, lou: User) -> None:
        with pytest.raises(NothingToChange):
            reset(ada, by=lou)

    def test_a_disabled_account_is_refused(self, guarded: User, lou: User) -> None:
        services.suspend_user(user_id=guarded.pk, actor=actor(lou), reason="Abuse", at=A_MORNING)
        with pytest.raises(AccountDisabled):
            reset(guarded, by=lou)


class TestForAColleague:
    def test_it_only_asks(self, sam: User, lou: User, entries: Entries) -> None:
        guard(sam)
        start = len(entries())
        assert reset(sam, by=lou).approval_id == Approval.objects.get().public_id
        assert StoredFactor.objects.filter(user=sam).count() == 3
        assert entries()[start:] == ["audit.approval.requested"]

    def test_a_second_person_s_consent_does_it(self, sam: User, lou: User, max_: User, entries: Entries) -> None:
        guard(sam)
        reset(sam, by=lou)
        start = len(entries())
        approve(max_)
        assert not StoredFactor.objects.filter(user=sam).exists()
        assert entries()[start:] == ["accounts.factor.reset"]

    def test_nobody_consents_to_their_own_request(self, sam: User, lou: User) -> None:
        guard(sam)
        reset(sam, by=lou)
        with pytest.raises(OwnApproval):
            approve(lou)

    def test_the_person_it_is_for_does_not_consent(self, max_: User, lou: User) -> None:
        guard(max_)
        reset(max_, by=lou)
        with pytest.raises(OwnAccount):
            approve(max_)
        assert StoredFactor.objects.filter(user=max_).count() == 3

    def test_nobody_asks_for_themselves(self, lou: User) -> None:
        guard(lou)
        with pytest.raises(OwnAccount):
            reset(lou, by=lou)

    def test_support_does_not_consent(self, sam: User, lou: User, max_: User) -> None:
        guard(max_)
        reset(max_, by=lou)
        with pytest.raises(PermissionMissing):
            approve(sam, may=lambda permission: "support" in PERMISSIONS[permission])

    def test_consent_is_void_where_the_factors_changed(self, sam: User, lou: User, max_: User) -> None:
        guard(sam)
        reset(sam, by=lou)
        give_passkey(sam)
        with pytest.raises(ApprovalOutdated):
            approve(max_)
