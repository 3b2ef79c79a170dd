from __future__ import annotations

from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from accounts.models import User, Workspace

LIST = "/admin/accounts/user/"


def make_users(count):
    now = timezone.now()
    return [
        User.objects.create(email=f"u{n}@example.com", name=f"User {n:02}", created_at=now - timedelta(minutes=n))
        for n in range(count)
    ]


class TestListPage:
    def test_masks_addresses(self, sign_in, ada):
        page = sign_in("demo.view").get(LIST).text
        assert "a•••@e•••.com" in page
        assert "ada@example.com" not in page

    def test_leads_to_each_row(self, sign_in, ada):
        assert reverse("admin:accounts_user_change", args=[ada.public_id]) in sign_in("demo.view").get(LIST).text

    def test_is_not_recorded_without_a_search(self, sign_in, ada, entries):
        sign_in("demo.view").get(LIST)
        assert entries == []

    def test_records_a_search_without_its_term(self, sign_in, ada, entries):
        sign_in("demo.view").get(LIST, {"q": "ada@example.com"})
        (entry,) = entries
        assert entry["action"] == "console.list.searched"
        assert entry["details"]["rules"] == ["email"]
        assert "ada@" not in str(entry)

    def test_says_what_would_be_here(self, sign_in):
        client = sign_in("demo.view_workspace")
        assert Workspace.objects.count() == 0
        assert "Nothing is here yet." in client.get("/admin/accounts/workspace/").text

    def test_says_what_a_search_expects(self, sign_in, ada):
        assert "whole e-mail address" in sign_in("demo.view").get(LIST, {"q": "zz"}).text

    def test_turns_its_pages(self, sign_in):
        make_users(25)
        client = sign_in("demo.view")
        first = client.get(LIST)
        second = client.get(LIST + first.context["listing"].next_url)
        ids = [row.id for answer in (first, second) for row in answer.context["listing"].rows]
        assert len(ids) == len(set(ids)) == 20

    def test_counts_what_it_shows_without_asking_where_all_fits_a_page(self, sign_in, ada, django_assert_num_queries):
        client = sign_in("demo.view")
        assert str(client.get(LIST).context["listing"].count) == "2"

    @pytest.mark.parametrize(
        "query",
        [
            "cursor=rubbish",
            "sort=rubbish",
            "status=rubbish",
            "created_at_from=rubbish",
            "q=%00",
            "q=" + "x" * 3000,
            "email__startswith=a",
            "password__startswith=a",
            "p=3",
            "o=1.2",
            "_to_field=email",
        ],
    )
    def test_survives_what_people_write_into_addresses(self, sign_in, ada, query):
        assert sign_in("demo.view").get(f"{LIST}?{query}").status_code == 200

    def test_takes_no_filter_it_did_not_offer(self, sign_in, ada):
        rows = sign_in("demo.view").get(f"{LIST}?email__startswith=zzz").context["listing"].rows
        assert len(rows) == 2

    @pytest.mark.parametrize("method", ["post", "put", "patch", "delete"])
    def test_takes_no_other_method(self, sign_in, ada, method):
        assert getattr(sign_in("demo.view"), method)(LIST).status_code == 405

    def test_has_links_for_those_who_may_follow_them(self, sign_in, ada):
        client = sign_in("demo.view", "demo.sweep")
        assert 'href="/admin/sweep/?q=lovelace"' in client.get(LIST, {"q": "lovelace"}).text

    def test_hides_links_from_the_others(self, sign_in, ada):
        assert "/admin/sweep/" not in sign_in("demo.view").get(LIST).text

    def test_offers_bulk_actions_only_to_those_who_may(self, sign_in, ada):
        assert "bulk/rename" not in sign_in("demo.view").get(LIST).text

    def test_offers_bulk_actions_to_those_who_may(self, sign_in, ada):
        assert "bulk/rename" in sign_in("demo.view", "demo.rename").get(LIST).text


class TestQueryBudget:
    """1 session, 2 user, 3 savepoint, 4 statement limit, 5 rows, 6 (from a second page on) count, 7 release."""

    @pytest.mark.parametrize(("rows", "queries"), [(1, 6), (20, 7)])
    def test_does_not_grow_with_the_rows(self, sign_in, count_queries, rows, queries):
        client = sign_in("demo.view")
        make_users(rows)
        with count_queries(queries):
            client.get(LIST)

    @pytest.mark.parametrize("rows", [1, 20])
    def test_joins_what_the_rows_name(self, sign_in, count_queries, rows):
        client = sign_in("demo.view_workspace")
        for user in make_users(rows):
            Workspace.objects.create(name=user.name, personal_owner=user)
        # as above; the owners come with the rows
        with count_queries(6):
            client.get("/admin/accounts/workspace/")


class TestSuggestions:
    def test_gives_ids_and_titles(self, sign_in, ada):
        page = sign_in("demo.view").get(f"{LIST}suggest/", {"q": "lovelace"}).text
        assert f'data-value="{ada.public_id}"' in page
        assert "ada@" not in page

    def test_is_recorded_like_any_search(self, sign_in, ada, entries):
        sign_in("demo.view").get(f"{LIST}suggest/", {"q": "lovelace"})
        assert [entry["action"] for entry in entries] == ["console.list.searched"]

    def test_gives_nothing_for_two_letters(self, sign_in, ada, entries):
        assert "data-value" not in sign_in("demo.view").get(f"{LIST}suggest/", {"q": "lo"}).text
        assert entries == []

    def test_needs_the_permission(self, sign_in, ada):
        assert sign_in().get(f"{LIST}suggest/", {"q": "lovelace"}).status_code == 403

    def test_gives_ten_at_most(self, sign_in):
        make_users(15)
        assert sign_in("demo.view").get(f"{LIST}suggest/", {"q": "User"}).text.count("data-value") == 10
