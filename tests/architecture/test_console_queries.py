"""No list, search, page or panel of the console asks the database more than a dozen times.

Counted are all statements, those that begin and end the transaction too, on the demo company: rows of every kind
with what hangs on them. What is read is shown to somebody with every role, because nobody is shown more.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
from django.contrib.auth import get_user_model
from django.contrib.auth.models import Group
from django.db import connection
from django.db.models import Model
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from accounts.roles import StaffRole
from benchmarks._console_pages import pages_of
from core import demo, registries
from core.console import console_site
from operations.demo.load import load
from tests import console_samples, database
from tests.architecture.console_pages import view_url
from tests.cast import log_in_as

AT = datetime(2026, 3, 2, 9, 30, tzinfo=UTC)
MOST = 12
LOOKED_THROUGH = 2000
SHAPES = 12
ADMINS = list(console_site._registry.values())
VIEWS = [name for _route, view, name in console_site.views if hasattr(view, "get")]


@pytest.fixture(scope="module")
def company(django_db_setup: None, django_db_blocker: Any) -> Iterator[None]:
    """The demo company with sixty customers."""
    with django_db_blocker.unblock():
        load(at=AT, users=60)
        yield
        database.clone(database.ensure_template(), connection.settings_dict["NAME"])


@pytest.fixture
def everybody(company: None, db: None) -> Client:
    """Somebody with every role."""
    user = get_user_model().objects.get(email=f"{StaffRole.FOUNDER.value}@{demo.STAFF_DOMAIN}")
    user.groups.set(Group.objects.filter(name__in=StaffRole.values))
    return log_in_as(user, console=True)


def refuse_more_than_a_dozen(
    client: Client, url: str, *, answers: tuple[int, ...] = (200,), headers: Any = None
) -> None:
    client.get(url, headers=headers)  # what a process keeps is filled
    with CaptureQueriesContext(connection) as captured:
        answer = client.get(url, headers=headers)
    assert answer.status_code in answers, url
    listed = "\n".join(f"{n}. {query['sql'][:200]}" for n, query in enumerate(captured, start=1))
    assert len(captured) <= MOST, f"{len(captured)} queries on {url}:\n{listed}"


def shape_of(obj: Model) -> tuple[Any, ...]:
    """Its states and kinds, and which of its columns are empty: rows of one shape cost the same."""
    fields = [(field, getattr(obj, field.attname)) for field in obj._meta.concrete_fields]
    return tuple(value if field.choices else value in (None, "") for field, value in fields)


def one_a_shape(model: type[Model]) -> list[Model]:
    shapes: dict[tuple[Any, ...], Model] = {}
    for obj in model._default_manager.all()[:LOOKED_THROUGH]:
        shapes.setdefault(shape_of(obj), obj)
    found = sorted(shapes, key=lambda shape: sum(part is True for part in shape))  # the fullest first
    return [shapes[shape] for shape in found[:SHAPES]]


@pytest.mark.parametrize("console_admin", ADMINS, ids=lambda a: a.model._meta.label)
class TestEveryModel:
    def test_has_cheap_lists_and_searches(self, console_admin: Any, everybody: Client) -> None:
        for page in pages_of(everybody, console_admin.model, console_admin):
            refuse_more_than_a_dozen(everybody, page.url)

    def test_has_cheap_pages_and_panels(self, console_admin: Any, everybody: Client) -> None:
        for obj in one_a_shape(console_admin.model):
            url = console_admin.url_of(obj)
            refuse_more_than_a_dozen(everybody, url)
            for panel in everybody.get(url).context_data["panels"]:
                refuse_more_than_a_dozen(everybody, panel.url)


@pytest.mark.parametrize("name", VIEWS)
def test_every_view_is_cheap(name: str, everybody: Client) -> None:
    sample = console_samples.VIEWS.get(name)
    if sample and sample.make:
        sample.make()
    refuse_more_than_a_dozen(everybody, view_url(name), answers=(200, 302))


TERMS = {
    "id": lambda user: user.public_id,
    "id of nobody": lambda _user: "usr_01j6y16zr0fy49nr6bzqmfc1jx",
    "address": lambda user: user.email,
    "another spelling": lambda user: user.email.replace("@", "+x@"),
    "name": lambda _user: "ada",
    "address of a machine": lambda _user: "203.0.113.7",
    "network": lambda _user: "192.0.2.0/24",
    "API key": lambda _user: "bk_live_1A",
    "workspace": lambda user: user.personal_workspace.public_id,
    "nothing": lambda _user: "??",
}


@pytest.mark.parametrize("kind", TERMS)
@pytest.mark.parametrize("headers", [{}, {"HX-Request": "true"}], ids=["page", "list"])
def test_the_omnibox_is_cheap(kind: str, headers: dict[str, str], everybody: Client) -> None:
    term = TERMS[kind](get_user_model().objects.get(email="ada@example.test"))
    url = reverse("admin:find", query={"q": term, "all": "1"})
    refuse_more_than_a_dozen(everybody, url, headers=headers)


def test_home_is_cheap(everybody: Client) -> None:
    refuse_more_than_a_dozen(everybody, reverse("admin:index"))
    for name, _card in registries.home_cards.items():
        refuse_more_than_a_dozen(everybody, reverse("admin:home_card", args=[name]))
