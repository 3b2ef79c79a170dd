"""What staff do to an account besides moving credits: stop it, let it again, end a stuck hold."""

from __future__ import annotations

import uuid
from datetime import datetime

from django.db import transaction

from accounts import services as accounts_services
from audit import services as audit_services
from core.actors import Actor, Target
from core.errors import FieldError, InvalidInput
from core.events import publish
from core.ids import to_public
from credits.actions import AuditAction
from credits.events import AccountFrozen, AccountUnfrozen
from credits.models import Account, Hold
from credits.services._holds import release_hold
from credits.services._ledger import Receipt, call
from credits.states import HoldStatus

_SET_FROZEN = "credits_set_frozen(%s, %s, %s, %s)"
MAX_REASON_LENGTH = 500


def account_target(workspace_id: uuid.UUID) -> Target:
    """A workspace's account as the trail names it."""
    return Target("credits.account", to_public(Account.id_prefix, workspace_id))


@transaction.atomic
def freeze_account(*, workspace_id: uuid.UUID, actor: Actor, reason: str, at: datetime, ticket: str = "") -> Receipt:
    """Stop new holds at once. Holds in progress may still be captured or released: that work has been done.

    Refuses: AccountFrozen (it is already), InvalidInput (no reason), OwnAccount.
    """
    _refuse_without(reason)
    accounts_services.refuse_own_workspace(actor=actor, workspace_id=workspace_id)
    receipt = call(_SET_FROZEN, (workspace_id, True, reason[:MAX_REASON_LENGTH], at))
    audit_services.record(
        action=AuditAction.ACCOUNT_FROZEN,
        at=at,
        actor=actor,
        target=account_target(workspace_id),
        reason=reason,
        ticket=ticket,
        changes={"frozen": (False, True)},
    )
    publish(AccountFrozen(workspace_id, reason, at))
    return receipt


@transaction.atomic
def unfreeze_account(*, workspace_id: uuid.UUID, actor: Actor, reason: str, at: datetime, ticket: str = "") -> Receipt:
    """Let a frozen account spend again. Refuses: AccountNotFrozen, InvalidInput (no reason), OwnAccount."""
    _refuse_without(reason)
    accounts_services.refuse_own_workspace(actor=actor, workspace_id=workspace_id)
    receipt = call(_SET_FROZEN, (workspace_id, False, "", at))
    audit_services.record(
        action=AuditAction.ACCOUNT_UNFROZEN,
        at=at,
        actor=actor,
        target=account_target(workspace_id),
        reason=reason,
        ticket=ticket,
        changes={"frozen": (True, False)},
    )
    publish(AccountUnfrozen(workspace_id, at))
    return receipt


@transaction.atomic
def release_hold_by_staff(
    *,
    workspace_id: uuid.UUID,
    hold_id: uuid.UUID,
    actor: Actor,
    reason: str,
    at: datetime,
    idempotency_key: str,
    ticket: str = "",
) -> Receipt:
    """Return the credits of a hold that nobody settles.

    Refuses as ``release_hold``, and InvalidInput (no reason), OwnAccount.
    """
    _refuse_without(reason)
    accounts_services.refuse_own_workspace(actor=actor, workspace_id=workspace_id)
    receipt = release_hold(
        workspace_id=workspace_id, hold_id=hold_id, actor=actor, at=at, idempotency_key=idempotency_key
    )
    if not receipt.replayed:
        audit_services.record(
            action=AuditAction.HOLD_RELEASED,
            at=at,
            actor=actor,
            target=Target("credits.hold", to_public(Hold.id_prefix, hold_id)),
            reason=reason,
            ticket=ticket,
            changes={"status": (HoldStatus.OPEN, HoldStatus.RELEASED)},
            details={"account": to_public(Account.id_prefix, workspace_id), "amount": receipt.amount},
        )
    return receipt


def _refuse_without(reason: str) -> None:
    if not reason.strip():
        raise InvalidInput(FieldError("reason", "required", "Say why."))
