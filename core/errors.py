"""Typed refusals: what the product says no to, in a form every edge can translate."""

from __future__ import annotations

from dataclasses import asdict, dataclass, fields
from typing import Any, ClassVar


@dataclass(frozen=True, slots=True)
class FieldError:
    """One field that was refused. ``code`` is stable, ``detail`` is for people."""

    field: str
    code: str
    detail: str


class Refusal(Exception):
    """A command said no. Nothing was changed.

    Subclasses are dataclasses with ``eq=False``: their fields are the facts of the refusal and become
    members of the problem document (RFC 9457 section 3.2). ``detail`` may use them. A refusal with a fact
    ``retry_after_seconds`` also sends the header. They are not frozen: contextlib sets ``__traceback__``
    on an exception that passes through a context manager.
    """

    code: ClassVar[str] = "refused"
    http_status: ClassVar[int] = 409
    title: ClassVar[str] = "The request was refused"
    detail: ClassVar[str] = ""

    def __new__(cls, *args: Any, **_facts: Any) -> Refusal:
        if getattr(getattr(cls, "__dataclass_params__", None), "frozen", False):
            raise TypeError(f"{cls.__name__} is a frozen dataclass: write @dataclass(eq=False)")
        return super().__new__(cls, *args)

    @property
    def facts(self) -> dict[str, Any]:
        """The data fields of this refusal, by name."""
        if not hasattr(self, "__dataclass_fields__"):
            return {}
        return {f.name: getattr(self, f.name) for f in fields(self)}  # type: ignore[arg-type]

    def __str__(self) -> str:
        return self.detail.format(**self.facts) if self.detail else self.title


class NotFound(Refusal):
    """The thing does not exist, or is not the caller's to see."""

    code = "not_found"
    http_status = 404
    title = "Not found"


class PermissionMissing(Refusal):
    """The actor lacks a permission. ``permission`` names it."""

    code = "permission_missing"
    http_status = 403
    title = "You may not do this"

    def __init__(self, permission: str) -> None:
        super().__init__(permission)
        self.permission = permission

    @property
    def facts(self) -> dict[str, Any]:
        return {"permission": self.permission}

    def __str__(self) -> str:
        return f"This needs the permission {self.permission}."


class InvalidInput(Refusal):
    """Input that cannot be accepted. ``errors`` lists each field."""

    code = "invalid_input"
    http_status = 400
    title = "The input is not valid"

    def __init__(self, *errors: FieldError) -> None:
        super().__init__(*errors)
        self.errors = errors

    @property
    def facts(self) -> dict[str, Any]:
        return {"errors": [asdict(e) for e in self.errors]}

    def __str__(self) -> str:
        return "; ".join(f"{e.field}: {e.detail}" for e in self.errors) or self.title


class InvalidTransition(Refusal):
    """A status may not move from ``current`` to ``target``."""

    code = "invalid_transition"
    http_status = 409
    title = "This cannot happen in the present state"

    def __init__(self, current: str, target: str) -> None:
        super().__init__(current, target)
        self.current = current
        self.target = target

    @property
    def facts(self) -> dict[str, Any]:
        return {"current": self.current, "target": self.target}

    def __str__(self) -> str:
        return f"It is {self.current} and cannot become {self.target}."
