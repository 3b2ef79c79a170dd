"""API keys: made, rotated, revoked."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest

from accounts import keys, selectors, services
from accounts.errors import KeyAlreadyRotating, KeyRevoked, MemberRoleMissing, TooMany
from accounts.models import ApiKey, User, Workspace
from accounts.services import NewKey
from core.errors import InvalidInput, NotFound
from tests.factories.accounts import A_MORNING, SUPPORT, ApiKeyFactory, actor, personal

pytestmark = pytest.mark.django_db
Entries = Callable[[], list[str]]
DAY = timedelta(days=1)


def rotate(made: NewKey, *, by: User, overlap: timedelta = DAY, at: object = A_MORNING) -> NewKey:
    return services.rotate_api_key(
        workspace_id=made.key.workspace_id,
        key_id=made.key.pk,
        by_id=by.pk,
        actor=actor(by),
        at=at,  # type: ignore[arg-type]
        overlap=overlap,
    )


class TestCreateApiKey:
    def test_stores_no_secret(self, ada: User, entries: Entries) -> None:
        made = ApiKeyFactory(by=ada)
        stored = str(ApiKey.objects.values().get())
        assert made.secret not in stored
        assert keys.digest_of(made.secret) in stored
        assert entries() == ["accounts.api_key.created"]

    def test_shows_the_beginning(self, ada: User) -> None:
        made = ApiKeyFactory(by=ada)
        assert made.secret.startswith(made.key.key_prefix)

    def test_is_for_those_who_manage(self, bo: User, ada_team: Workspace) -> None:
        with pytest.raises(MemberRoleMissing):
            ApiKeyFactory(by=bo, workspace=ada_team)

    def test_is_unknown_to_strangers(self, cleo: User, ada_team: Workspace) -> None:
        with pytest.raises(NotFound):
            ApiKeyFactory(by=cleo, workspace=ada_team)

    @pytest.mark.parametrize(
        "wrong",
        [
            {"name": ""},
            {"scopes": []},
            {"scopes": ["everything"]},
            {"expires_at": A_MORNING},
            {"allowed_networks": ["10.0.0.1/8"]},
            {"allowed_networks": ["nowhere"]},
            {"allowed_networks": [f"10.0.{n}.0/24" for n in range(21)]},
        ],
    )
    def test_refuses_what_makes_no_sense(self, ada: User, wrong: dict[str, object]) -> None:
        with pytest.raises(InvalidInput):
            ApiKeyFactory(by=ada, **wrong)

    def test_there_is_a_limit(self, ada: User, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr("accounts.services._api_keys.LIVE_LIMIT", 1)
        ApiKeyFactory(by=ada)
        with pytest.raises(TooMany):
            ApiKeyFactory(by=ada)

    def test_addresses_become_networks(self, ada: User) -> None:
        made = ApiKeyFactory(by=ada, allowed_networks=["192.0.2.7", "192.0.2.7/32", "2001:db8::/32"])
        assert made.key.allowed_networks == ["192.0.2.7/32", "2001:db8::/32"]


class TestRotateApiKey:
    def test_both_live_until_the_overlap_is_over(self, ada: User, entries: Entries) -> None:
        old = ApiKeyFactory(by=ada)
        start = len(entries())
        new = rotate(old, by=ada)
        old.key.refresh_from_db()
        assert old.key.is_live(A_MORNING + DAY - timedelta(seconds=1))
        assert not old.key.is_live(A_MORNING + DAY)
        assert new.key.is_live(A_MORNING + DAY)
        assert entries()[start:] == ["accounts.api_key.rotated"]

    def test_the_successor_has_the_same_rights(self, ada: User) -> None:
        old = ApiKeyFactory(by=ada, scopes=["credits:read"], allowed_networks=["192.0.2.0/24"])
        new = rotate(old, by=ada).key
        assert (new.scopes, new.allowed_networks, new.mode, new.name) == (
            old.key.scopes,
            old.key.allowed_networks,
            old.key.mode,
            old.key.name,
        )

    def test_the_successor_lives_as_long_as_the_old_one_was_meant_to(self, ada: User) -> None:
        old = ApiKeyFactory(by=ada, expires_at=A_MORNING + 90 * DAY)
        assert rotate(old, by=ada, at=A_MORNING + 80 * DAY).key.expires_at == A_MORNING + 170 * DAY

    def test_the_overlap_does_not_prolong_the_old_one(self, ada: User) -> None:
        old = ApiKeyFactory(by=ada, expires_at=A_MORNING + timedelta(hours=1))
        rotate(old, by=ada)
        old.key.refresh_from_db()
        assert old.key.expires_at == A_MORNING + timedelta(hours=1)

    def test_a_key_has_one_successor(self, ada: User) -> None:
        old = ApiKeyFactory(by=ada)
        rotate(old, by=ada)
        with pytest.raises(KeyAlreadyRotating):
            rotate(old, by=ada)

    def test_a_dead_key_has_none(self, ada: User) -> None:
        old = ApiKeyFactory(by=ada, expires_at=A_MORNING + DAY)
        with pytest.raises(KeyRevoked):
            rotate(old, by=ada, at=A_MORNING + DAY)

    @pytest.mark.parametrize("overlap", [timedelta(seconds=-1), timedelta(days=7, seconds=1)])
    def test_the_overlap_is_bounded(self, ada: User, overlap: timedelta) -> None:
        with pytest.raises(InvalidInput):
            rotate(ApiKeyFactory(by=ada), by=ada, overlap=overlap)

    def test_a_key_of_another_workspace_is_unknown(self, ada: User, cleo: User) -> None:
        theirs = ApiKeyFactory(by=cleo)
        with pytest.raises(NotFound):
            services.rotate_api_key(
                workspace_id=personal(ada).pk,
                key_id=theirs.key.pk,
                by_id=ada.pk,
                actor=actor(ada),
                at=A_MORNING,
                overlap=DAY,
            )


class TestRevokeApiKey:
    def revoke(self, made: NewKey, by: User) -> ApiKey:
        return services.revoke_api_key(
            workspace_id=made.key.workspace_id, key_id=made.key.pk, by_id=by.pk, actor=actor(by), at=A_MORNING
        )

    def test_stops_it_for_good(self, ada: User, entries: Entries) -> None:
        made = ApiKeyFactory(by=ada)
        start = len(entries())
        assert not self.revoke(made, ada).is_live(A_MORNING)
        assert entries()[start:] == ["accounts.api_key.revoked"]

    def test_works_once(self, ada: User) -> None:
        made = ApiKeyFactory(by=ada)
        self.revoke(made, ada)
        with pytest.raises(KeyRevoked):
            self.revoke(made, ada)

    def test_staff_need_a_reason(self, ada: User) -> None:
        made = ApiKeyFactory(by=ada)
        with pytest.raises(InvalidInput):
            services.revoke_api_key_as_staff(key_id=made.key.pk, actor=SUPPORT, reason="", at=A_MORNING)
        services.revoke_api_key_as_staff(key_id=made.key.pk, actor=SUPPORT, reason="Leaked", at=A_MORNING)
        assert ApiKey.objects.get().revoked_by == SUPPORT.id


class TestTouchApiKey:
    def test_writes_at_most_once_a_minute(self, ada: User) -> None:
        key = ApiKeyFactory(by=ada).key
        for seconds in (0, 30, 59):
            services.touch_api_key(key_id=key.pk, at=A_MORNING + timedelta(seconds=seconds))
        assert ApiKey.objects.get().last_used_at == A_MORNING
        services.touch_api_key(key_id=key.pk, at=A_MORNING + timedelta(seconds=60))
        assert ApiKey.objects.get().last_used_at == A_MORNING + timedelta(seconds=60)


class TestFindApiKey:
    def test_costs_one_query(self, ada: User, count_queries: Callable[..., object]) -> None:
        made = ApiKeyFactory(by=ada)
        with count_queries(1):  # key, maker, workspace, role and restrictions together
            found = selectors.find_api_key(secret=made.secret, at=A_MORNING)
            assert found
            assert (found.created_by, found.workspace.is_personal) == (ada, True)

    def test_knows_no_other(self, ada: User) -> None:
        ApiKeyFactory(by=ada)
        assert selectors.find_api_key(secret="bk_live_nothing", at=A_MORNING) is None
