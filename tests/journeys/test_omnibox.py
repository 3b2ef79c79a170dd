"""The omnibox: whatever staff paste leads to the page it belongs to, and only to what their role may see."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.urls import reverse

from accounts import services as accounts_services
from accounts.models import EmailChange, LoginNetwork, Mailbox, User, mailbox_of
from accounts.states import EmailChangeStatus
from audit import services as audit_services
from core import context, registries
from core.actors import Target
from core.clock import now
from core.console.omnibox import PER_KIND
from core.ids import new_id, to_public
from credits.models import Entry
from outbox.models import Message
from outbox.templates import registry as mail_templates
from tests.factories import credits as ledgers
from tests.factories.accounts import SUPPORT, ApiKeyFactory, UserFactory, WorkspaceFactory
from tests.factories.audit import make_approval, make_entry
from tests.factories.outbox import JobFactory, MessageFactory

FRAGMENT = {"HX-Request": "true"}


@pytest.fixture
def desk(sam: User, log_in: Any) -> Client:
    """Sam's console."""
    return log_in(sam, console=True)


@pytest.fixture
def bridge(max_: User, log_in: Any) -> Client:
    """Max's console: he may read the trail."""
    return log_in(max_, console=True)


def mail_to(address: str = "ada@example.com") -> Message:
    welcome = mail_templates["accounts.welcome"]
    return MessageFactory(recipient=address, template=welcome.name, values=dict(welcome.sample))


def find(client: Client, term: str) -> Any:
    """What the list below the field offers: titles by kind."""
    answer = client.get(reverse("admin:find"), {"q": term}, headers=FRAGMENT)
    assert answer.status_code == 200
    return {group.title: [hit.title for hit in group.hits] for group in answer.context_data["answers"].groups}


def hits(client: Client, term: str) -> list[Any]:
    answer = client.get(reverse("admin:find"), {"q": term}, headers=FRAGMENT)
    return [hit for group in answer.context_data["answers"].groups for hit in group.hits]


def searched() -> list[tuple[str, str]]:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT e.target_kind, p.details FROM audit_entry e JOIN audit_payload p USING (occurred_at, seq)"
            " WHERE e.action = 'console.list.searched' ORDER BY e.seq"
        )
        return cursor.fetchall()


class TestById:
    @pytest.mark.parametrize(
        "make",
        [
            UserFactory,
            WorkspaceFactory,
            lambda: ledgers.hold(ledgers.funded()),
            lambda: Entry.objects.filter(account_id=ledgers.funded()).first(),
            make_approval,
            make_entry,
            JobFactory,
            mail_to,
            lambda: ApiKeyFactory().key,
        ],
        ids=["usr", "wsp", "hld", "led", "apr", "aud", "job", "msg", "key"],
    )
    def test_goes_straight_to_the_page_of(self, make: Any, bridge: Client) -> None:
        public_id = make().public_id
        answer = bridge.get(reverse("admin:find"), {"q": f"  {public_id} "})
        assert answer.status_code == 302
        assert answer["Location"].rstrip("/").endswith(public_id)

    def test_shows_a_page_instead_where_all_answers_are_wanted(self, desk: Client, ada: User) -> None:
        answer = desk.get(reverse("admin:find"), {"q": ada.public_id, "all": "1"})
        assert "Ada Lovelace" in answer.text

    def test_shows_what_is_gone_as_a_tombstone(self, desk: Client, bridge: Client) -> None:
        gone = to_public("usr", new_id())
        make_entry(target=Target("accounts.user", gone))
        (stone,) = [hit for hit in hits(desk, gone) if hit.is_gone]
        assert (stone.title, stone.url) == (gone, "")  # support may not read the trail
        (stone,) = [hit for hit in hits(bridge, gone) if hit.is_gone]
        assert stone.url == reverse("admin:audit_timeline", query={"target": gone})

    def test_finds_nothing_by_an_id_that_never_was(self, desk: Client) -> None:
        assert find(desk, to_public("usr", new_id())) == {}

    def test_finds_the_account_of_a_workspace_beside_it(self, desk: Client) -> None:
        workspace = WorkspaceFactory(name="Engines")
        ledgers.grant(workspace.pk, 5)
        assert find(desk, workspace.public_id) == {"Workspaces": ["Engines"], "Accounts": ["Engines"]}


class TestByAddress:
    def test_goes_straight_to_who_has_it_whatever_its_case(self, desk: Client, ada: User) -> None:
        answer = desk.get(reverse("admin:find"), {"q": "ADA@example.com"})
        assert answer["Location"] == reverse("admin:accounts_user_change", args=[ada.public_id])

    @pytest.mark.parametrize("alias", ["ada+invoices@example.com", "Ada+x@Example.com"])
    def test_finds_other_spellings_of_the_mailbox(self, alias: str, desk: Client, ada: User) -> None:
        (hit,) = hits(desk, alias)
        assert (hit.title, hit.is_exact) == ("Ada Lovelace", False)
        assert "another spelling" in hit.subtitle

    def test_finds_the_tagged_address_by_the_plain_one(self, desk: Client) -> None:
        UserFactory(email="b.o+shop@gmail.com", name="Bo")
        assert find(desk, "bo@googlemail.com") == {"Users": ["Bo"]}

    def test_finds_who_had_it_before(self, desk: Client, ada: User) -> None:
        EmailChange.objects.create(
            user=ada, old_email="old@example.net", new_email=ada.email, status=EmailChangeStatus.APPLIED,
            requested_by=ada.public_id, confirm_digest="1", cancel_digest="2", effective_at=ada.created_at,
            expires_at=now(),
        )  # fmt: skip
        (hit,) = hits(desk, "old@example.net")
        assert hit.title == "Ada Lovelace"
        assert "before" in hit.subtitle

    def test_never_shows_the_whole_address(self, desk: Client, ada: User) -> None:
        assert "ada@example.com" not in desk.get(reverse("admin:find"), {"q": ada.email}, headers=FRAGMENT).text

    def test_shows_closed_customers_as_tombstones(self, desk: Client, ada: User) -> None:
        accounts_services.close_user(user_id=ada.pk, actor=SUPPORT, reason="She asked", at=now())
        (hit,) = hits(desk, ada.email)
        assert hit.is_gone
        assert hit.status.label == "Closed"

    def test_finds_her_mail_for_who_may_see_mail(self, desk: Client, ada: User, kim: User, log_in: Any) -> None:
        mail_to(ada.email)
        assert set(find(desk, ada.email)) == {"Users", "Messages"}
        assert set(find(log_in(kim, console=True), ada.email)) == {"Users"}

    @pytest.mark.parametrize("address", ["Ada+x@Example.com", "a.d.a+y@GoogleMail.com", "a+b+c@d.example"])
    def test_reads_a_mailbox_as_the_database_does(self, address: str, db: None) -> None:
        user = UserFactory(email=address)
        assert User.objects.annotate(box=Mailbox("email")).get(pk=user.pk).box == mailbox_of(address)


class TestByName:
    def test_ranks_the_whole_name_first_and_stops_at_five_a_kind(self, desk: Client) -> None:
        for name in ("Ada Lovelace-King", "Countess Lovelace", "Lovelace", *("A. Lovelace" for _ in range(6))):
            UserFactory(name=name)
        WorkspaceFactory(name="Lovelace & Co", owner=UserFactory(name="Bo"))
        found = find(desk, "lovelace")
        assert found["Users"][0] == "Lovelace"
        assert len(found["Users"]) == PER_KIND
        assert found["Workspaces"][0] == "Lovelace & Co"

    def test_needs_three_letters(self, desk: Client, ada: User) -> None:
        assert find(desk, "ad") == {}


class TestByNetwork:
    @pytest.mark.parametrize("term", ["203.0.113.7", "203.0.113.0/24"])
    def test_finds_whose_logins_came_from_there(self, term: str, desk: Client, ada: User) -> None:
        LoginNetwork.objects.create(
            user=ada, account_digest="1", network="203.0.113.7", first_seen_at=now(), last_seen_at=now()
        )
        assert find(desk, term) == {"Users": ["Ada Lovelace"]}

    def test_leads_to_the_trail_for_who_may_read_it(self, bridge: Client) -> None:
        assert find(bridge, "203.0.113.7") == {"Trail": ["Everything done from there"]}


class TestByRequest:
    def test_finds_what_it_did(self, bridge: Client, desk: Client) -> None:
        request_id = "req_01j6y16zr0fy49nr6bzqmfc1jx"
        with context.bound(context.Context(request_id=request_id)):
            entry_id = audit_services.record(action="tests.note.changed", at=now(), actor=SUPPORT)
        answer = bridge.get(reverse("admin:find"), {"q": request_id})
        assert answer["Location"] == reverse("admin:audit_entry_change", args=[entry_id])
        assert find(desk, request_id) == {}


class TestByKey:
    def test_finds_the_key_by_its_prefix_or_whole(self, desk: Client) -> None:
        made = ApiKeyFactory()
        for term in (made.key.key_prefix, made.secret):
            answer = desk.get(reverse("admin:find"), {"q": term})
            assert answer["Location"] == reverse("admin:accounts_apikey_change", args=[made.key.public_id])


class TestTrail:
    def test_keeps_each_search_without_its_term(self, desk: Client, ada: User) -> None:
        find(desk, ada.email)
        ((kind, details),) = searched()
        assert kind == "console.omnibox"
        assert "accounts.user/address" in details
        assert "ada@" not in details

    def test_keeps_nothing_where_nothing_was_looked_for(self, desk: Client) -> None:
        find(desk, "a")
        assert searched() == []


class TestRegistry:
    def test_has_only_finders_whose_permission_somebody_holds(self) -> None:
        from accounts.roles import PERMISSIONS

        assert {finder.permission for finder in registries.omnibox} <= set(PERMISSIONS)


class TestNothing:
    def test_says_what_can_be_typed(self, desk: Client) -> None:
        answer = desk.get(reverse("admin:find"), {"q": "zzzzzz"})
        assert "a whole e-mail address" in answer.text
        assert "a request" not in answer.text  # support may not read the trail
