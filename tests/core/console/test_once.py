"""Two clicks at the same moment, over two connections, on the real trail."""

from __future__ import annotations

from threading import Barrier, Thread

import pytest
from django.db import connection
from django.test import Client
from django.urls import reverse

from accounts.models import User
from audit import services as audit_services
from core import trail
from tests import races
from tests.core.console import demo


def trail_of(action_prefix):
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT action, outcome FROM audit_entry WHERE action LIKE %s ORDER BY seq", [f"{action_prefix}%"]
        )
        return cursor.fetchall()


@pytest.fixture
def sam(transactional_db, monkeypatch):
    """Sam of support with everything, on the real trail."""
    monkeypatch.setattr(trail, "_recorder", audit_services.record)
    user = User.objects.create(email="sam@ballast.test", name="Sam", is_staff=True)
    demo.PERMISSIONS[user.email] = {"demo.view", "demo.rename"}
    client = Client()
    client.force_login(user, backend="tests.core.console.demo.DemoBackend")
    return client


@pytest.fixture
def url(sam):
    ada = User.objects.create(email="ada@example.com", name="Ada Lovelace")
    return reverse("admin:accounts_user_action", args=[ada.public_id, "rename"])


class TestOneFormTwoClicks:
    def test_have_one_effect_and_one_entry(self, sam, url):
        form = {"name": "Ada King", "reason": "asked", "token": sam.get(url).context["token"]}
        start = Barrier(6)
        codes = []

        def click():
            browser = Client()
            browser.cookies = sam.cookies
            start.wait()
            codes.append(browser.post(url, form).status_code)
            connection.close()

        clicks = [Thread(target=click) for _ in range(6)]
        [thread.start() for thread in clicks]
        [thread.join() for thread in clicks]
        assert codes == [302] * 6
        assert trail_of("demo.") == [("demo.user.renamed", "done")]

    def test_hold_for_each_of_many_forms_sent_at_once(self, sam, url):
        forms = [
            {"name": f"Ada {n}", "reason": "asked", "token": sam.get(url).context["token"]}
            for n in range(races.THREADS)
        ]

        def send(number):
            browser = Client()
            browser.cookies = sam.cookies
            return browser.post(url, forms[number]).status_code

        assert races.at_once(send) == [302] * len(forms)
        assert len(trail_of("demo.")) == len(forms)
        again = [send(number) for number in range(len(forms))]
        assert again == [302] * len(forms)
        assert len(trail_of("demo.")) == len(forms)

    def test_may_be_sent_again_after_a_refusal(self, sam, url):
        token = sam.get(url).context["token"]
        sam.post(url, {"name": "a name of more than twenty letters", "reason": "asked", "token": token})
        sam.post(url, {"name": "Ada King", "reason": "asked", "token": token})
        assert trail_of("demo.") == [("demo.user.rename", "refused"), ("demo.user.renamed", "done")]


class TestRefusedAttempt:
    def test_stays_in_the_trail_though_its_transaction_is_undone(self, sam, url):
        sam.post(url, {"name": "a name of more than twenty letters", "reason": "asked"})
        assert User.objects.get(email="ada@example.com").name == "Ada Lovelace"
        assert trail_of("demo.") == [("demo.user.rename", "refused")]


class TestFailedAttempt:
    def test_stays_in_the_trail_too(self, sam, url):
        sam.raise_request_exception = False
        sam.post(url, {"name": "explode", "reason": "asked"})
        assert trail_of("demo.") == [("demo.user.rename", "failed")]
