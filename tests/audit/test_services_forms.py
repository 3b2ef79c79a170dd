from datetime import timedelta

import pytest

from audit import services
from audit.models import UsedForm
from audit.services._forms import KEPT
from core.ids import new_id
from tests.audit.conftest import AT

pytestmark = pytest.mark.django_db


class TestUseForm:
    def test_lets_a_form_through_once(self):
        token = new_id().hex
        assert [services.use_form(token=token, at=AT) for _ in range(2)] == [True, False]

    def test_knows_one_form_from_another(self):
        assert all(services.use_form(token=new_id().hex, at=AT) for _ in range(2))


class TestForgetUsedForms:
    def test_keeps_what_a_session_could_still_send(self):
        old, fresh = new_id().hex, new_id().hex
        services.use_form(token=old, at=AT - KEPT)
        services.use_form(token=fresh, at=AT - KEPT + timedelta(seconds=1))
        assert services.forget_used_forms(at=AT) == 1
        assert UsedForm.objects.get().token.hex == fresh

    def test_outlasts_a_session_of_staff(self, settings):
        assert settings.STAFF_SESSION_LIMIT < KEPT
