"""Requests that wait, or waited, for a second person."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from random import Random
from typing import Any
from uuid import UUID

from accounts.roles import StaffRole
from accounts.services import GRANT_KIND
from audit.actions import AuditAction
from audit.states import ApprovalStatus
from core.actors import Target, system
from core.ids import to_public
from core.registries import approval_kinds
from credits.actions import AuditAction as CreditsAction
from credits.states import LotSource, ReasonCode
from operations.demo.chance import dice, id_at, request_id_at
from operations.demo.company import Company, office
from operations.demo.desk import Deed, account_target
from operations.demo.ledger import Op, Step
from operations.demo.people import Customer
from operations.demo.teams import Team
from operations.demo.trail import NO_REQUEST, Note

DESK_KIND = "credits.grant"
EXPIRY = system("audit.approvals")
_LIFE = timedelta(days=3)
_ACTIONS = {
    ApprovalStatus.DENIED: AuditAction.APPROVAL_DENIED,
    ApprovalStatus.WITHDRAWN: AuditAction.APPROVAL_WITHDRAWN,
    ApprovalStatus.EXPIRED: AuditAction.APPROVAL_EXPIRED,
}
# Days ago, credits asked for, what became of it, why it was asked, what was said to it.
_STORIES: tuple[tuple[float, int, ApprovalStatus, str, str], ...] = (
    (0.2, 1500, ApprovalStatus.PENDING, "Batch of 300 product shots failed twice; contract promises credit", ""),
    (1.1, 800, ApprovalStatus.PENDING, "Launch week outage, four hours, team plan", ""),
    (9, 600, ApprovalStatus.APPROVED, "Migration lost the rest of two packs", "Checked against the invoices"),
    (41, 1200, ApprovalStatus.APPROVED, "Agreed with the account manager for the delayed feature", "Yes, as agreed"),
    (118, 450, ApprovalStatus.APPROVED, "Charged twice for a year, refund wanted as credits", "Both payments seen"),
    (16, 5000, ApprovalStatus.DENIED, "Customer threatens to leave", "Not a reason by itself. Offer the annual plan"),
    (77, 900, ApprovalStatus.DENIED, "Says that images were lost", "Logs show every image delivered"),
    (30, 700, ApprovalStatus.EXPIRED, "Conference sponsorship", ""),
    (95, 2500, ApprovalStatus.EXPIRED, "Pilot for a reseller", ""),
    (55, 400, ApprovalStatus.WITHDRAWN, "Wrong workspace chosen", "Asked again for the right one"),
)


@dataclass(slots=True)
class Request:
    """One request. ``deed`` is what was done once it was approved."""

    id: UUID
    kind: str
    target: Target
    payload: dict[str, Any]
    requester: Customer
    reason: str
    ticket: str
    requested_at: datetime
    status: ApprovalStatus
    settled_at: datetime
    approver: Customer | None = None
    said: str = ""
    deed: Deed | None = None

    @property
    def public_id(self) -> str:
        return to_public("apr", self.id)


def make_requests(company: Company) -> list[Request]:
    """A few of every fate; those for credits are about teams, which ask for much."""
    stream = dice(company.seed, "approvals")
    found = []
    for story in _STORIES:
        asked = company.now - timedelta(days=story[0])
        teams = [team for team in company.teams if team.created_at < asked - timedelta(hours=1)]
        if teams:
            found.append(_about_credits(company, stream.choice(teams), story, asked, stream))
    found.append(_about_a_role(company, stream))
    return found


def _about_credits(
    company: Company, team: Team, story: tuple[float, int, ApprovalStatus, str, str], asked: datetime, stream: Random
) -> Request:
    _days, amount, status, reason, said = story
    settled = {
        ApprovalStatus.PENDING: asked,
        ApprovalStatus.EXPIRED: asked + _LIFE + timedelta(minutes=3),
        ApprovalStatus.WITHDRAWN: asked + timedelta(minutes=11),
    }.get(status, asked + timedelta(hours=stream.uniform(0.3, 20)))
    request = Request(
        id=id_at(stream, asked),
        kind=DESK_KIND,
        target=account_target(team.id),
        payload={
            "kind": "grant",
            "workspace_id": str(team.id),
            "amount": amount,
            "reason_code": ReasonCode.SERVICE_FAILURE.value,
            "reason": reason,
            "idempotency_key": f"desk:{stream.getrandbits(64):016x}",
            "ticket": f"T-{stream.randrange(1200, 9800)}",
            "customer_note": "",
            "source": LotSource.GOODWILL.value,
            "expires_at": None,
            "entry_id": None,
        },
        requester=company.sam,
        reason=reason,
        ticket="",
        requested_at=asked,
        status=status,
        settled_at=settled,
        said=said,
    )
    request.ticket = request.payload["ticket"]
    if status in (ApprovalStatus.APPROVED, ApprovalStatus.DENIED):
        request.approver = company.fay if amount > 1000 else company.noor
    if status == ApprovalStatus.APPROVED:
        request.deed = _granted(request, team, stream)
    return request


def _granted(request: Request, team: Team, stream: Random) -> Deed:
    step = Step(
        request.settled_at,
        Op.GRANT,
        team.id,
        request.requester.actor,
        request.payload["amount"],
        request.payload["idempotency_key"],
        request_id_at(stream, request.settled_at),
        source=LotSource.GOODWILL,
        reason_code=request.payload["reason_code"],
    )
    return Deed(
        step,
        CreditsAction.CREDITS_GRANTED,
        request.requester,
        request.reason,
        request.ticket,
        approver=request.approver,
        approval_id=request.public_id,
        consent=request.said,
    )


def _about_a_role(company: Company, stream: Random) -> Request:
    """Noor asks for a colleague's second role: compliance or the founder decides."""
    asked = company.now - timedelta(hours=26)
    kim = company.staff[StaffRole.MODERATOR]
    return Request(
        id=id_at(stream, asked),
        kind=GRANT_KIND,
        target=kim.target,
        payload={"user": str(kim.id), "role": StaffRole.SUPPORT.value},
        requester=company.noor,
        reason="Kim helps out in support while Sam is away",
        ticket="HR-212",
        requested_at=asked,
        status=ApprovalStatus.PENDING,
        settled_at=asked,
    )


def approval_rows(requests: Sequence[Request]) -> Iterator[dict[str, object]]:
    """Rows of audit.Approval. Fingerprint and effects are what the kind says of the rows written before."""
    for request in requests:
        kind = approval_kinds[request.kind]
        requester, approver = request.requester, request.approver
        yield {
            "id": request.id,
            "kind": request.kind,
            "status": request.status,
            "status_changed_at": request.settled_at,
            "requester_kind": requester.actor.kind,
            "requester_id": requester.public_id,
            "requester_label": requester.label,
            "target_kind": request.target.kind,
            "target_id": request.target.id,
            "target_label": request.target.label,
            "payload": request.payload,
            "fingerprint": kind.fingerprint(request.payload),
            "effects": kind.describe(request.payload),
            "reason": request.reason,
            "ticket": request.ticket,
            "requested_at": request.requested_at,
            "expires_at": request.requested_at + _LIFE,
            "approver_kind": approver.actor.kind if approver else "",
            "approver_id": approver.public_id if approver else "",
            "approver_label": approver.label if approver else "",
            "decision_reason": request.said,
        }


def approval_notes(requests: Sequence[Request], effects: dict[Any, Any], stream: Random) -> Iterator[Note]:
    """Who asked, and who said what to it."""
    for request in requests:
        details = {"approval": request.public_id, "kind": request.kind, "effects": effects[request.id]}
        asker = request.requester
        yield Note(
            request.requested_at,
            AuditAction.APPROVAL_REQUESTED,
            asker.actor,
            request.target,
            request.reason,
            request.ticket,
            details=details,
            where=office(asker, request_id=request_id_at(stream, request.requested_at)),
        )
        if request.status in _ACTIONS:  # of what was approved, the deed itself says so
            yield _answer(request, details, stream)


def _answer(request: Request, details: dict[str, Any], stream: Random) -> Note:
    decider, at = request.approver or request.requester, request.settled_at
    expired = request.status == ApprovalStatus.EXPIRED
    return Note(
        at,
        _ACTIONS[request.status],
        EXPIRY if expired else decider.actor,
        request.target,
        request.said,
        request.ticket,
        details=details,
        where=NO_REQUEST if expired else office(decider, request_id=request_id_at(stream, at)),
    )
