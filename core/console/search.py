"""Classified search: the shape of what was typed decides which index is asked."""

from __future__ import annotations

import ipaddress
import re
import uuid
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any

from django.db.models import Model, Q, QuerySet
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext_lazy

from core.ids import from_public

TERM_LIMIT = 200
_EMAIL = re.compile(r"[^\s@]+@[^\s@]+")
_CONTROL = re.compile(r"[\x00-\x1f\x7f]")

Build = Callable[[type[Model], str], Q | None]


@dataclass(frozen=True, slots=True)
class SearchRule:
    """One way to find rows. ``build`` returns the condition, or None where the term has another shape.

    A sharp rule recognises its input (an id, an address); where one does, the vague rules (names,
    prefixes) are not asked. Every rule needs its index: see core/README.md.
    """

    name: str
    label: Any
    build: Build
    is_sharp: bool = True
    note: Callable[[str], Any] = field(default=lambda _term: "")
    """What to say above the rows: how much of what matches was looked at."""

    @classmethod
    def public_id(cls, field: str = "pk", *, prefix: str = "", label: Any = "") -> SearchRule:
        """A whole public id (``usr_…``) or bare UUID. ``prefix`` is the model's own where not given."""

        def build(model: type[Model], term: str) -> Q | None:
            value = from_public(prefix or getattr(model, "id_prefix", ""), term) or _uuid(term)
            return Q(**{field: value}) if value else None

        name = "id" if field == "pk" else f"id:{field}"
        return cls(name, label or (f"{prefix}_…" if prefix else gettext_lazy("id")), build)

    @classmethod
    def email(cls, field: str = "email", *, label: Any = "") -> SearchRule:
        """A whole address, whatever its case; the column is citext with a unique or plain index."""
        return cls(
            "email",
            label or gettext_lazy("whole e-mail address"),
            lambda _model, term: Q(**{field: term}) if _EMAIL.fullmatch(term) else None,
        )

    @classmethod
    def ip(cls, field: str, *, label: Any = "") -> SearchRule:
        """An address, or every address of a network (``10.0.0.0/8``) as a range on the same index."""
        return cls(
            "ip", label or gettext_lazy("IP address or network"), lambda _model, term: _ip_condition(field, term)
        )

    @classmethod
    def exact(cls, field: str, *, pattern: str, label: Any) -> SearchRule:
        """The whole value, where the term matches ``pattern`` (``in_[A-Za-z0-9]+``)."""
        shape = re.compile(pattern)

        def build(_model: type[Model], term: str) -> Q | None:
            return Q(**{field: term}) if shape.fullmatch(term) else None

        return cls(f"exact:{field}", label, build)

    @classmethod
    def prefix(cls, field: str, *, pattern: str = r"\S{3,}", label: Any = "", is_sharp: bool = False) -> SearchRule:
        """Values that begin with the term; needs an index with ``text_pattern_ops``."""
        shape = re.compile(pattern)

        def build(_model: type[Model], term: str) -> Q | None:
            return Q(**{f"{field}__startswith": term}) if shape.fullmatch(term) else None

        return cls(f"prefix:{field}", label or gettext_lazy("how it begins"), build, is_sharp)

    @classmethod
    def trigram(cls, field: str, *, minimum: int = 3, label: Any = "") -> SearchRule:
        """Values that contain the term; needs ``GinIndex(OpClass(Upper(field), "gin_trgm_ops"))``."""
        about = label or ngettext_lazy("name (%(count)d letter)", "name (%(count)d letters or more)", "count") % {
            "count": minimum
        }

        def build(_model: type[Model], term: str) -> Q | None:
            return Q(**{f"{field}__icontains": term}) if len(term) >= minimum else None

        return cls(f"trigram:{field}", about, build, is_sharp=False)


@dataclass(frozen=True, slots=True)
class Search:
    """What a search did: the rows, the rules that were asked, and why there are none."""

    term: str
    queryset: QuerySet[Any]
    rules: tuple[str, ...] = ()
    explanation: str = ""
    note: str = ""


def run_search(queryset: QuerySet[Any], *, rules: Iterable[SearchRule], term: str) -> Search:
    """Narrow ``queryset`` by ``term``. A term no rule recognises finds nothing, and says what would."""
    term = clean(term)
    if not term:
        return Search("", queryset)
    rules = tuple(rules)
    found = [(rule, condition) for rule in rules if (condition := rule.build(queryset.model, term)) is not None]
    asked = [pair for pair in found if pair[0].is_sharp] or found
    if not asked:
        return Search(term, queryset.none(), explanation=explain(rules))
    condition = Q()
    for _rule, part in asked:
        condition |= part
    note = " ".join(filter(None, (str(rule.note(term)) for rule, _ in asked)))
    return Search(term, queryset.filter(condition), tuple(rule.name for rule, _ in asked), note=note)


def clean(term: str) -> str:
    """The term without control characters and outer blanks, at most TERM_LIMIT long."""
    return _CONTROL.sub("", term).strip()[:TERM_LIMIT]


def explain(rules: Iterable[SearchRule]) -> str:
    """A sentence that says what this page can be searched by."""
    return _("Nothing here is found by that. You can search by %(ways)s.") % {
        "ways": ", ".join(str(rule.label) for rule in rules)
    }


def _uuid(term: str) -> uuid.UUID | None:
    try:
        return uuid.UUID(term)
    except ValueError:
        return None


def _ip_condition(field: str, term: str) -> Q | None:
    try:
        network = ipaddress.ip_network(term, strict=False)
    except ValueError:
        return None
    if "." not in term and ":" not in term:  # a bare number would pass for an address
        return None
    if network.num_addresses == 1:
        return Q(**{field: str(network.network_address)})
    return Q(**{f"{field}__gte": str(network[0]), f"{field}__lte": str(network[-1])})
