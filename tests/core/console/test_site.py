"""The frame: who gets in, what they see of it, how it says no."""

from __future__ import annotations

import pytest
from django.apps import apps
from django.contrib import admin as django_admin
from django.contrib.auth.models import Group
from django.core.exceptions import ImproperlyConfigured
from django.urls import reverse

from accounts.models import User, Workspace
from core import registries
from core.console import ConsoleAdmin, HomeCard, ports
from core.console.nav import Nav
from core.console.sites import ConsoleSite
from tests.core.console import demo

HOME = "/admin/"


class TestSignIn:
    @pytest.mark.parametrize("path", [HOME, "/admin/accounts/user/", "/admin/nowhere/", "/admin/report/"])
    def test_is_asked_of_everybody(self, client, db, path):
        answer = client.get(path)
        assert answer.status_code == 302
        assert answer.url.startswith(reverse("admin:login"))

    def test_is_asked_of_customers_too(self, client, ada):
        client.force_login(ada, backend="tests.core.console.demo.DemoBackend")
        assert client.get(HOME).status_code == 302

    def test_page_shows(self, client, db):
        assert client.get(reverse("admin:login")).status_code == 200

    def test_page_can_be_replaced(self, client, db, monkeypatch):
        from django.http import HttpResponse

        monkeypatch.setattr(ports, "_login_view", lambda _request: HttpResponse("ours"))
        assert client.get(reverse("admin:login")).text == "ours"


class TestGate:
    def test_answers_before_any_page(self, sign_in, monkeypatch):
        from django.http import HttpResponse

        client = sign_in("demo.view")
        monkeypatch.setattr(ports, "_gate", lambda _request: HttpResponse("second factor, please", status=401))
        assert client.get("/admin/accounts/user/").status_code == 401

    def test_lets_through_where_it_has_nothing_to_say(self, sign_in, monkeypatch):
        monkeypatch.setattr(ports, "_gate", lambda _request: None)
        assert sign_in("demo.view").get("/admin/accounts/user/").status_code == 200

    def test_does_not_keep_anybody_from_logging_out(self, sign_in, monkeypatch):
        from django.http import HttpResponse

        client = sign_in()
        monkeypatch.setattr(ports, "_gate", lambda _request: HttpResponse(status=401))
        assert client.post(reverse("admin:logout")).status_code != 401


class TestSidebar:
    def titles(self, client):
        return [item.title for group in client.get(HOME).context["sidebar"] for item in group.items]

    def test_shows_each_viewer_their_own(self, sign_in):
        assert self.titles(sign_in("demo.view_workspace")) == ["Home", "Workspaces"]

    def test_keeps_the_order_of_groups_and_items(self, sign_in):
        everything = sign_in("demo.view", "demo.view_workspace", "demo.report")
        assert self.titles(everything) == ["Home", "Users", "Workspaces", "Report"]

    def test_marks_where_one_is(self, sign_in, ada):
        page = sign_in("demo.view").get(reverse("admin:accounts_user_change", args=[ada.public_id]))
        current = [i.title for group in page.context["sidebar"] for i in group.items if i.is_current]
        assert current == ["Users"]


class TestForbidden:
    def test_names_the_permission_and_the_roles_that_have_it(self, sign_in, monkeypatch):
        monkeypatch.setattr(ports, "_role_lookup", lambda _permission: ["Support lead", "Founder"])
        answer = sign_in().get("/admin/accounts/user/")
        assert answer.status_code == 403
        assert "demo.view" in answer.text
        assert "Support lead, Founder" in answer.text


class TestNotFound:
    def test_keeps_the_frame(self, sign_in):
        answer = sign_in("demo.view").get("/admin/nowhere/")
        assert answer.status_code == 404
        assert "Users" in answer.text

    def test_adds_a_missing_slash(self, sign_in):
        answer = sign_in("demo.view").get("/admin/accounts/user")
        assert (answer.status_code, answer.url) == (302, "/admin/accounts/user/")


class TestBanner:
    TEXT = "The second factor is not asked for here"

    def test_is_on_every_page_where_no_second_factor_is_asked_for(self, sign_in, settings):
        settings.STAFF_MFA_REQUIRED = False
        assert self.TEXT in sign_in().get(HOME).text

    def test_is_absent_otherwise(self, sign_in, settings):
        settings.STAFF_MFA_REQUIRED = True
        assert self.TEXT not in sign_in().get(HOME).text

    def test_the_environment_has_its_label(self, sign_in):
        assert ">test<" in sign_in().get(HOME).text.replace("\n", "").replace(" ", "")


class TestPolicy:
    def test_has_neither_eval_nor_inline(self, sign_in):
        policy = sign_in().get(HOME)["Content-Security-Policy"]
        assert "unsafe" not in policy
        assert "'nonce-" in policy

    def test_no_page_carries_inline_code_or_handlers(self, sign_in, ada):
        import re

        client = sign_in("demo.view", "demo.rename")
        for path in (HOME, "/admin/accounts/user/", reverse("admin:accounts_user_change", args=[ada.public_id])):
            text = client.get(path).text
            assert not re.search(r"\son\w+=|\sstyle=|x-data|x-on:|javascript:", text), path

    def test_pages_are_not_kept_by_browsers(self, sign_in):
        assert "no-store" in sign_in().get(HOME)["Cache-Control"]


class TestHome:
    @pytest.fixture
    def card(self, monkeypatch):
        made = HomeCard("claims", "My claims", "demo.view", "console/parts/nothing.html", demo.claims)
        monkeypatch.setattr(registries.home_cards, "_entries", {"claims": made})
        return made

    def test_shows_the_cards_one_may_see(self, sign_in, card):
        assert "My claims" in sign_in("demo.view").get(HOME).text

    def test_hides_the_others(self, sign_in, card):
        assert "My claims" not in sign_in().get(HOME).text

    def test_loads_each_card_by_itself(self, sign_in, card):
        assert "two claims of Sam" in sign_in("demo.view").get(reverse("admin:home_card", args=["claims"])).text

    def test_refuses_a_card_directly_too(self, sign_in, card):
        assert sign_in().get(reverse("admin:home_card", args=["claims"])).status_code == 403

    def test_says_what_an_empty_card_means(self, sign_in, card, monkeypatch):
        empty = HomeCard("claims", "My claims", "demo.view", "x.html", lambda _user: None, empty="No claims of yours.")
        monkeypatch.setattr(registries.home_cards, "_entries", {"claims": empty})
        assert "No claims of yours." in sign_in("demo.view").get(reverse("admin:home_card", args=["claims"])).text

    def test_is_404_for_a_card_nobody_made(self, sign_in):
        assert sign_in("demo.view").get(reverse("admin:home_card", args=["nothing"])).status_code == 404


class TestView:
    URL = "/admin/report/"

    def test_needs_its_permission(self, sign_in):
        assert sign_in().get(self.URL).status_code == 403

    def test_shows_to_those_who_have_it(self, sign_in):
        assert sign_in("demo.report").get(self.URL).status_code == 200

    def test_records_a_refused_write(self, sign_in, entries):
        assert sign_in().post(self.URL).status_code == 403
        assert [(e["action"], e["outcome"]) for e in entries] == [("console.demo_report.posted", "refused")]

    def test_records_a_read_where_it_says_whose(self, sign_in, entries, monkeypatch):
        monkeypatch.setattr(demo.DemoView, "target_kind", "demo.report")
        sign_in("demo.report").get(self.URL)
        assert [(e["action"], e["target"].kind) for e in entries] == [("console.page.read", "demo.report")]

    def test_is_stopped_politely_when_it_takes_too_long(self, sign_in, settings, monkeypatch):
        settings.CONSOLE_STATEMENT_TIMEOUT_MS = 100
        monkeypatch.setattr(demo.DemoView, "get_context", lambda _self, _request: demo.sleep_long(None))
        answer = sign_in("demo.report").get(self.URL)
        assert answer.status_code == 503
        assert "Narrow the search" in answer.text

    def test_may_take_longer_where_it_says_so(self, sign_in, settings, monkeypatch):
        settings.CONSOLE_STATEMENT_TIMEOUT_MS = 50
        monkeypatch.setattr(demo.DemoView, "statement_timeout_ms", 5000)
        monkeypatch.setattr(demo.DemoView, "get_context", lambda _self, _request: demo.sleep_a_little())
        assert sign_in("demo.report").get(self.URL).status_code == 200


class TestRegister:
    def test_turns_away_what_does_not_stand_on_the_base(self):
        site = ConsoleSite(own_nav=Nav("item"))
        site.register([Group], django_admin.ModelAdmin)
        site.register(User)
        assert [model for model, _ in site.turned_away] == [Group, User]
        assert not site.is_registered(Group)

    def test_lets_libraries_unregister_what_was_turned_away(self):
        site = ConsoleSite(own_nav=Nav("item"))
        site.unregister(Group)
        assert not site.is_registered(Group)

    def test_refuses_an_admin_without_a_permission(self):
        class Careless(ConsoleAdmin):
            pass

        with pytest.raises(ImproperlyConfigured, match="view_permission"):
            ConsoleSite(own_nav=Nav("item")).register(Workspace, Careless)


class TestDjangosQuestions:
    def test_nobody_may_add_change_or_delete(self, sign_in, ada, rf):
        console_admin = demo.site._registry[User]
        request = rf.get("/")
        request.user = ada
        assert not console_admin.has_add_permission(request)
        assert not console_admin.has_change_permission(request, ada)
        assert not console_admin.has_delete_permission(request, ada)

    def test_the_admin_app_keeps_its_label(self):
        assert apps.get_app_config("admin").name == "django.contrib.admin"
