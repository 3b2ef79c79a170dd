"""Who may not spend, and that the ledger asks by the same rule as accounts does."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import connection

from accounts import selectors as accounts_selectors
from accounts import services as accounts_services
from accounts.errors import AccountRestricted
from accounts.states import Capability
from credits import services as credits_services
from tests.factories import accounts as people
from tests.factories import credits as ledger
from tests.factories.credits import NOON

pytestmark = pytest.mark.django_db


def test_a_restricted_workspace_places_no_hold(ada_team):
    ledger.grant(ada_team.pk)
    accounts_services.restrict_workspace(
        workspace_id=ada_team.pk, capability=Capability.SPEND, actor=people.SUPPORT, reason="Disputed", at=NOON
    )

    with pytest.raises(AccountRestricted) as refusal:
        ledger.hold(ada_team.pk)

    assert refusal.value.facts == {"capability": "spend", "ends_at": None}


def test_a_restricted_person_places_no_hold_in_any_workspace(ada, ada_team):
    ledger.grant(ada_team.pk)
    people.restrict(ada, Capability.SPEND, ends_at=NOON + timedelta(days=1))

    with pytest.raises(AccountRestricted) as refusal:
        ledger.hold(ada_team.pk, user_id=ada.pk)

    assert refusal.value.facts == {"capability": "spend", "ends_at": "2026-03-03T12:00:00.000000+00:00"}


def test_a_restricted_persons_own_workspace_places_no_hold(ada):
    personal = people.personal(ada)
    ledger.grant(personal.pk)
    people.restrict(ada, Capability.SPEND)

    with pytest.raises(AccountRestricted):
        ledger.hold(personal.pk)


def test_a_restriction_ends_by_itself(ada):
    personal = people.personal(ada)
    ledger.grant(personal.pk)
    people.restrict(ada, Capability.SPEND, ends_at=NOON)

    assert ledger.hold(personal.pk).amount == 10


def test_what_was_held_before_can_still_be_captured(ada):
    personal = people.personal(ada)
    ledger.grant(personal.pk)
    placed = ledger.hold(personal.pk)
    people.restrict(ada, Capability.SPEND)

    assert ledger.capture(placed).amount == 10


def test_a_batch_is_asked_too(ada):
    personal = people.personal(ada)
    ledger.grant(personal.pk)
    people.restrict(ada, Capability.SPEND)

    (outcome,) = credits_services.run_batch(
        operations=[credits_services.PlaceHold(personal.pk, 5, "image", ledger.fresh_key())],
        actor=ledger.KEY_OWNER,
        at=NOON,
    )

    assert isinstance(outcome.refusal, AccountRestricted)


@pytest.mark.parametrize("whose", ["nobody", "person", "workspace", "owner of the personal workspace"])
@pytest.mark.parametrize("ends_at", [None, NOON + timedelta(hours=1), NOON])
def test_the_sql_function_follows_the_selector(ada, ada_team, bo, whose, ends_at):
    workspace, user = ada_team, bo
    if whose == "person":
        people.restrict(bo, Capability.SPEND, ends_at=ends_at)
    elif whose == "workspace":
        accounts_services.restrict_workspace(
            workspace_id=ada_team.pk, capability=Capability.SPEND, actor=people.SUPPORT, reason="Disputed",
            at=people.A_MORNING, ends_at=ends_at,
        )  # fmt: skip
    elif whose != "nobody":
        workspace = people.personal(ada)
        people.restrict(ada, Capability.SPEND, ends_at=ends_at)

    found = accounts_selectors.find_active_restriction(
        capability=Capability.SPEND, at=NOON, user_id=user.pk, workspace_id=workspace.pk
    )
    with connection.cursor() as cursor:
        cursor.execute("SELECT accounts_restriction_on(%s, %s, 'spend', %s)", [workspace.pk, user.pk, NOON])
        (answer,) = cursor.fetchone()

    assert bool(answer) == (found is not None)
