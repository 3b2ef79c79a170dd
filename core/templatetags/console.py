"""How ids, times, credits and states are written in templates."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from django import template
from django.db.models import Model
from django.utils.formats import number_format
from django.utils.html import format_html
from django.utils.translation import ngettext

from core.console import cells
from core.console.chips import chip_for
from core.console.masking import masked
from core.context import current

register = template.Library()
EMPTY = cells.EMPTY


@register.inclusion_tag("console/parts/copyable.html")
def copyable(text: Any) -> dict[str, Any]:
    """An id with a button that copies it; ``{% cell id %}`` also leads to its page."""
    return {"text": str(text) if text else ""}


@register.inclusion_tag("console/parts/when.html")
def when(at: datetime | None) -> dict[str, Any]:
    """A moment in the viewer's zone, the zone named; absolute with seconds and UTC on hover."""
    return {"at": at}


@register.filter
def in_utc(at: datetime) -> str:
    """The moment in UTC, to the second."""
    return f"{at.astimezone(UTC):%Y-%m-%d %H:%M:%S} UTC"


@register.simple_tag
def credits(n: int) -> Any:  # noqa: A001  the product's word
    """An amount of credits with its word."""
    shown = number_format(n, use_l10n=True, force_grouping=True)
    word = ngettext("credit", "credits", n)
    return format_html('<span class="c-number">{} <span class="c-unit">{}</span></span>', shown, word)


@register.filter
def duration(span: timedelta | None) -> str:
    """A span of time in its two largest units."""
    return cells.duration(span) if span is not None else EMPTY


@register.simple_tag
def number(n: Any) -> Any:
    """A number with separators and tabular figures."""
    if n is None:
        return EMPTY
    return format_html('<span class="c-number">{}</span>', number_format(n, use_l10n=True, force_grouping=True))


@register.inclusion_tag("console/parts/chip.html")
def status_chip(value: Any, label: Any = "", tone: str = "") -> dict[str, Any]:
    """A status as text, icon and color."""
    return {"chip": chip_for(value, label=label, tone=tone)}


@register.simple_tag
def mask(value: Any, kind: str = "text") -> str:
    """``value`` masked (email, ip, text)."""
    return masked(value, kind)


@register.simple_tag(takes_context=True)
def object_link(context: Any, obj: Model, text: str = "") -> Any:
    """A link to the object's page for those who may open it, else its words."""
    return cells.link_to(obj, user=context["request"].user, text=text)


@register.simple_tag(takes_context=True)
def cell(context: Any, value: Any, name: str = "") -> Any:
    """Any value as the console shows it."""
    return cells.show(value, name=name, user=context["request"].user)


@register.filter
def console_url(console_admin: Any, page: str) -> str:
    """The URL name of one of an admin class's pages."""
    return str(console_admin.url_name(page))


@register.filter
def message_icon(level: str) -> str:
    """The icon of a message's level."""
    return {"success": "check_circle", "warning": "warning", "error": "error"}.get(level, "info")


@register.simple_tag
def request_id() -> str:
    """The id of the request in progress, as in logs and trail."""
    return current().request_id
