"""The ledger in the product API. The acting workspace's account, and no other."""

from __future__ import annotations

import inspect
import uuid
from collections.abc import Callable
from datetime import timedelta
from typing import Any, ClassVar, TypeVar

from drf_spectacular.utils import extend_schema
from rest_framework.generics import GenericAPIView
from rest_framework.permissions import SAFE_METHODS
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts.api_base import WorkspaceView
from accounts.scopes import Scope
from core import clock, context
from core.api import idempotency
from core.api.problems import to_problem
from core.api.serializers import NoInput
from credits import selectors as credits_selectors
from credits import services as credits_services
from credits.models import Entry, Hold
from credits.serializers import (
    BalanceOut,
    BatchIn,
    BatchOut,
    CapturedOut,
    CaptureIn,
    EntryOut,
    EntryQuery,
    HoldIn,
    HoldOut,
    HoldQuery,
    PlacedOut,
    ReleasedOut,
)
from credits.services import BatchOutcome, CaptureHold, HoldOperation, PlaceHold, Receipt, ReleaseHold
from credits.states import HoldStatus

PATIENCE = timedelta(seconds=3)
_MOVING = """
A key that begins with `bk_test_` is refused with `live_key_required`: it may read, and there is no ledger
for tests. `still_running` says that another operation on the account, perhaps the first request with this key, has not
ended: wait as long as `Retry-After` says and send the same request again.
"""
M = TypeVar("M", bound=Callable[..., Response])


class CreditsView(WorkspaceView):
    """What keys need here: ``credits:read`` to look, ``credits:write`` to move. Test keys only look."""

    required_scopes: ClassVar[dict[str, str]] = {"GET": Scope.CREDITS_READ, "POST": Scope.CREDITS_WRITE}

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        """Refuse LiveKeyRequired before anything is read from the request."""
        super().initial(request, *args, **kwargs)
        if request.method not in SAFE_METHODS:
            self.require_live_key()


def moves_credits(method: M) -> M:
    """Decorates a method that moves credits: it needs a key, and its description says what all of them refuse."""
    method.__doc__ = f"{inspect.getdoc(method)}\n{_MOVING}"
    return idempotency.required(method)


def _key(request: Request) -> str:
    return credits_services.client_key(idempotency.require_key(request))


def _answer(serializer: Any, receipt: Receipt, *, status: HoldStatus, http_status: int = 200) -> Response:
    data = serializer({**receipt._asdict(), "status": status.value}).data
    response = Response(data, status=http_status)
    return idempotency.replayed(response) if receipt.replayed else response


class BalanceView(CreditsView, APIView):
    """The balance."""

    @extend_schema(operation_id="credits_balance", responses=BalanceOut)
    def get(self, request: Request) -> Response:
        """What there is, what is set aside, what can be spent, and which lots it comes from."""
        balance = credits_selectors.get_balance(workspace_id=self.workspace.pk, at=clock.now())
        return Response(BalanceOut(balance).data)


class EntriesView(CreditsView, GenericAPIView[Entry]):
    """The ledger."""

    keyset = ("-id",)
    serializer_class = EntryOut
    queryset = Entry.objects.none()

    @extend_schema(operation_id="credits_entries_list", parameters=[EntryQuery])
    def get(self, request: Request) -> Response:
        """Newest first, with the lots behind each entry."""
        wanted = EntryQuery.parse(request)
        entries = credits_selectors.list_entries(
            workspace_id=self.workspace.pk,
            kinds=[wanted["kind"]] if "kind" in wanted else (),
            since=wanted.get("from"),
            until=wanted.get("to"),
        )
        return self.get_paginated_response(EntryOut(self.paginate_queryset(entries), many=True).data)


class HoldsView(CreditsView, GenericAPIView[Hold]):
    """Holds of the acting workspace."""

    keyset = ("-id",)
    serializer_class = HoldOut
    queryset = Hold.objects.none()

    @extend_schema(operation_id="credits_holds_list", parameters=[HoldQuery])
    def get(self, request: Request) -> Response:
        """Newest first."""
        wanted = HoldQuery.parse(request)
        holds = credits_selectors.list_holds(workspace_id=self.workspace.pk, statuses=list(wanted.values()))
        return self.get_paginated_response(HoldOut(self.paginate_queryset(holds), many=True).data)

    @extend_schema(operation_id="credits_holds_place", request=HoldIn, responses={201: PlacedOut})
    @moves_credits
    def post(self, request: Request) -> Response:
        """Set credits aside for work about to be done. Refused with `insufficient_credits` where there are too few."""
        key = _key(request)
        given = HoldIn(data=request.data)
        given.is_valid(raise_exception=True)
        receipt = credits_services.place_hold(
            workspace_id=self.workspace.pk,
            amount=given.validated_data["amount_credits"],
            purpose=given.validated_data["purpose"],
            expires_in=timedelta(seconds=given.validated_data["expires_in_seconds"]),
            user_id=request.user.pk,
            actor=context.current().actor,
            at=clock.now(),
            idempotency_key=key,
            patience=PATIENCE,
        )
        return _answer(PlacedOut, receipt, status=HoldStatus.OPEN, http_status=201)


class HoldView(CreditsView, APIView):
    """One hold."""

    @extend_schema(operation_id="credits_holds_get", responses=HoldOut)
    def get(self, request: Request, hold_id: uuid.UUID) -> Response:
        """The hold as it is now."""
        hold = credits_selectors.get_hold(workspace_id=self.workspace.pk, hold_id=hold_id)
        return Response(HoldOut(hold).data)


class CaptureView(CreditsView, APIView):
    """Spending a hold."""

    @extend_schema(operation_id="credits_holds_capture", request=CaptureIn, responses=CapturedOut)
    @moves_credits
    def post(self, request: Request, hold_id: uuid.UUID) -> Response:
        """Spend all of it, or less: the rest returns in the same step. A hold settles once."""
        key = _key(request)
        given = CaptureIn(data=request.data)
        given.is_valid(raise_exception=True)
        receipt = credits_services.capture_hold(
            workspace_id=self.workspace.pk,
            hold_id=hold_id,
            amount=given.validated_data.get("amount_credits"),
            actor=context.current().actor,
            at=clock.now(),
            idempotency_key=key,
            patience=PATIENCE,
        )
        return _answer(CapturedOut, receipt, status=HoldStatus.CAPTURED)


class ReleaseView(CreditsView, APIView):
    """Giving a hold up."""

    @extend_schema(operation_id="credits_holds_release", request=NoInput, responses=ReleasedOut)
    @moves_credits
    def post(self, request: Request, hold_id: uuid.UUID) -> Response:
        """Return all of it to the account."""
        key = _key(request)
        NoInput.check(request)
        receipt = credits_services.release_hold(
            workspace_id=self.workspace.pk,
            hold_id=hold_id,
            actor=context.current().actor,
            at=clock.now(),
            idempotency_key=key,
            patience=PATIENCE,
        )
        return _answer(ReleasedOut, receipt, status=HoldStatus.RELEASED)


class BatchView(CreditsView, APIView):
    """Many hold operations at once."""

    @extend_schema(operation_id="credits_holds_batch", request=BatchIn, responses=BatchOut)
    @moves_credits
    def post(self, request: Request) -> Response:
        """Up to fifty operations in one transaction, an outcome each: a refused one leaves the others alone."""
        key = _key(request)
        given = BatchIn(data=request.data)
        given.is_valid(raise_exception=True)
        outcomes = credits_services.run_batch(
            operations=[
                _operation(asked, workspace_id=self.workspace.pk, key=credits_services.operation_key(key, number))
                for number, asked in enumerate(given.validated_data["operations"])
            ],
            workspace_id=self.workspace.pk,
            user_id=request.user.pk,
            actor=context.current().actor,
            at=clock.now(),
            idempotency_key=key,
            patience=PATIENCE,
        )
        response = Response(BatchOut({"results": [_outcome(outcome) for outcome in outcomes]}).data)
        is_replay = all(outcome.receipt.replayed for outcome in outcomes)
        return idempotency.replayed(response) if is_replay else response


def _operation(asked: dict[str, Any], *, workspace_id: uuid.UUID, key: str) -> HoldOperation:
    if asked["op"] == "place":
        life = {"expires_in": timedelta(seconds=asked["expires_in_seconds"])} if "expires_in_seconds" in asked else {}
        return PlaceHold(workspace_id, asked["amount_credits"], asked["purpose"], key, **life)
    if asked["op"] == "capture":
        return CaptureHold(workspace_id, asked["hold"], key, asked.get("amount_credits"))
    return ReleaseHold(workspace_id, asked["hold"], key)


_OPS: dict[type, tuple[str, HoldStatus]] = {
    PlaceHold: ("place", HoldStatus.OPEN),
    CaptureHold: ("capture", HoldStatus.CAPTURED),
    ReleaseHold: ("release", HoldStatus.RELEASED),
}


def _outcome(outcome: BatchOutcome) -> dict[str, Any]:
    op, status = _OPS[type(outcome.operation)]
    receipt, is_refused = outcome.receipt, outcome.refusal is not None
    return {
        "op": op,
        "hold": getattr(outcome.operation, "hold_id", None) or receipt.hold_id,
        "status": None if is_refused else status.value,
        "amount_credits": None if is_refused else receipt.amount,
        "entry": receipt.entry_id,
        "problem": to_problem(outcome.refusal) if outcome.refusal else None,
    }
