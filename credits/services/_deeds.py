"""What a member of staff wants done to a balance, and carrying it out with an entry in the trail."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from audit import services as audit_services
from core.actors import Actor
from core.ids import to_public
from credits.actions import AuditAction
from credits.models import Entry, EntryNote
from credits.services._accounts import account_target
from credits.services._corrections import post_adjustment, reverse_entry
from credits.services._grants import grant
from credits.services._ledger import Receipt
from credits.states import LotSource, ReasonCode


class DeedKind(StrEnum):
    GRANT = "grant"
    ADJUST = "adjust"
    REVERSE = "reverse"


_ACTIONS = {
    DeedKind.GRANT: AuditAction.CREDITS_GRANTED,
    DeedKind.ADJUST: AuditAction.ACCOUNT_ADJUSTED,
    DeedKind.REVERSE: AuditAction.ENTRY_REVERSED,
}


@dataclass(frozen=True, slots=True)
class Deed:
    """``amount`` is what the customer gains (negative: loses). It fits into a request for approval.

    ``weight`` is what it counts against an allowance, and what an approver must be allowed to approve.
    """

    kind: DeedKind
    workspace_id: uuid.UUID
    amount: int
    weight: int
    reason_code: ReasonCode
    reason: str
    idempotency_key: str
    ticket: str = ""
    customer_note: str = ""
    source: str = LotSource.GOODWILL.value
    expires_at: datetime | None = None
    entry_id: uuid.UUID | None = None

    def to_payload(self) -> dict[str, Any]:
        """Plain JSON values."""
        return {
            "kind": self.kind.value,
            "workspace_id": str(self.workspace_id),
            "amount": self.amount,
            "weight": self.weight,
            "reason_code": str(self.reason_code),
            "reason": self.reason,
            "idempotency_key": self.idempotency_key,
            "ticket": self.ticket,
            "customer_note": self.customer_note,
            "source": self.source,
            "expires_at": self.expires_at.isoformat() if self.expires_at else None,
            "entry_id": str(self.entry_id) if self.entry_id else None,
        }

    @classmethod
    def from_payload(cls, payload: Mapping[str, Any]) -> Deed:
        """The deed a payload was made from."""
        return cls(
            kind=DeedKind(payload["kind"]),
            workspace_id=uuid.UUID(payload["workspace_id"]),
            amount=payload["amount"],
            weight=payload.get("weight", abs(payload["amount"])),
            reason_code=ReasonCode(payload["reason_code"]),
            reason=payload["reason"],
            idempotency_key=payload["idempotency_key"],
            ticket=payload["ticket"],
            customer_note=payload["customer_note"],
            source=payload["source"],
            expires_at=datetime.fromisoformat(payload["expires_at"]) if payload["expires_at"] else None,
            entry_id=uuid.UUID(payload["entry_id"]) if payload["entry_id"] else None,
        )


@dataclass(frozen=True, slots=True)
class Consent:
    """Who allowed a deed, by which approval, and why."""

    approver: Actor
    approval_id: str
    reason: str


def carry_out(deed: Deed, *, actor: Actor, at: datetime, consent: Consent | None = None) -> tuple[Receipt, str]:
    """Do it: one call into the ledger, the customer's note, one entry in the trail, whose id is returned too.

    The trail's entry is the approver's where there was consent. A deed done before does and records nothing.
    Within a transaction.
    """
    receipt = _post(deed, actor=actor, at=at)
    if receipt.replayed or receipt.entry_id is None:
        return receipt, ""
    if deed.customer_note:
        EntryNote.objects.create(entry_id=receipt.entry_id, text=deed.customer_note, created_at=at)
    entry_id = audit_services.record(
        action=_ACTIONS[deed.kind],
        at=at,
        actor=consent.approver if consent else actor,
        target=account_target(deed.workspace_id),
        reason=consent.reason if consent else deed.reason,
        ticket=deed.ticket,
        changes={"posted": (receipt.posted - receipt.amount, receipt.posted)},
        details=_details(deed, receipt) | (_request_details(deed, actor, consent) if consent else {}),
    )
    return receipt, entry_id


def _post(deed: Deed, *, actor: Actor, at: datetime) -> Receipt:
    common: dict[str, Any] = {
        "workspace_id": deed.workspace_id,
        "actor": actor,
        "at": at,
        "idempotency_key": deed.idempotency_key,
        "reason_code": deed.reason_code,
    }
    if deed.kind is DeedKind.GRANT:
        return grant(amount=deed.amount, source=LotSource(deed.source), expires_at=deed.expires_at, **common)
    if deed.kind is DeedKind.ADJUST:
        return post_adjustment(amount=deed.amount, expires_at=deed.expires_at, **common)
    assert deed.entry_id is not None
    return reverse_entry(entry_id=deed.entry_id, **common)


def _details(deed: Deed, receipt: Receipt) -> dict[str, Any]:
    assert receipt.entry_id is not None
    details: dict[str, Any] = {
        "entry": to_public(Entry.id_prefix, receipt.entry_id),
        "amount": receipt.amount,
        "reason_code": str(deed.reason_code),
    }
    if deed.entry_id:
        details["reverses"] = to_public(Entry.id_prefix, deed.entry_id)
    if deed.customer_note:
        details["customer_note"] = deed.customer_note
    return details


def _request_details(deed: Deed, requester: Actor, consent: Consent) -> dict[str, Any]:
    return {"approval": consent.approval_id, "requested_by": requester.id, "requested_because": deed.reason}
