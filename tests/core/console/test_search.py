from __future__ import annotations

import uuid

import pytest
from django.db.models import Q

from accounts.models import User
from core.console.footprints import commitment
from core.console.search import TERM_LIMIT, SearchRule, run_search

RULES = (
    SearchRule.public_id(),
    SearchRule.email(),
    SearchRule.prefix("locale", pattern="en.*"),
    SearchRule.trigram("name"),
)


def search(term, rules=RULES):
    return run_search(User.objects.all(), rules=rules, term=term)


def sql_of(result):
    return str(result.queryset.query)


class TestClassification:
    @pytest.mark.parametrize(
        ("term", "rules"),
        [
            ("ada@example.com", ("email",)),
            ("018f0000-0000-7000-8000-000000000000", ("id",)),
            ("love", ("trigram:name",)),
            ("en-us", ("prefix:locale", "trigram:name")),
        ],
    )
    def test_asks_only_the_rules_that_recognise_the_term(self, term, rules):
        assert search(term).rules == rules

    def test_recognises_a_public_id_of_the_model(self, ada):
        assert list(search(ada.public_id).queryset) == [ada]

    def test_recognises_another_kind_of_id_on_a_foreign_key(self):
        rule = SearchRule.public_id("personal_workspace", prefix="wsp")
        found = search("wsp_" + "0" * 26, rules=(rule,))
        assert found.rules == ("id:personal_workspace",)

    def test_finds_an_address_whatever_its_case(self, ada):
        assert list(search("ADA@Example.COM").queryset) == [ada]

    def test_finds_part_of_a_name_whatever_its_case(self, ada):
        assert list(search("LOVEL").queryset) == [ada]

    def test_finds_nothing_by_two_letters_and_says_what_would(self, ada):
        found = search("lo")
        assert list(found.queryset) == []
        assert "whole e-mail address" in found.explanation
        assert "name (3 letters or more)" in found.explanation

    def test_does_not_touch_the_list_without_a_term(self, ada):
        assert search("   ").term == ""
        assert list(search("   ").queryset) == [ada]

    def test_never_matches_inside_an_address(self):
        assert "LIKE" not in sql_of(search("ada@example.com"))

    def test_treats_wildcards_as_letters(self, ada):
        assert list(search("%%%").queryset) == []


class TestInput:
    def test_drops_control_characters_and_nul(self, ada):
        assert list(search("Love\x00lace\x1b").queryset) == [ada]

    def test_cuts_a_term_that_is_too_long(self):
        assert len(search("a" * 5000).term) == TERM_LIMIT


class TestIp:
    rule = SearchRule.ip("client_ip")

    def condition(self, term):
        return self.rule.build(User, term)

    @pytest.mark.parametrize("term", ["203.0.113.7", "2001:db8::7"])
    def test_is_exact_for_an_address(self, term):
        assert self.condition(term) == Q(client_ip=term)

    def test_is_a_range_for_a_network(self):
        assert self.condition("203.0.113.0/24") == Q(client_ip__gte="203.0.113.0", client_ip__lte="203.0.113.255")

    @pytest.mark.parametrize("term", ["12345", "ada@example.com", "203.0.113", "999.1.1.1", "::g"])
    def test_does_not_recognise_anything_else(self, term):
        assert self.condition(term) is None


class TestExact:
    def test_asks_for_the_whole_value_of_the_right_shape(self):
        rule = SearchRule.exact("stripe_id", pattern=r"cus_\w+", label="Stripe id")
        assert rule.build(User, "cus_123") == Q(stripe_id="cus_123")
        assert rule.build(User, "ada") is None


class TestPublicId:
    def test_takes_a_bare_uuid(self):
        value = uuid.uuid4()
        assert SearchRule.public_id().build(User, str(value)) == Q(pk=value)

    def test_does_not_take_another_kind_of_id(self):
        assert SearchRule.public_id().build(User, "wsp_" + "0" * 26) is None


class TestCommitment:
    def test_is_the_same_for_the_same_term_in_any_case(self):
        assert commitment("Ada@Example.com") == commitment("ada@example.com")

    def test_does_not_show_the_term(self):
        assert "ada" not in commitment("ada@example.com")
