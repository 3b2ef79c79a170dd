"""What people see when the frame itself cannot be shown."""

from __future__ import annotations

import pytest
from django.template.loader import render_to_string
from django.test import Client
from django.urls import reverse

from core import context


class TestServerError:
    def test_says_so_with_the_request_id_and_nothing_else(self, sign_in, ada):
        client = sign_in("demo.view", "demo.rename")
        client.raise_request_exception = False
        url = reverse("admin:accounts_user_action", args=[ada.public_id, "rename"])
        answer = client.post(url, {"name": "explode", "reason": "to see it"})
        assert answer.status_code == 500
        assert answer["X-Request-Id"] in answer.text
        assert "boom" not in answer.text


class TestOldForm:
    def test_is_refused_politely(self, sign_in, ada):
        strict = Client(enforce_csrf_checks=True)
        strict.cookies = sign_in("demo.view", "demo.rename").cookies
        answer = strict.post(reverse("admin:accounts_user_action", args=[ada.public_id, "rename"]), {"name": "x"})
        assert answer.status_code == 403
        assert "Nothing was changed" in answer.text


@pytest.mark.parametrize("name", ["400", "403", "403_csrf", "404", "500"])
def test_every_plain_page_needs_no_context(name):
    with context.bound(context.Context(request_id="req_1")):
        assert "req_1" in render_to_string(f"{name}.html")
