"""What staff do for somebody who cannot get in."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from accounts import services
from accounts.errors import AccountDisabled, NothingToChange, StaffTarget
from accounts.models import User
from tests.accounts.conftest import App
from tests.factories.accounts import A_MORNING, SUPPORT, UserFactory, actor, key_in_mail, mails

pytestmark = pytest.mark.django_db
WHY: dict[str, Any] = {"actor": SUPPORT, "reason": "She called", "at": A_MORNING}


class TestResendVerification:
    def test_sends_a_link_that_works(self, app: App, entries: Callable[[], list[str]]) -> None:
        user = UserFactory(is_email_verified=False)
        start = len(entries())
        services.resend_verification(user_id=user.pk, **WHY)
        assert entries()[start:] == ["accounts.email.verification_sent"]
        key = key_in_mail("accounts.verify_email", user.email)
        app.post("/auth/email/verify", {"key": key})
        assert app.log_in(user.email).status_code == 200

    def test_is_not_for_a_proved_address(self, ada: User) -> None:
        with pytest.raises(NothingToChange):
            services.resend_verification(user_id=ada.pk, **WHY)

    def test_is_not_for_a_disabled_account(self, ada: User) -> None:
        services.suspend_user(user_id=ada.pk, **WHY)
        with pytest.raises(AccountDisabled):
            services.resend_verification(user_id=ada.pk, **WHY)


class TestSendPasswordReset:
    def test_sends_a_link_that_works(self, app: App, ada: User) -> None:
        services.send_password_reset(user_id=ada.pk, **WHY)
        key = key_in_mail("accounts.password_reset", ada.email)
        app.post("/auth/password/reset", {"key": key, "password": "another-long-one-9"})
        assert app.log_in(ada.email, "another-long-one-9").status_code == 200

    def test_is_not_for_a_disabled_account(self, ada: User) -> None:
        services.suspend_user(user_id=ada.pk, **WHY)
        with pytest.raises(AccountDisabled):
            services.send_password_reset(user_id=ada.pk, **WHY)

    def test_for_a_colleague_needs_a_permission_of_its_own(self, sam: User, lou: User) -> None:
        with pytest.raises(StaffTarget):
            services.send_password_reset(user_id=sam.pk, **{**WHY, "actor": actor(lou)})
        assert mails(sam.email) == []
