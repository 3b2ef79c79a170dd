"""What a workspace has, and where it came from."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db.models import F, OuterRef, QuerySet, Subquery, Sum
from django.db.models.functions import Coalesce

from accounts import selectors as accounts_selectors
from credits.models import Account, Lot


@dataclass(frozen=True, slots=True)
class LotShare:
    """What is left of one lot."""

    lot: Lot
    remaining: int


@dataclass(frozen=True, slots=True)
class Balance:
    """An account at a moment. Credits past their expiry do not count, whether or not a sweep has come by.

    ``posted`` is the balance (negative where there is debt beyond what is held), ``held`` set aside in it,
    ``available`` what a hold can take now, ``debt`` what must come in before anything can be spent again.
    """

    posted: int
    held: int
    available: int
    debt: int
    is_frozen: bool
    by_lot: list[LotShare]


_NOTHING = Balance(posted=0, held=0, available=0, debt=0, is_frozen=False, by_lot=[])


def get_balance(*, workspace_id: uuid.UUID, at: datetime) -> Balance:
    """The balance of a workspace at ``at``; all zero where it never had credits. Two queries."""
    account = Account.objects.filter(pk=workspace_id).first()
    if account is None:
        return _NOTHING
    shares, gone = _shares(account, list(list_open_lots(workspace_id=workspace_id)), at)
    return Balance(
        posted=account.posted - gone,
        held=account.held,
        available=max(0, account.posted - gone - account.held),
        debt=account.debt,
        is_frozen=account.is_frozen,
        by_lot=shares,
    )


def summarize_balance(*, workspace_id: uuid.UUID, at: datetime) -> Balance:
    """The balance as ``get_balance`` says it, without the lots it is made of. One query."""
    over = Lot.objects.filter(account_id=OuterRef("pk"), is_open=True, expires_at__lte=at).order_by()
    total = over.values("account_id").annotate(total=Sum("remaining")).values("total")
    account: Any = Account.objects.filter(pk=workspace_id).annotate(over=Coalesce(Subquery(total), 0)).first()
    if account is None:
        return _NOTHING
    gone = max(0, min(account.over, account.posted + account.debt - account.held))
    return Balance(
        posted=account.posted - gone,
        held=account.held,
        available=max(0, account.posted - gone - account.held),
        debt=account.debt,
        is_frozen=account.is_frozen,
        by_lot=[],
    )


def _shares(account: Account, lots: list[Lot], at: datetime) -> tuple[list[LotShare], int]:
    """What is left of each lot once the next sweep is done, and how much that sweep will take."""
    free = account.posted + account.debt - account.held
    gone = 0
    shares = []
    for lot in lots:
        is_over = lot.expires_at is not None and lot.expires_at <= at
        lost = min(lot.remaining, free - gone) if is_over else 0
        gone += lost
        if lot.remaining > lost:
            shares.append(LotShare(lot, lot.remaining - lost))
    return shares, gone


def list_open_lots(*, workspace_id: uuid.UUID) -> QuerySet[Lot]:
    """Lots with credits left, in the order they burn."""
    return Lot.objects.filter(account_id=workspace_id, is_open=True).order_by(
        "priority", F("expires_at").asc(nulls_last=True), "created_at", "id"
    )


def list_lots(*, workspace_id: uuid.UUID) -> QuerySet[Lot]:
    """Every lot a workspace was ever granted, newest first."""
    return Lot.objects.filter(account_id=workspace_id).order_by("-created_at", "-id")


def list_expiring_lots(*, workspace_id: uuid.UUID, at: datetime, within: timedelta) -> QuerySet[Lot]:
    """Lots with credits left that will expire within that time, the first one first."""
    return list_open_lots(workspace_id=workspace_id).filter(expires_at__gt=at, expires_at__lte=at + within)


@dataclass(frozen=True, slots=True)
class WorkspaceBalance:
    """A workspace that a person belongs to, with its account where it has one."""

    workspace: Any
    account: Account | None


def list_balances_of_user(*, user_id: uuid.UUID) -> list[WorkspaceBalance]:
    """The workspaces of a person with their accounts. Three queries."""
    workspaces = list(accounts_selectors.list_workspaces(user=accounts_selectors.get_user(user_id)))
    accounts = Account.objects.in_bulk([workspace.pk for workspace in workspaces])
    return [WorkspaceBalance(workspace, accounts.get(workspace.pk)) for workspace in workspaces]


def find_account(*, workspace_id: uuid.UUID) -> Account | None:
    """The account of a workspace, where it has one."""
    return Account.objects.select_related("workspace").filter(pk=workspace_id).first()
