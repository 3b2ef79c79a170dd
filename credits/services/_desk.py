"""The adjustment desk: staff move credits by themselves up to a limit, and with a second person beyond it."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import connection, transaction
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from accounts import selectors as accounts_selectors
from accounts import services as accounts_services
from audit import services as audit_services
from audit.errors import ApprovalOutdated
from core.actors import Actor
from core.errors import FieldError, InvalidInput
from core.ids import from_public, new_id
from credits import selectors as credits_selectors
from credits.errors import ApprovalBeyondLimit
from credits.models import Entry
from credits.services._accounts import account_target
from credits.services._deeds import Consent, Deed, DeedKind, carry_out
from credits.services._ledger import Receipt, check_amount
from credits.states import LotSource, ReasonCode

APPROVAL_KIND = "credits.grant"
MAX_NOTE_LENGTH = 300

_SENTENCES = {
    DeedKind.GRANT: _("Grant %(amount)s credits (%(source)s)"),
    DeedKind.ADJUST: _("Adjust the balance by %(amount)s credits"),
    DeedKind.REVERSE: _("Reverse an entry of %(amount)s credits"),
}
_DRAW = """
INSERT INTO credits_allowanceuse AS u (id, actor_id, on_date, used_credits) VALUES (%s, %s, %s, %s)
ON CONFLICT (actor_id, on_date) DO UPDATE SET used_credits = u.used_credits + EXCLUDED.used_credits
 WHERE u.used_credits + EXCLUDED.used_credits <= %s
RETURNING used_credits
"""


class _AllowanceSpent(Exception):
    """Today's allowance does not cover it; somebody else may have used it a moment ago."""


@dataclass(frozen=True, slots=True)
class DeskOutcome:
    """Either it was done (``receipt``), or a second person was asked (``approval_id``, ``apr_…``)."""

    receipt: Receipt | None
    approval_id: str

    @property
    def is_waiting(self) -> bool:
        return self.receipt is None


@transaction.atomic
def grant_by_staff(
    *,
    workspace_id: uuid.UUID,
    amount: int,
    actor: Actor,
    reason: str,
    reason_code: ReasonCode,
    at: datetime,
    idempotency_key: str,
    source: LotSource = LotSource.GOODWILL,
    expires_at: datetime | None = None,
    ticket: str = "",
    customer_note: str = "",
) -> DeskOutcome:
    """Give credits, or ask a second person where they exceed what ``actor`` may give today.

    ``customer_note`` is what the customer reads beside the entry. Refuses: ExpiresInThePast, IdempotencyKeyReused,
    InvalidInput, OwnAccount.
    """
    check_amount(amount)
    deed = Deed(
        DeedKind.GRANT, workspace_id, amount, amount, ReasonCode(reason_code), reason, idempotency_key,
        ticket=ticket, customer_note=customer_note, source=LotSource(source).value, expires_at=expires_at,
    )  # fmt: skip
    return _do_or_ask(deed, actor=actor, at=at)


@transaction.atomic
def adjust(
    *,
    workspace_id: uuid.UUID,
    amount: int,
    actor: Actor,
    reason: str,
    reason_code: ReasonCode,
    at: datetime,
    idempotency_key: str,
    expires_at: datetime | None = None,
    ticket: str = "",
    customer_note: str = "",
) -> DeskOutcome:
    """Correct a balance up or (negative) down, or ask a second person. Down takes only what is available.

    Refuses: InsufficientCredits, ExpiresInThePast, IdempotencyKeyReused, InvalidInput, OwnAccount.
    """
    check_amount(abs(amount))
    deed = Deed(
        DeedKind.ADJUST, workspace_id, amount, abs(amount), ReasonCode(reason_code), reason, idempotency_key,
        ticket=ticket, customer_note=customer_note, expires_at=expires_at,
    )  # fmt: skip
    return _do_or_ask(deed, actor=actor, at=at)


@transaction.atomic
def reverse_by_staff(
    *,
    workspace_id: uuid.UUID,
    entry_id: uuid.UUID,
    actor: Actor,
    reason: str,
    at: datetime,
    idempotency_key: str,
    reason_code: ReasonCode = ReasonCode.CORRECTION,
    ticket: str = "",
    customer_note: str = "",
) -> DeskOutcome:
    """Undo an entry by its opposite, or ask a second person. Only taking back a gift of staff costs no allowance.

    Refuses: EntryNotFound, EntryNotReversible, EntryAlreadyReversed, ReversalWouldOverdraw, IdempotencyKeyReused,
    InvalidInput, OwnAccount.
    """
    entry = credits_selectors.get_entry(workspace_id=workspace_id, entry_id=entry_id)
    deed = Deed(
        DeedKind.REVERSE, workspace_id, -entry.amount, credits_selectors.weigh_reversal(entry),
        ReasonCode(reason_code), reason, idempotency_key,
        ticket=ticket, customer_note=customer_note, entry_id=entry_id,
    )  # fmt: skip
    return _do_or_ask(deed, actor=actor, at=at)


def _do_or_ask(deed: Deed, *, actor: Actor, at: datetime) -> DeskOutcome:
    _refuse_unfit(deed)
    accounts_services.refuse_own_workspace(actor=actor, workspace_id=deed.workspace_id)
    allowance = credits_selectors.get_allowance(actor_id=actor.id, roles=_roles_of(actor), at=at)
    if deed.weight <= allowance.approval_above_credits:
        with suppress(_AllowanceSpent), transaction.atomic():  # spent: nothing was done, somebody else is asked
            receipt, _entry_id = carry_out(deed, actor=actor, at=at)
            if deed.weight and not receipt.replayed:
                _draw(deed.weight, actor=actor, at=at, daily=allowance.daily_credits)
            return DeskOutcome(receipt, "")
    approval = audit_services.request_approval(
        kind=APPROVAL_KIND,
        actor=actor,
        target=account_target(deed.workspace_id),
        payload=deed.to_payload(),
        reason=deed.reason,
        ticket=deed.ticket,
        at=at,
    )
    return DeskOutcome(None, approval.public_id)


def _draw(amount: int, *, actor: Actor, at: datetime, daily: int) -> None:
    """Use up allowance in one statement, whose row lock makes two draws of the same person wait for each other."""
    with connection.cursor() as cursor:
        cursor.execute(_DRAW, (new_id(), actor.id, at.date(), amount, daily))
        if amount > daily or cursor.fetchone() is None:
            raise _AllowanceSpent


def execute_approved(
    *, payload: Mapping[str, Any], requester: Actor, approver: Actor, approval_id: str, reason: str, at: datetime
) -> str:
    """Do what a second person consented to; returns the id of the trail's entry. In the approving transaction.

    The ledger's entry stays the requester's, the trail's is the approver's. Refuses ApprovalBeyondLimit where the
    approver's own limit is lower, OwnAccount where either of them belongs to the workspace, ApprovalOutdated where it
    was done already, and whatever the deed refuses by now.
    """
    deed = Deed.from_payload(payload)
    for person in (requester, approver):
        accounts_services.refuse_own_workspace(actor=person, workspace_id=deed.workspace_id)
    allowance = credits_selectors.get_allowance(actor_id=approver.id, roles=_roles_of(approver), at=at)
    if deed.weight > allowance.may_approve_credits:
        raise ApprovalBeyondLimit(requested=deed.weight, limit=allowance.may_approve_credits)
    consent = Consent(approver, approval_id, reason)
    _receipt, entry_id = carry_out(deed, actor=requester, at=at, consent=consent)
    if not entry_id:
        raise ApprovalOutdated
    return entry_id


def fingerprint_of(payload: Mapping[str, Any]) -> str:
    """What must not have changed since the request: that the account is (not) frozen, the entry not reversed."""
    deed = Deed.from_payload(payload)
    account = credits_selectors.find_account(workspace_id=deed.workspace_id)
    reversed_already = deed.entry_id and Entry.objects.filter(reverses_id=deed.entry_id).exists()
    return f"frozen={bool(account and account.is_frozen)} reversed={bool(reversed_already)}"


def describe_deed(payload: Mapping[str, Any]) -> list[str]:
    """What will happen, for the person who is asked: the deed, the balance before and after, what comes with it."""
    deed = Deed.from_payload(payload)
    account = credits_selectors.find_account(workspace_id=deed.workspace_id)
    before = account.posted if account else 0
    lines = [
        str(_SENTENCES[deed.kind]) % {"amount": f"{deed.amount:,}", "source": LotSource(deed.source).label},
        gettext("Balance %(before)s → %(after)s credits")
        % {"before": f"{before:,}", "after": f"{before + deed.amount:,}"},
        gettext("Reason: %s") % ReasonCode(deed.reason_code).label,
    ]
    if deed.expires_at:
        lines.append(gettext("The credits expire on %s") % deed.expires_at.strftime("%Y-%m-%d %H:%M %Z"))
    if deed.customer_note:
        lines.append(gettext("The customer reads: “%s”") % deed.customer_note)
    if account and account.is_frozen:
        lines.append(gettext("The account is frozen."))
    return lines


def _roles_of(actor: Actor) -> frozenset[str]:
    user_id = from_public("usr", actor.id)
    return accounts_selectors.list_roles(user_id=user_id) if user_id else frozenset()


def _refuse_unfit(deed: Deed) -> None:
    if not deed.reason.strip():
        raise InvalidInput(FieldError("reason", "required", "Say why."))
    if len(deed.customer_note) > MAX_NOTE_LENGTH:
        raise InvalidInput(FieldError("customer_note", "too_long", f"at most {MAX_NOTE_LENGTH} characters"))
