"""The two-person rule: one asks, another decides, and only then it happens."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction

from audit.actions import AuditAction
from audit.errors import ApprovalExpired, ApprovalOutdated, NotTheRequester, OwnApproval, UnknownApprovalKind
from audit.events import ApprovalDecided, ApprovalRequested
from audit.ids import parse_entry_id
from audit.models import Approval
from audit.services._entries import record
from audit.states import APPROVAL_MOVES, ApprovalStatus
from core.actors import Actor, Target, system
from core.errors import FieldError, InvalidInput, NotFound, PermissionMissing
from core.events import publish
from core.ids import from_public
from core.registries import ApprovalKind, approval_kinds
from core.states import move, refuse_unless_allowed

EXPIRY = system("audit.approvals")
_ACTIONS = {
    ApprovalStatus.DENIED: AuditAction.APPROVAL_DENIED,
    ApprovalStatus.WITHDRAWN: AuditAction.APPROVAL_WITHDRAWN,
    ApprovalStatus.EXPIRED: AuditAction.APPROVAL_EXPIRED,
}


@transaction.atomic
def request_approval(
    *,
    kind: str,
    actor: Actor,
    target: Target,
    payload: Mapping[str, Any],
    reason: str,
    ticket: str = "",
    at: datetime,
    expires_in: timedelta = timedelta(days=3),
) -> Approval:
    """Ask for a second person's consent. ``payload`` holds the plain JSON values ``execute`` will need.

    Whether ``actor`` may ask is the caller's to check. Refuses an empty reason (InvalidInput);
    raises KeyError for a kind that nobody registered.
    """
    rules = approval_kinds[kind]
    _refuse_blank(reason)
    values = dict(payload)
    approval = Approval.objects.create(
        kind=kind,
        status_changed_at=at,
        requester_kind=actor.kind,
        requester_id=actor.id,
        requester_label=actor.label,
        target_kind=target.kind,
        target_id=target.id,
        target_label=target.label,
        payload=values,
        fingerprint=rules.fingerprint(values),
        effects=rules.describe(values),
        reason=reason,
        ticket=ticket,
        requested_at=at,
        expires_at=at + expires_in,
    )
    _record(approval, action=AuditAction.APPROVAL_REQUESTED, actor=actor, reason=reason, at=at)
    publish(ApprovalRequested(approval.public_id, kind, rules.permission, actor.id))
    return approval


@transaction.atomic
def approve(*, approval_id: str, actor: Actor, reason: str, at: datetime, may: Callable[[str], bool]) -> Approval:
    """Consent and execute, in one transaction. ``may`` tells whether ``actor`` holds a permission.

    What is executed records the one entry, in the name of ``actor``; the consent has none of its own.

    Refuses where the request is unknown (NotFound), decided (InvalidTransition), too old
    (ApprovalExpired), the actor's own (OwnApproval), not the actor's to decide (PermissionMissing), or
    made for a target that has changed since (ApprovalOutdated); and whatever ``execute`` refuses.
    """
    approval = _locked(approval_id)
    rules = _refuse_unless_decidable(approval, ApprovalStatus.APPROVED, actor=actor, reason=reason, at=at, may=may)
    if rules.fingerprint(approval.payload) != approval.fingerprint:
        raise ApprovalOutdated
    _settle(approval, ApprovalStatus.APPROVED, approver=actor, reason=reason, at=at)
    entry_id = rules.execute(
        payload=approval.payload,
        requester=approval.requester,
        approver=actor,
        approval_id=approval.public_id,
        reason=reason,
        at=at,
    )
    if parse_entry_id(entry_id) is None:
        raise RuntimeError(f"executing {approval.kind} recorded no entry")
    _tell(approval)
    return approval


@transaction.atomic
def deny(*, approval_id: str, actor: Actor, reason: str, at: datetime, may: Callable[[str], bool]) -> Approval:
    """Say no. Refuses as ``approve`` does, except that a changed target is no obstacle."""
    approval = _locked(approval_id)
    _refuse_unless_decidable(approval, ApprovalStatus.DENIED, actor=actor, reason=reason, at=at, may=may)
    _settle(approval, ApprovalStatus.DENIED, approver=actor, reason=reason, at=at)
    _close(approval, actor=actor, reason=reason, at=at)
    return approval


@transaction.atomic
def withdraw(*, approval_id: str, actor: Actor, reason: str, at: datetime) -> Approval:
    """Take one's own request back. Refuses others' (NotTheRequester) and decided ones (InvalidTransition)."""
    approval = _locked(approval_id)
    if actor.id != approval.requester_id:
        raise NotTheRequester
    _refuse_blank(reason)
    _settle(approval, ApprovalStatus.WITHDRAWN, approver=None, reason=reason, at=at)
    _close(approval, actor=actor, reason=reason, at=at)
    return approval


@transaction.atomic
def expire_due_approvals(*, at: datetime, limit: int = 200) -> int:
    """End requests that nobody decided in time, oldest first; returns how many."""
    due = (
        Approval.objects.select_for_update(skip_locked=True)
        .filter(status=ApprovalStatus.PENDING, expires_at__lte=at)
        .order_by("expires_at")[:limit]
    )
    expired = list(due)
    for approval in expired:
        _settle(approval, ApprovalStatus.EXPIRED, approver=None, reason="", at=at)
        _close(approval, actor=EXPIRY, reason="", at=at)
    return len(expired)


def _locked(approval_id: str) -> Approval:
    pk = from_public(Approval.id_prefix, approval_id)
    approval = Approval.objects.select_for_update().filter(pk=pk).first() if pk else None
    if approval is None:
        raise NotFound
    return approval


def _refuse_unless_decidable(
    approval: Approval,
    target: ApprovalStatus,
    *,
    actor: Actor,
    reason: str,
    at: datetime,
    may: Callable[[str], bool],
) -> ApprovalKind:
    refuse_unless_allowed(APPROVAL_MOVES, ApprovalStatus(approval.status), target)
    rules = approval_kinds.get(approval.kind)
    if rules is None:
        raise UnknownApprovalKind
    if not may(rules.permission):
        raise PermissionMissing(rules.permission)
    if actor.id == approval.requester_id:
        raise OwnApproval
    if approval.has_expired(at=at):
        raise ApprovalExpired
    _refuse_blank(reason)
    return rules


def _refuse_blank(reason: str) -> None:
    if not reason.strip():
        raise InvalidInput(FieldError("reason", "required", "Say why."))


def _settle(approval: Approval, status: ApprovalStatus, *, approver: Actor | None, reason: str, at: datetime) -> None:
    move(approval, moves=APPROVAL_MOVES, target=status, at=at)
    if approver:
        approval.approver_kind, approval.approver_id, approval.approver_label = (
            approver.kind,
            approver.id,
            approver.label,
        )
    approval.decision_reason = reason
    approval.save()


def _close(approval: Approval, *, actor: Actor, reason: str, at: datetime) -> None:
    _record(approval, action=_ACTIONS[ApprovalStatus(approval.status)], actor=actor, reason=reason, at=at)
    _tell(approval)


def _tell(approval: Approval) -> None:
    publish(
        ApprovalDecided(approval.public_id, approval.kind, approval.status, approval.requester_id, approval.approver_id)
    )


def _record(approval: Approval, *, action: AuditAction, actor: Actor, reason: str, at: datetime) -> None:
    record(
        action=action,
        at=at,
        actor=actor,
        target=approval.target,
        reason=reason,
        ticket=approval.ticket,
        details={"approval": approval.public_id, "kind": approval.kind, "effects": approval.effects},
    )
