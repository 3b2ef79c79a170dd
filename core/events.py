"""Facts published inside a transaction and delivered after it commits."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable
from typing import Any, TypeVar

import structlog
from django.db import transaction

E = TypeVar("E")
_receivers: dict[type[Any], list[Callable[[Any], None]]] = defaultdict(list)
log = structlog.get_logger(__name__)


def subscribe(event_type: type[E], receiver: Callable[[E], None]) -> None:
    """Call ``receiver`` with each event of this exact type. Subscribing twice counts once."""
    if receiver not in _receivers[event_type]:
        _receivers[event_type].append(receiver)


def publish(event: Any) -> None:
    """Deliver ``event`` to its receivers once the surrounding transaction has committed.

    A receiver that raises is logged and does not stop the others: what must not be lost is a
    job in the same transaction, not an event.
    """
    if not transaction.get_connection().in_atomic_block:
        raise RuntimeError(f"{type(event).__name__} was published outside a transaction")
    for receiver in _receivers[type(event)]:
        transaction.on_commit(lambda r=receiver: _deliver(r, event))  # type: ignore[misc]


def _deliver(receiver: Callable[[Any], None], event: Any) -> None:
    try:
        receiver(event)
    except Exception:
        log.exception("event_receiver_failed", event_type=type(event).__name__, receiver=receiver.__qualname__)


def publish_done(event: Any) -> None:
    """As ``publish``, for a command that is one SQL statement.

    Outside a transaction that statement has committed when it returns, so the receivers are called at once.
    """
    if transaction.get_connection().in_atomic_block:
        publish(event)
        return
    for receiver in _receivers[type(event)]:
        _deliver(receiver, event)
