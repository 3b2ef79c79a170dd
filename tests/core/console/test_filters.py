from __future__ import annotations

from datetime import UTC, datetime

import pytest
from django.contrib.admin import SimpleListFilter
from django.core.exceptions import ImproperlyConfigured
from django.db.models import Q
from django.utils import timezone

from accounts.models import User, Workspace
from core.console.filters import BooleanFilter, ChoiceFilter, DateRangeFilter, TokenFilter, as_filter


def bind(entry, rf, query, model=User):
    return as_filter(entry, model=model, admin=None).bind(rf.get(f"/?{query}"), model)


class TestAsFilter:
    @pytest.mark.parametrize(
        ("name", "kind"), [("status", ChoiceFilter), ("is_staff", BooleanFilter), ("created_at", DateRangeFilter)]
    )
    def test_reads_the_kind_off_the_field(self, name, kind):
        assert isinstance(as_filter(name, model=User, admin=None), kind)

    @pytest.mark.parametrize("name", ["email", "name"])
    def test_refuses_a_field_without_bounds(self, name):
        with pytest.raises(ImproperlyConfigured, match="not bounded"):
            as_filter(name, model=User, admin=None)

    def test_refuses_a_foreign_key(self):
        with pytest.raises(ImproperlyConfigured, match="not bounded"):
            as_filter("personal_owner", model=Workspace, admin=None)


class TestChoiceFilter:
    def test_narrows_to_the_choice(self, rf):
        assert bind("status", rf, "status=banned").condition == Q(status="banned")

    def test_finds_nothing_by_a_made_up_choice_and_says_so(self, rf, ada):
        bound = bind("status", rf, "status=purple")
        assert "purple" in bound.error
        assert list(bound.apply(User.objects.all())) == []

    def test_does_nothing_unasked(self, rf, ada):
        bound = bind("status", rf, "")
        assert not bound.is_active
        assert list(bound.apply(User.objects.all())) == [ada]


class TestBooleanFilter:
    def test_narrows_to_no(self, rf):
        assert bind("is_staff", rf, "is_staff=0").condition == Q(is_staff=False)

    def test_says_what_it_cannot_read(self, rf):
        assert bind("is_staff", rf, "is_staff=maybe").error


class TestDateRangeFilter:
    def test_takes_whole_days_in_the_viewers_zone(self, rf):
        with timezone.override("Europe/Berlin"):
            bound = bind("created_at", rf, "created_at_from=2026-03-01&created_at_to=2026-03-02")
        assert bound.condition == Q(
            created_at__gte=datetime(2026, 2, 28, 23, tzinfo=UTC), created_at__lt=datetime(2026, 3, 2, 23, tzinfo=UTC)
        )

    @pytest.mark.parametrize("text", ["yesterday", "2026-13-01", "0"])
    def test_says_how_a_day_is_written(self, rf, text):
        assert "2026-01-31" in bind("created_at", rf, f"created_at_from={text}").error

    def test_survives_the_last_day_there_is(self, rf):
        assert bind("created_at", rf, "created_at_to=9999-12-31").condition == Q()


class TestTokenFilter:
    by_name = TokenFilter(
        "who", title="Who", parse=lambda t: Q(name=t) if t.isalpha() else None, expects="letters only"
    )

    def test_uses_what_it_understands(self, rf):
        assert bind(self.by_name, rf, "who=Ada").condition == Q(name="Ada")

    def test_says_what_it_expects(self, rf):
        assert "letters only" in bind(self.by_name, rf, "who=1").error

    def test_drops_control_characters(self, rf):
        assert bind(self.by_name, rf, "who=A%00da").value == "Ada"


class Staffness(SimpleListFilter):
    title = "kind"
    parameter_name = "kind"

    def lookups(self, request, model_admin):
        return [("staff", "Staff")]

    def queryset(self, request, queryset):
        return queryset.filter(is_staff=True) if self.value() == "staff" else queryset


class TestStockFilter:
    def test_lets_djangos_own_filter_narrow(self, rf, ada):
        assert list(bind(Staffness, rf, "kind=staff").apply(User.objects.all())) == []

    def test_does_nothing_unasked(self, rf, ada):
        assert list(bind(Staffness, rf, "").apply(User.objects.all())) == [ada]
