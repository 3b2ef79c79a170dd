"""What the console needs from above core: who has a permission, the gate before every page, which forms are used."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

from django.http import HttpRequest, HttpResponse, HttpResponseBase


@dataclass(frozen=True, slots=True)
class Trace:
    """What the trail remembers of an id: its timeline, and who may read it."""

    url: str
    permission: str


RoleLookup = Callable[[str], Sequence[str]]
Gate = Callable[[HttpRequest], HttpResponse | None]


class FormRegister(Protocol):
    """Notes in the caller's transaction that a form's token is used; False where it was used before."""

    def __call__(self, *, token: str, at: datetime) -> bool: ...


_role_lookup: RoleLookup | None = None
_gate: Gate | None = None
_login_view: Callable[..., HttpResponseBase] | None = None
_last_trace: Callable[[str], Trace | None] | None = None
_form_register: FormRegister | None = None


def use_role_lookup(lookup: RoleLookup) -> None:
    """Set what names the roles that hold a permission; ``accounts`` calls this once at start."""
    global _role_lookup  # noqa: PLW0603  one process-wide port, set at start
    _role_lookup = lookup


def use_gate(gate: Gate) -> None:
    """Set what may answer in a page's stead (ask for a second factor); ``accounts`` calls this once.

    It gets every request of a signed-in staff member and returns None to let it through.
    """
    global _gate  # noqa: PLW0603  one process-wide port, set at start
    _gate = gate


def use_login_view(view: Callable[..., HttpResponseBase]) -> None:
    """Set the console's login page; ``accounts`` calls this once at start.

    Without one, Django's own is used. Its template may extend ``admin/login.html`` and needs
    ``admin.site.each_context(request)``.
    """
    global _login_view  # noqa: PLW0603  one process-wide port, set at start
    _login_view = view


def use_form_register(register: FormRegister) -> None:
    """Set where used forms are noted; ``audit`` calls this once at start."""
    global _form_register  # noqa: PLW0603  one process-wide port, set at start
    _form_register = register


def use_up(token: str, *, at: datetime) -> bool:
    """Use up the token of a form; False where that was done before. Without a register it raises."""
    if _form_register is None:
        raise RuntimeError("no form register: is 'audit' in INSTALLED_APPS?")
    return _form_register(token=token, at=at)


def login_view() -> Callable[..., HttpResponseBase] | None:
    """The login page that was set, if any."""
    return _login_view


def use_last_trace(lookup: Callable[[str], Trace | None]) -> None:
    """Set what tells whether the trail knows an id; ``audit`` calls this once at start."""
    global _last_trace  # noqa: PLW0603  one process-wide port, set at start
    _last_trace = lookup


def last_trace(target_id: str) -> Trace | None:
    """What the trail remembers of this id, if anything. At most one query."""
    return _last_trace(target_id) if _last_trace else None


def roles_with(permission: str) -> list[str]:
    """The names of the roles that hold ``permission``; empty where nobody says."""
    return list(_role_lookup(permission)) if _role_lookup else []


def gate_answer(request: HttpRequest) -> HttpResponse | None:
    """The gate's answer, or None where the request may pass."""
    return _gate(request) if _gate else None


def describe(permission: str) -> dict[str, Any]:
    """What a refused viewer is told: the permission, and who has it."""
    return {"permission": permission, "roles": roles_with(permission)}
