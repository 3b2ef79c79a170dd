"""What looking and trying leaves in the trail. What was done, the commands record themselves."""

from __future__ import annotations

from enum import StrEnum
from typing import Any

from django.db import transaction
from django.utils.crypto import salted_hmac
from django.utils.translation import gettext_noop

from core import clock, registries, trail
from core.actors import Target
from core.errors import Refusal
from core.registries import AuditLabel


def commitment(term: str) -> str:
    """A keyed digest of a term: it proves later that a known term was searched, and reveals nothing."""
    return salted_hmac("core.console.search", term.lower(), algorithm="sha256").hexdigest()[:32]


class ConsoleAction(StrEnum):
    """The console's own entries."""

    PAGE_READ = "console.page.read"
    LIST_SEARCHED = "console.list.searched"
    FIELD_REVEALED = "console.field.revealed"


def register_labels() -> None:
    """Fill the registry of audit labels."""
    registries.audit_labels.register(ConsoleAction.PAGE_READ, AuditLabel(gettext_noop("Page read")))
    registries.audit_labels.register(ConsoleAction.LIST_SEARCHED, AuditLabel(gettext_noop("List searched")))
    registries.audit_labels.register(ConsoleAction.FIELD_REVEALED, AuditLabel(gettext_noop("Masked field revealed")))


def _record(**entry: Any) -> None:
    # A page's own transaction, or, after the rollback of what was refused, one of its own. No savepoint:
    # where the trail cannot be written, the page fails too.
    with transaction.atomic(savepoint=False):
        trail.record(at=clock.now(), **entry)


def page_read(target: Target, *, seen: Target | None = None, part: str = "") -> None:
    """A page about somebody or something was opened; ``part`` where only a panel of it was.

    ``seen`` is what was read where the entry is about its customer.
    """
    details = {**_seen(seen), **({"part": part} if part else {})}
    _record(action=ConsoleAction.PAGE_READ, target=target, details=details or None)


def _seen(seen: Target | None) -> dict[str, str]:
    return {"seen": seen.id, "seen_kind": seen.kind} if seen else {}


def list_searched(kind: str, *, rules: tuple[str, ...], term: str) -> None:
    """A list was searched. The term itself stays out: the commitment can only be checked against it."""
    _record(
        action=ConsoleAction.LIST_SEARCHED,
        target=Target(kind, "*"),
        details={"rules": list(rules), "term_commitment": commitment(term)},
    )


def field_revealed(target: Target, *, seen: Target | None, field: str, reason: str, ticket: str) -> None:
    """A masked value was shown; ``seen`` as above."""
    _record(
        action=ConsoleAction.FIELD_REVEALED,
        target=target,
        reason=reason,
        ticket=ticket,
        details={"field": field, **_seen(seen)},
    )


def refused(action: str, *, target: Target | None, refusal: Refusal, reason: str = "", ticket: str = "") -> None:
    """An attempt the product said no to. Call it after the rollback."""
    _record(
        action=action,
        target=target,
        reason=reason,
        ticket=ticket,
        outcome=trail.Outcome.REFUSED,
        details={"code": refusal.code, "why": str(refusal)},
    )


def failed(action: str, *, target: Target | None, error: Exception, reason: str = "", ticket: str = "") -> None:
    """An attempt that broke. The error's type is kept, its text is not: it may quote data."""
    details: dict[str, Any] = {"error": type(error).__qualname__}
    _record(
        action=action,
        target=target,
        reason=reason,
        ticket=ticket,
        outcome=trail.Outcome.FAILED,
        details=details,
    )
