"""Every deed of the console says what it will change before it runs."""

from __future__ import annotations

import re
from typing import Any

import pytest
from django.urls import reverse

from core.console import DeedView, console_site
from core.console.cells import public_id_of
from tests import console_samples
from tests.architecture.console_pages import view_url
from tests.architecture.test_console_entries import ACTIONS, name_of, sample_of, staff_with

DEEDS = [(view, name) for _route, view, name in console_site.views if issubclass(view, DeedView)]
FOR_MACHINES = re.compile(r"\d{4}-\d\d-\d\dT|\d\.\d{6}")
AS_HTMX = {"HX-Request": "true"}


def refuse_speechless(answer: Any) -> None:
    """What is shown says something, and says times as people read them."""
    assert answer.status_code == 200
    effects = answer.context_data["effects"]
    assert effects
    assert all(str(effect.label).strip() for effect in effects)
    text = re.sub(r"<[^>]+>", " ", answer.content.decode())
    assert not FOR_MACHINES.search(text), text


@pytest.mark.parametrize("pair", ACTIONS, ids=name_of)
class TestEveryAction:
    def test_says_its_effect(self, pair: Any, db: None) -> None:
        console_admin, action = pair
        assert action.effect is not None
        obj, sample = sample_of(console_admin, action)
        client = staff_with({action.permission, console_admin.view_permission}, has=True)
        if sample.adopt:
            sample.adopt(obj, client.get("/admin/").wsgi_request.user)
        url = reverse(console_admin.url_name("action"), args=[public_id_of(obj), action.name])
        filled = {"reason": "For the test", **sample.data}
        refuse_speechless(client.get(url, filled, headers=AS_HTMX))


@pytest.mark.parametrize("pair", [pair for pair in ACTIONS if pair[1].bulk], ids=name_of)
class TestEveryBulkAction:
    def test_says_its_effect_on_many(self, pair: Any, db: None) -> None:
        console_admin, action = pair
        obj, sample = sample_of(console_admin, action)
        client = staff_with({action.permission, console_admin.view_permission}, has=True)
        url = reverse(console_admin.url_name("bulk"), args=[action.name])
        page = client.post(url, {"id": [public_id_of(obj)]})
        refuse_speechless(page)
        filled = {"reason": "For the test", **sample.data, "chosen": page.context_data["chosen"]}
        refuse_speechless(client.post(url, filled, headers=AS_HTMX))


@pytest.mark.parametrize(("view", "name"), DEEDS, ids=[name for _view, name in DEEDS])
class TestEveryDeedOfItsOwnPage:
    def test_says_its_effect(self, view: Any, name: str, db: None) -> None:
        sample = console_samples.VIEWS.get(name, console_samples.ViewSample())
        if sample.make:
            sample.make()
        client = staff_with({view.permission}, has=True)
        refuse_speechless(client.get(view_url(name), sample.data or {}, headers=AS_HTMX))
