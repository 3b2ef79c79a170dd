"""How one value of a row is shown, in lists and on pages alike."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from django.contrib import admin
from django.contrib.admin.utils import label_for_field, lookup_field
from django.core.exceptions import ObjectDoesNotExist
from django.db.models import Model
from django.template.loader import render_to_string
from django.urls import NoReverseMatch, reverse
from django.utils.formats import date_format, number_format
from django.utils.html import format_html, strip_tags
from django.utils.safestring import SafeString
from django.utils.text import capfirst
from django.utils.translation import gettext as _

from core.console.chips import Chip, chip_for
from core.console.masking import masked

if TYPE_CHECKING:
    from core.console.model_admin import ConsoleAdmin

EMPTY = "—"
_PUBLIC_ID = re.compile(r"[a-z]{2,5}_[0-9a-hjkmnp-tv-z]{26}")
_COPIED = re.compile(r'data-copy="([^"]+)"')
_ID_NAMES = frozenset({"id", "pk", "public_id", "request_id"})


@dataclass(frozen=True, slots=True)
class Cell:
    """A value ready for a template. ``reveal`` names the field where it is masked."""

    name: str
    label: str
    html: Any
    is_number: bool = False
    reveal: str = ""
    copy: str = ""


def as_link_text(cell: Cell, obj: Any, console_admin: ConsoleAdmin) -> Cell:
    """The cell fit to stand inside a link: no button or link in it, and never empty."""
    html = str(cell.html)
    copied = _COPIED.search(html)
    if copied:
        return replace(cell, html=format_html("<code>{}</code>", copied[1]), copy=copied[1])
    if cell.html == EMPTY:
        return replace(cell, html=console_admin.get_title(obj))
    return replace(cell, html=strip_tags(html)) if "<a " in html else cell


def header_of(name: str, console_admin: ConsoleAdmin) -> str:
    """The heading of a column or fact."""
    if name == "public_id":
        return _("Id")
    if name in console_admin.labels:
        return str(console_admin.labels[name])
    return capfirst(str(label_for_field(name, console_admin.model, console_admin)))


def cell_of(obj: Any, name: str, console_admin: ConsoleAdmin, *, revealed: str = "", user: Any = None) -> Cell:
    """The value called ``name`` of ``obj``: a field, a property or a method of the admin class."""
    label = header_of(name, console_admin)
    try:
        field, attr, value = lookup_field(name, obj, console_admin)
    except ObjectDoesNotExist:
        return Cell(name, label, EMPTY)
    mask = console_admin.masked_fields.get(name)
    if mask and revealed != name and value not in (None, ""):
        return Cell(name, label, _masked_html(masked(value, mask)), reveal=name)
    if field is not None and getattr(field, "flatchoices", None):
        return Cell(name, label, _choice_html(field, value, console_admin))
    if field is not None and field.is_relation:
        value = getattr(obj, field.name)
    empty = getattr(attr, "empty_value_display", EMPTY)
    if getattr(attr, "boolean", False) and value is not None:
        value = bool(value)
    html = show(value, name=name, empty=empty, user=user)
    return Cell(name, label, html, is_number=_is_number(value))


def show(value: Any, *, name: str = "", empty: Any = EMPTY, user: Any = None) -> Any:
    """``value`` as people read it: ids to copy, requests to follow, times with their zone, numbers with separators."""
    if value is None or value == "":
        return empty
    if isinstance(value, Model):
        return link_to(value, user=user)
    if name in _ID_NAMES:
        found = f"{reverse('admin:find')}?{urlencode({'q': value})}" if name == "request_id" else ""
        return render_to_string("console/parts/copyable.html", {"text": str(value), "url": found})
    for kinds, wording in _WORDINGS:
        if isinstance(value, kinds):
            return wording(value)
    return _text(str(value), user)


def _text(text: str, user: Any) -> Any:
    """An id leads to its page and can be copied; several lines stay several lines."""
    if "\n" in text:
        return format_html('<pre class="c-json">{}</pre>', text)
    if not _PUBLIC_ID.fullmatch(text):
        return text
    owner = admin_by_prefix(text.partition("_")[0])
    may_open = owner is not None and (user is None or user.has_perm(owner.view_permission))
    context = {"text": text, "url": owner.url_of_id(text) if owner is not None and may_open else ""}
    return render_to_string("console/parts/copyable.html", context)


def admin_by_prefix(prefix: str) -> Any:
    """The admin class of the model whose ids begin so, or None."""
    registered: list[Any] = list(admin.site._registry.values())
    return next((found for found in registered if getattr(found.model, "id_prefix", None) == prefix), None)


def duration(span: timedelta) -> str:
    """A span of time in its two largest units: ``3 d 4 h``, ``12 min 5 s``."""
    left = abs(int(span.total_seconds()))
    parts = []
    for seconds, unit in ((86400, _("d")), (3600, _("h")), (60, _("min")), (1, _("s"))):
        count, left = divmod(left, seconds)
        if count:
            parts.append(f"{count} {unit}")
    sign = "-" if span < timedelta() else ""
    return sign + " ".join(parts[:2]) if parts else f"0 {_('s')}"


def _structure(value: Any) -> Any:
    if not value:
        return EMPTY
    if isinstance(value, list) and all(isinstance(item, str | int) for item in value):
        return ", ".join(map(str, value))
    return format_html('<pre class="c-json">{}</pre>', json.dumps(value, indent=2, default=str, sort_keys=True))


# In this order: a SafeString is a str, a bool an int, a datetime a date.
_WORDINGS: list[tuple[Any, Callable[[Any], Any]]] = [
    (SafeString, lambda value: value),
    (Chip, lambda value: render_to_string("console/parts/chip.html", {"chip": value})),
    (bool, lambda value: render_to_string("console/parts/yes_no.html", {"value": value})),
    (datetime, lambda value: render_to_string("console/parts/when.html", {"at": value})),
    (date, date_format),
    (timedelta, duration),
    (int | float | Decimal, lambda value: number_format(value, use_l10n=True, force_grouping=True)),
    (dict | list, _structure),
]


def link_to(obj: Model, *, user: Any = None, text: str = "") -> Any:
    """A link to the console page of ``obj``, by its title, for those who may open it; else words alone."""
    console_admin: Any = admin.site._registry.get(type(obj))
    shown = text or (console_admin.get_title(obj) if console_admin else str(obj))
    url = url_of(obj, user=user)
    return format_html('<a class="c-link" href="{}">{}</a>', url, shown) if url else shown


def url_of(obj: Model, *, user: Any = None) -> str | None:
    """Where ``obj`` has its page; None where there is none, or ``user`` may not open it."""
    console_admin: Any = admin.site._registry.get(type(obj))
    if console_admin is None or (user is not None and not user.has_perm(console_admin.view_permission)):
        return None
    meta = obj._meta
    try:
        return reverse(f"admin:{meta.app_label}_{meta.model_name}_change", args=[public_id_of(obj)])
    except NoReverseMatch:
        return None


def public_id_of(obj: Any) -> str:
    """The id the outside world knows ``obj`` by."""
    return str(getattr(obj, "public_id", obj.pk))


def _masked_html(text: str) -> Any:
    return format_html('<span class="c-masked" title="{}">{}</span>', _("Masked"), text)


def _choice_html(field: Any, value: Any, console_admin: ConsoleAdmin) -> Any:
    label = dict(field.flatchoices).get(value, value)
    if field.name not in console_admin.chip_fields:
        return str(label) if value not in (None, "") else EMPTY
    chip = chip_for(value, label=label, tone=console_admin.chip_tones.get(str(value), ""))
    return render_to_string("console/parts/chip.html", {"chip": chip})


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float | Decimal) and not isinstance(value, bool)
