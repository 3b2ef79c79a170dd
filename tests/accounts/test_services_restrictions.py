"""Restrictions: what is taken, from whom, until when; and that the clock alone decides."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.contrib.sessions.models import Session
from django.db import connection

from accounts import selectors, services, tasks
from accounts.errors import AccountRestricted, OwnAccount, RestrictionOver, StaffTarget
from accounts.models import Restriction, User, Workspace
from accounts.states import Capability
from core.errors import InvalidInput, NotFound
from core.ids import new_id
from tests.cast import session_token
from tests.factories.accounts import A_MORNING, SUPPORT, actor, personal, restrict

pytestmark = pytest.mark.django_db
Entries = Callable[[], list[str]]
WHY = {"actor": SUPPORT, "reason": "Seen abuse", "at": A_MORNING}
DAY = timedelta(days=1)


def is_taken(capability: Capability, at: object, **who: object) -> bool:
    try:
        services.refuse_if_restricted(capability=capability, at=at, **who)  # type: ignore[arg-type]
    except AccountRestricted:
        return True
    return False


class TestRefuseIfRestricted:
    @pytest.mark.parametrize("capability", list(Capability))
    def test_refuses_what_is_taken_and_nothing_else(self, ada: User, capability: Capability) -> None:
        restrict(ada, capability)
        taken = [c for c in Capability if is_taken(c, A_MORNING, user_id=ada.pk)]
        assert taken == [capability]

    def test_ends_by_the_clock_without_any_job(self, ada: User) -> None:
        restrict(ada, Capability.SPEND, ends_at=A_MORNING + DAY)
        assert is_taken(Capability.SPEND, A_MORNING + DAY - timedelta(microseconds=1), user_id=ada.pk)
        assert not is_taken(Capability.SPEND, A_MORNING + DAY, user_id=ada.pk)

    def test_begins_by_the_clock(self, ada: User) -> None:
        services.restrict_user(user_id=ada.pk, capability=Capability.SPEND, starts_at=A_MORNING + DAY, **WHY)
        assert not is_taken(Capability.SPEND, A_MORNING, user_id=ada.pk)
        assert is_taken(Capability.SPEND, A_MORNING + DAY, user_id=ada.pk)

    def test_reaches_the_personal_workspace_of_the_user(self, ada: User) -> None:
        restrict(ada, Capability.SPEND)
        assert is_taken(Capability.SPEND, A_MORNING, workspace_id=personal(ada).pk)

    def test_does_not_reach_a_team_of_the_user(self, ada: User, ada_team: Workspace) -> None:
        restrict(ada, Capability.SPEND)
        assert not is_taken(Capability.SPEND, A_MORNING, workspace_id=ada_team.pk)

    def test_a_workspace_can_be_restricted_itself(self, ada_team: Workspace) -> None:
        services.restrict_workspace(workspace_id=ada_team.pk, capability=Capability.GENERATE, **WHY)
        assert is_taken(Capability.GENERATE, A_MORNING, workspace_id=ada_team.pk)

    def test_says_until_when_by_the_longest(self, ada: User) -> None:
        restrict(ada, Capability.SPEND, ends_at=A_MORNING + DAY)
        restrict(ada, Capability.SPEND, ends_at=A_MORNING + 3 * DAY)
        with pytest.raises(AccountRestricted) as refused:
            services.refuse_if_restricted(capability=Capability.SPEND, at=A_MORNING, user_id=ada.pk)
        assert refused.value.facts == {"capability": "spend", "ends_at": (A_MORNING + 3 * DAY).isoformat()}

    def test_an_open_end_is_the_longest(self, ada: User) -> None:
        restrict(ada, Capability.SPEND, ends_at=A_MORNING + DAY)
        restrict(ada, Capability.SPEND)
        with pytest.raises(AccountRestricted) as refused:
            services.refuse_if_restricted(capability=Capability.SPEND, at=A_MORNING, user_id=ada.pk)
        assert refused.value.facts["ends_at"] is None

    def test_costs_one_query(self, ada: User, count_queries: Callable[..., object]) -> None:
        with count_queries(1):  # the restriction, by user, workspace and personal owner at once
            services.refuse_if_restricted(
                capability=Capability.SPEND, at=A_MORNING, user_id=ada.pk, workspace_id=new_id()
            )

    def test_about_nobody_asks_nothing(self, db: None, count_queries: Callable[..., object]) -> None:
        with count_queries(0):
            services.refuse_if_restricted(capability=Capability.SPEND, at=A_MORNING)

    @pytest.mark.parametrize("when", [A_MORNING - DAY, A_MORNING, A_MORNING + DAY, A_MORNING + 5 * DAY])
    @pytest.mark.parametrize("capability", [Capability.SPEND, Capability.GENERATE])
    def test_the_sql_function_says_the_same(self, ada: User, when: object, capability: Capability) -> None:
        restrict(ada, Capability.SPEND, ends_at=A_MORNING + 2 * DAY)
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT accounts_restriction_on(%s, %s, %s, %s)", [personal(ada).pk, None, capability.value, when]
            )
            (answer,) = cursor.fetchone()
        assert bool(answer) == is_taken(capability, when, workspace_id=personal(ada).pk)


class TestRestrictUser:
    def test_leaves_one_entry(self, ada: User, entries: Entries) -> None:
        restrict(ada, Capability.WRITE)
        assert entries() == ["accounts.restriction.added"]

    def test_no_login_ends_sessions_at_once(self, ada: User) -> None:
        session_token(ada)
        restrict(ada, Capability.LOGIN)
        assert not Session.objects.exists()

    def test_other_capabilities_leave_sessions_alone(self, ada: User) -> None:
        session_token(ada)
        restrict(ada, Capability.SPEND)
        assert Session.objects.exists()

    @pytest.mark.parametrize("wrong", [{"reason": " "}, {"ends_at": A_MORNING}, {"ends_at": A_MORNING - DAY}])
    def test_refuses_what_makes_no_sense(self, ada: User, wrong: dict[str, object]) -> None:
        with pytest.raises(InvalidInput):
            services.restrict_user(user_id=ada.pk, capability=Capability.SPEND, **{**WHY, **wrong})

    def test_nobody_restricts_themselves_or_a_colleague(self, kim: User, sam: User) -> None:
        for user, refusal in ((kim, OwnAccount), (sam, StaffTarget)):
            with pytest.raises(refusal):
                services.restrict_user(user_id=user.pk, capability=Capability.SPEND, **{**WHY, "actor": actor(kim)})


class TestRestrictWorkspace:
    def test_logging_in_is_a_persons(self, ada_team: Workspace) -> None:
        with pytest.raises(InvalidInput):
            services.restrict_workspace(workspace_id=ada_team.pk, capability=Capability.LOGIN, **WHY)

    def test_leaves_one_entry(self, ada_team: Workspace, entries: Entries) -> None:
        services.restrict_workspace(workspace_id=ada_team.pk, capability=Capability.SPEND, **WHY)
        assert entries() == ["accounts.restriction.added"]


class TestLiftRestriction:
    def test_gives_the_capability_back(self, ada: User, entries: Entries) -> None:
        restriction = restrict(ada, Capability.SPEND)
        services.lift_restriction(restriction_id=restriction.pk, **WHY)
        assert not is_taken(Capability.SPEND, A_MORNING, user_id=ada.pk)
        assert entries()[1:] == ["accounts.restriction.lifted"]

    def test_works_once(self, ada: User) -> None:
        restriction = restrict(ada, Capability.SPEND)
        services.lift_restriction(restriction_id=restriction.pk, **WHY)
        with pytest.raises(RestrictionOver):
            services.lift_restriction(restriction_id=restriction.pk, **WHY)

    def test_is_not_for_what_has_ended(self, ada: User) -> None:
        restriction = restrict(ada, Capability.SPEND, ends_at=A_MORNING + DAY)
        with pytest.raises(RestrictionOver):
            services.lift_restriction(restriction_id=restriction.pk, **{**WHY, "at": A_MORNING + DAY})

    def test_refuses_the_unknown(self, db: None) -> None:
        with pytest.raises(NotFound):
            services.lift_restriction(restriction_id=new_id(), **WHY)


class TestStampEndedRestrictions:
    def test_writes_down_what_ended_by_itself(self, ada: User, entries: Entries) -> None:
        restrict(ada, Capability.SPEND, ends_at=A_MORNING + DAY)
        restrict(ada, Capability.GENERATE)
        assert services.stamp_ended_restrictions(at=A_MORNING + DAY) == 1
        assert entries()[2:] == ["accounts.restriction.ended"]
        assert Restriction.objects.filter(lifted_at=A_MORNING + DAY).count() == 1

    def test_writes_it_once(self, ada: User) -> None:
        restrict(ada, Capability.SPEND, ends_at=A_MORNING + DAY)
        services.stamp_ended_restrictions(at=A_MORNING + DAY)
        assert services.stamp_ended_restrictions(at=A_MORNING + DAY) == 0

    def test_is_what_the_schedule_does(self, ada: User, clock: object) -> None:
        restrict(ada, Capability.SPEND, ends_at=A_MORNING + DAY)
        clock.shift(DAY)  # type: ignore[attr-defined]
        assert tasks.stamp_ended_restrictions() == 1


def test_what_was_ever_taken_is_listed_newest_first(ada: User, ada_team: Workspace) -> None:
    first = restrict(ada, Capability.SPEND)
    second = restrict(ada, Capability.WRITE, at=A_MORNING + DAY)
    services.restrict_workspace(workspace_id=ada_team.pk, capability=Capability.SPEND, **WHY)
    assert list(selectors.list_restrictions(user_id=ada.pk)) == [second, first]
    assert selectors.list_restrictions(workspace_id=ada_team.pk).count() == 1
