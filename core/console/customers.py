"""Whose thing a page shows. Their header stands on every page of theirs, and reading one is reading them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.http import HttpRequest

from core.actors import Target

if TYPE_CHECKING:
    from core.console.model_admin import ConsoleAdmin


@dataclass(frozen=True, slots=True)
class CustomerRef:
    """What a thing knows of its customer without a query: a person's key, a workspace's, or both."""

    user_key: Any = None
    workspace_key: Any = None


@dataclass(frozen=True, slots=True)
class Customer:
    """The person concerned, and the workspace in which; ``facts`` is for the part that looked them up."""

    target: Target
    workspace_key: Any
    facts: Any = None


@dataclass(frozen=True, slots=True)
class HeaderPart:
    """A part of the header. ``load`` gets the customer and the request, and returns its template's context."""

    name: str
    permission: str
    template: str
    load: Callable[[Customer, HttpRequest], dict[str, Any]]
    order: int = 100


_lookup: Callable[[CustomerRef], Customer | None] | None = None
_parts: dict[str, HeaderPart] = {}


def use_customer_lookup(lookup: Callable[[CustomerRef], Customer | None]) -> None:
    """Set what finds the customer of a reference; ``accounts`` calls this once at start."""
    global _lookup  # noqa: PLW0603  one process-wide port, set at start
    _lookup = lookup


def register_header_part(part: HeaderPart) -> None:
    """Add a part to the header of every customer; raises ValueError where its name is taken."""
    if _parts.setdefault(part.name, part) != part:
        raise ValueError(f"the header part {part.name!r} is registered twice")


def customer_of(console_admin: ConsoleAdmin, request: HttpRequest, obj: Any) -> Customer | None:
    """The customer whose thing ``obj`` is, if it is anybody's. Looked up once a request."""
    ref = console_admin.customer_of(obj)
    if ref is None or _lookup is None:
        return None
    found: dict[CustomerRef, Customer | None] = request.__dict__.setdefault("_console_customers", {})
    if ref not in found:
        found[ref] = _lookup(ref)
    return found[ref]


def header(console_admin: ConsoleAdmin, request: HttpRequest, obj: Any) -> list[dict[str, Any]]:
    """The parts of the customer's header that the viewer may see, each the context of its template."""
    customer = customer_of(console_admin, request, obj)
    if customer is None:
        return []
    seen = [part for part in _parts.values() if request.user.has_perm(part.permission)]
    return [
        {"template": part.template, **part.load(customer, request)}
        for part in sorted(seen, key=lambda part: part.order)
    ]


def mark_revealed(request: HttpRequest, object_id: str, field: str) -> None:
    """This request revealed a field: where the header shows it too, it is whole there."""
    request.__dict__["_console_revealed"] = (object_id, field)


def is_revealed(request: HttpRequest, object_id: str, field: str) -> bool:
    """Whether this very request revealed it, with its entry."""
    return request.__dict__.get("_console_revealed") == (object_id, field)


def read_target(console_admin: ConsoleAdmin, request: HttpRequest, obj: Any) -> tuple[Target, Target | None]:
    """Whom reading ``obj`` concerns, and, where that is not what was read, what was."""
    own = console_admin.target_of(obj)
    customer = customer_of(console_admin, request, obj)
    if customer is None or customer.target.id == own.id:
        return own, None
    return customer.target, own
