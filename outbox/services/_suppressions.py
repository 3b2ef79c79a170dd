"""Addresses that get no more mail."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from django.db import transaction

from audit import services as audit_services
from core.actors import Actor, Target
from core.errors import NotFound
from outbox.actions import AuditAction
from outbox.addresses import hash_of, hint_of, refuse_invalid
from outbox.errors import AlreadySuppressed
from outbox.models import Suppression
from outbox.states import SuppressionCause

TARGET = "outbox.suppression"


def add_suppression(*, address: str, actor: Actor, reason: str, at: datetime, ticket: str = "") -> Suppression:
    """Send no more mail to ``address``. Refuses AddressInvalid and AlreadySuppressed."""
    address = refuse_invalid(address)
    with transaction.atomic():
        row, created = Suppression.objects.get_or_create(
            address_hash=hash_of(address),
            defaults={
                "address_hint": hint_of(address),
                "cause": SuppressionCause.MANUAL,
                "note": reason[:500],
                "added_by": (actor.label or actor.id)[:200],
                "created_at": at,
            },
        )
        if not created:
            raise AlreadySuppressed
        audit_services.record(
            action=AuditAction.SUPPRESSION_ADDED,
            at=at,
            actor=actor,
            target=Target(TARGET, row.public_id, row.address_hint),
            reason=reason,
            ticket=ticket,
        )
    return row


def remove_suppression(*, suppression_id: UUID, actor: Actor, reason: str, at: datetime, ticket: str = "") -> None:
    """Let mail go to the address again. Refuses NotFound."""
    with transaction.atomic():
        row = Suppression.objects.select_for_update().filter(pk=suppression_id).first()
        if row is None:
            raise NotFound
        target = Target(TARGET, row.public_id, row.address_hint)
        row.delete()
        audit_services.record(
            action=AuditAction.SUPPRESSION_REMOVED,
            at=at,
            actor=actor,
            target=target,
            reason=reason,
            ticket=ticket,
            changes={"cause": (str(row.cause), None)},
        )


def suppress_by_event(
    *, address_hash: str, address_hint: str, cause: SuppressionCause, note: str, at: datetime
) -> None:
    """A provider reported a hard bounce or a complaint. A complaint outweighs what was known before."""
    row, created = Suppression.objects.get_or_create(
        address_hash=address_hash,
        defaults={"address_hint": address_hint, "cause": cause, "note": note[:500], "created_at": at},
    )
    if not created and cause is SuppressionCause.COMPLAINED and row.cause != cause:
        row.cause, row.note = cause, note[:500]
        row.save(update_fields=["cause", "note"])
