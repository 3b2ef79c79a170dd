"""One header for a customer, on every page of what is theirs."""

from __future__ import annotations

import re
from typing import Any

import pytest
from django.test import Client

from accounts.models import User, Workspace
from accounts.states import Capability
from core import clock as core_clock
from core.console import console_site
from credits.models import Entry
from tests.cast import log_in_as
from tests.factories import credits as ledger
from tests.factories.accounts import ApiKeyFactory, restrict

pytestmark = pytest.mark.django_db
OF_A_CUSTOMER = {
    "accounts.User",
    "accounts.Workspace",
    "accounts.Restriction",
    "accounts.ApiKey",
    "credits.Account",
    "credits.Entry",
    "credits.Hold",
}


@pytest.fixture
def things(ada: User, ada_team: Workspace) -> list[Any]:
    """One of each kind, all in Ada's team; of Ada herself what is asked for is her own workspace."""
    at = core_clock.now()
    ledger.grant(ada_team.pk, 120, at=at)
    entry = Entry.objects.get()
    hold = ledger.hold(ada_team.pk, 20, at=at)
    held = restrict(ada, Capability.SPEND, at=at)
    return [ada_team, held, ApiKeyFactory(by=ada, workspace=ada_team).key, entry.account, entry, hold]


def header_of(client: Client, obj: Any) -> str:
    page = client.get(console_site._registry[type(obj)].url_of(obj))
    assert page.status_code == 200
    (found,) = re.findall(r'<div class="c-customer".*?</div>', page.content.decode(), flags=re.S)
    return " ".join(re.sub(r"<[^>]+>", " ", found).split())


def test_says_who_what_state_what_credits_and_what_is_taken(max_: User, ada: User, things: list[Any]) -> None:
    client = log_in_as(max_, console=True)
    for thing in things:
        text = header_of(client, thing)
        assert text.startswith("person Ada Lovelace"), thing
        assert "Active" in text
        assert "a•••@e•••.com" in text
        assert ada.email not in text
        assert "Spend credits" in text
        assert "open end" in text
        if thing is not things[1]:  # a restriction of a person is about no team
            assert "Available 100 credits" in text, thing
            assert "Held 20 credits" in text


def test_stands_on_a_persons_page_with_their_own_credits(max_: User, ada: User) -> None:
    ledger.grant(ada.personal_workspace.pk, 7, at=core_clock.now())
    text = header_of(log_in_as(max_, console=True), ada)
    assert "Available 7 credits" in text
    assert "Ada Lovelace" not in text  # it is the title of the page


def test_shows_the_address_that_was_revealed_without_scripts(max_: User, ada: User) -> None:
    client, url = log_in_as(max_, console=True), f"/admin/accounts/user/{ada.public_id}/reveal/email/"
    assert ada.email in client.post(url, {"why": "contact"}).text
    assert ada.email not in client.post(url, {"why": ""}).text
    assert ada.email not in client.get(f"/admin/accounts/user/{ada.public_id}/").text


def test_shows_credits_to_those_who_may_see_them(ada: User, sam: User, monkeypatch: pytest.MonkeyPatch) -> None:
    from accounts import roles

    monkeypatch.setattr(roles, "PERMISSIONS", {**roles.PERMISSIONS, "credits.view_account": frozenset()})
    assert "Available" not in header_of(log_in_as(sam, console=True), ada)


def test_is_declared_by_every_page_of_a_customers_thing() -> None:
    plain = {
        console_admin.model._meta.label
        for console_admin in console_site._registry.values()
        if "customer_of" in vars(type(console_admin))
    }
    assert plain == OF_A_CUSTOMER
