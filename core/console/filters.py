"""List filters of the bounded kinds: a few choices, a span of days, a typed token."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from typing import Any

from django.contrib.admin import SimpleListFilter
from django.core.exceptions import ImproperlyConfigured
from django.db.models import BooleanField, DateField, Model, Q, QuerySet
from django.http import HttpRequest, QueryDict
from django.utils import timezone
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

Choices = Sequence[tuple[Any, Any]]


@dataclass(slots=True)
class Bound:
    """A filter with what the viewer chose: ``condition`` to apply, and what the form shows."""

    name: str
    title: Any
    kind: str
    values: dict[str, str]
    choices: list[tuple[str, str]] = field(default_factory=list)
    placeholder: Any = ""
    condition: Q | None = None
    narrow: Callable[[QuerySet[Any]], QuerySet[Any] | None] | None = None
    error: str = ""

    @property
    def is_active(self) -> bool:
        return any(self.values.values())

    @property
    def value(self) -> str:
        return self.values.get(self.name, "")

    def apply(self, queryset: QuerySet[Any]) -> QuerySet[Any]:
        """The rows this filter lets through; none where its input makes no sense."""
        if self.error:
            return queryset.none()
        if self.narrow is not None:
            narrowed = self.narrow(queryset)
            return queryset if narrowed is None else narrowed
        return queryset.filter(self.condition) if self.condition is not None else queryset


class Filter:
    """Base of the filters. ``name`` is the URL parameter."""

    def __init__(self, name: str, *, title: Any = "") -> None:
        self.name = name
        self.title = title

    def bind(self, request: HttpRequest, model: type[Model]) -> Bound:
        """This filter with the request's choice."""
        raise NotImplementedError

    def _title(self, model: type[Model]) -> Any:
        return self.title or capfirst(str(_field(model, self.name).verbose_name))


class ChoiceFilter(Filter):
    """One of a field's few choices (or of ``choices``)."""

    def __init__(self, name: str, *, title: Any = "", choices: Choices = (), lookup: str = "") -> None:
        super().__init__(name, title=title)
        self._choices = choices
        self._lookup = lookup or name

    def bind(self, request: HttpRequest, model: type[Model]) -> Bound:
        pairs = self._choices or _field(model, self.name).flatchoices
        choices = [(str(value), str(label)) for value, label in pairs]
        chosen = request.GET.get(self.name, "")
        bound = Bound(self.name, self._title(model), "choice", {self.name: chosen}, choices)
        if chosen and chosen not in dict(choices):
            bound.error = _("%(value)s is not one of the choices.") % {"value": chosen[:50]}
        elif chosen:
            bound.condition = Q(**{self._lookup: chosen})
        return bound


class BooleanFilter(Filter):
    """Yes or no."""

    def bind(self, request: HttpRequest, model: type[Model]) -> Bound:
        chosen = request.GET.get(self.name, "")
        choices = [("1", _("Yes")), ("0", _("No"))]
        bound = Bound(self.name, self._title(model), "choice", {self.name: chosen}, choices)
        if chosen in {"0", "1"}:
            bound.condition = Q(**{self.name: chosen == "1"})
        elif chosen:
            bound.error = _("%(value)s is not one of the choices.") % {"value": chosen[:50]}
        return bound


class DateRangeFilter(Filter):
    """From one day to another, both whole, in the viewer's time zone."""

    def bind(self, request: HttpRequest, model: type[Model]) -> Bound:
        names = (f"{self.name}_from", f"{self.name}_to")
        bound = Bound(self.name, self._title(model), "dates", {n: request.GET.get(n, "") for n in names})
        try:
            first, last = (date.fromisoformat(text) if text else None for text in bound.values.values())
        except ValueError:
            bound.error = _("A day is written like 2026-01-31.")
            return bound
        has_time = getattr(_field(model, self.name), "get_internal_type", str)() == "DateTimeField"
        bound.condition = self._condition(first, last, has_time=has_time)
        return bound

    def _condition(self, first: date | None, last: date | None, *, has_time: bool) -> Q:
        condition = Q()
        if first:
            condition &= Q(**{f"{self.name}__gte": _midnight(first) if has_time else first})
        if last and last < date.max:
            after = last + timedelta(days=1)
            condition &= Q(**{f"{self.name}__lt": _midnight(after) if has_time else after})
        return condition


class TokenFilter(Filter):
    """A typed value (an id, a code, ``credits.*``) that ``parse`` turns into a condition.

    ``parse`` returns None for what it does not understand; then nothing is found and the field
    says what it expects.
    """

    def __init__(
        self, name: str, *, title: Any, parse: Callable[[str], Q | None], expects: Any, placeholder: Any = ""
    ) -> None:
        super().__init__(name, title=title)
        self._parse = parse
        self._expects = expects
        self._placeholder = placeholder

    def bind(self, request: HttpRequest, model: type[Model]) -> Bound:
        typed = re.sub(r"[\x00-\x1f\x7f]", "", request.GET.get(self.name, "")).strip()[:200]
        bound = Bound(self.name, self.title, "token", {self.name: typed}, placeholder=self._placeholder)
        if typed:
            bound.condition = self._parse(typed)
            if bound.condition is None:
                bound.error = _("This expects %(what)s.") % {"what": self._expects}
        return bound


class StockFilter(Filter):
    """Django's SimpleListFilter, whose lookups are a short list by nature."""

    def __init__(self, filter_class: type[SimpleListFilter], admin: Any) -> None:
        super().__init__(str(filter_class.parameter_name), title=filter_class.title)
        self._class = filter_class
        self._admin = admin

    def bind(self, request: HttpRequest, model: type[Model]) -> Bound:
        parameters = {k: list(v) for k, v in QueryDict(request.GET.urlencode()).lists()}
        stock = self._class(request, parameters, model, self._admin)  # type: ignore[arg-type]
        choices = [(str(value), str(label)) for value, label in stock.lookup_choices]
        chosen = request.GET.get(self.name, "")
        bound = Bound(self.name, capfirst(str(stock.title)), "choice", {self.name: chosen}, choices)
        if chosen:
            bound.narrow = lambda queryset: stock.queryset(request, queryset)
        return bound


def as_filter(entry: Any, *, model: type[Model], admin: Any) -> Filter:
    """What ``list_filter`` may hold: our filters, a SimpleListFilter, or the name of a bounded field."""
    if isinstance(entry, Filter):
        return entry
    if isinstance(entry, type) and issubclass(entry, SimpleListFilter):
        return StockFilter(entry, admin)
    if isinstance(entry, str):
        model_field = _field(model, entry)
        if getattr(model_field, "choices", None):
            return ChoiceFilter(entry)
        if isinstance(model_field, BooleanField):
            return BooleanFilter(entry)
        if isinstance(model_field, DateField):
            return DateRangeFilter(entry)
    raise ImproperlyConfigured(
        f"{type(admin).__name__}.list_filter: {entry!r} is not bounded; use choices, a date or a TokenFilter"
    )


def _field(model: Any, name: str) -> Any:
    found = None
    for part in name.split("__"):
        found = model._meta.get_field(part)
        model = found.related_model
    return found


def _midnight(day: date) -> datetime:
    return timezone.make_aware(datetime.combine(day, time.min))


ANY = gettext_lazy("Any")
