"""Lists by keyset: nothing lost, nothing twice, no cursor obeyed that we did not make."""

from __future__ import annotations

import base64

import pytest
from django.contrib.auth.models import Group
from django.test import Client

from core.api.errors import InvalidCursor
from core.api.pagination import Cursor, decode_cursor, encode_cursor

pytestmark = [pytest.mark.urls("tests.core.api_views"), pytest.mark.django_db]


@pytest.fixture
def names() -> list[str]:
    Group.objects.all().delete()
    names = [f"g{n:02}" for n in range(12)]
    Group.objects.bulk_create(Group(name=name) for name in names)
    return names


def pages(url: str, link: str) -> list[list[str]]:
    found = []
    while url:
        page = Client().get(url).json()
        found.append(page["results"])
        url = page[link]
    return found


class TestKeysetPagination:
    def test_next_leads_through_all_rows_once(self, names):
        assert pages("/api/groups/?page_size=5", "next") == [names[:5], names[5:10], names[10:]]

    def test_previous_leads_back_the_same_way(self, names):
        last = Client().get("/api/groups/?page_size=5").json()
        while last["next"]:
            last = Client().get(last["next"]).json()

        assert pages(last["previous"], "previous") == [names[5:10], names[:5]]

    def test_a_page_that_ends_with_the_list_has_no_next(self, names):
        assert Client().get("/api/groups/?page_size=12").json()["next"] is None

    def test_the_first_page_has_no_previous(self, names):
        assert Client().get("/api/groups/?page_size=5").json()["previous"] is None

    def test_going_back_to_the_first_page_ends_there(self, names):
        second = Client().get(Client().get("/api/groups/?page_size=5").json()["next"]).json()

        assert Client().get(second["previous"]).json()["previous"] is None

    def test_a_row_added_before_the_cursor_shifts_nothing(self, names):
        following = Client().get("/api/groups/?page_size=5").json()["next"]
        Group.objects.create(name="a first one")

        assert Client().get(following).json()["results"] == names[5:10]

    def test_rows_gone_behind_the_cursor_leave_an_empty_page_with_a_way_back(self, names):
        following = Client().get("/api/groups/?page_size=5").json()["next"]
        Group.objects.filter(name__gte="g05").delete()
        page = Client().get(following).json()

        assert (page["results"], page["next"]) == ([], None)
        assert Client().get(page["previous"]).json()["results"] == names[:5]

    def test_an_empty_list_is_one_empty_page(self, names):
        Group.objects.all().delete()

        assert Client().get("/api/groups/").json() == {"results": [], "next": None, "previous": None}

    @pytest.mark.parametrize("size", ["0", "-1", "101", "1.5", "x", "", "9" * 30, "٣"])
    def test_a_page_size_outside_1_to_100_is_refused(self, size):
        answer = Client().get("/api/groups/", {"page_size": size})

        assert (answer.status_code, answer.json()["errors"][0]["field"]) == (400, "page_size")

    @pytest.mark.parametrize(
        "cursor", ["", "x", "ключ", "A" * 401, "!!!!", "=", base64.b64encode(b"[0,1]" * 9).decode()]
    )
    def test_a_cursor_we_did_not_make_is_refused(self, cursor):
        answer = Client().get("/api/groups/", {"cursor": cursor})

        assert (answer.status_code, answer.json()["code"]) == (400, "invalid_cursor")

    def test_every_altered_character_is_noticed(self):
        text = encode_cursor(Cursor(values=("a", "b")), salt="list")

        for index, character in enumerate(text[:-1]):
            altered = text[:index] + ("A" if character != "A" else "B") + text[index + 1 :]
            with pytest.raises(InvalidCursor):
                decode_cursor(altered, salt="list")

    def test_a_cursor_of_another_list_is_refused(self):
        with pytest.raises(InvalidCursor):
            decode_cursor(encode_cursor(Cursor(values=("a",)), salt="one"), salt="other")

    def test_a_page_costs_one_query(self, names, count_queries):
        following = Client().get("/api/groups/?page_size=5").json()["next"]

        with count_queries(1):  # 1. the page and one row more
            Client().get(following)
