"""The caller: who they are, where they are logged in, who looked at them."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework.generics import GenericAPIView
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts import selectors, services
from accounts.api_base import ScopedView
from accounts.errors import NothingToChange
from accounts.scopes import Scope
from accounts.serializers import (
    AccessOut,
    EmailChangeIn,
    EmailChangeOut,
    EndedOut,
    MeIn,
    MeOut,
    SessionListOut,
    TokenIn,
)
from core import clock, context
from core.errors import NotFound


class MeView(ScopedView, APIView):
    """Who am I?"""

    required_scopes = {"GET": Scope.ACCOUNT_READ.value}

    @extend_schema(operation_id="me_retrieve", responses=MeOut)
    def get(self, request: Request) -> Response:
        """The caller; for an API key, its maker."""
        return Response(MeOut(request.user).data)

    @extend_schema(operation_id="me_update", request=MeIn, responses=MeOut)
    def patch(self, request: Request) -> Response:
        """Change name, language or time zone."""
        self.require_session()
        given = MeIn(data=request.data)
        given.is_valid(raise_exception=True)
        user: Any = self.user
        try:
            changed = services.edit_user(
                user_id=user.pk, actor=context.current().actor, at=clock.now(), **given.validated_data
            )
            changed.restricted = user.restricted  # type: ignore[attr-defined]
        except NothingToChange:
            changed = user
        return Response(MeOut(changed).data)


class SessionsView(ScopedView, APIView):
    """Where am I logged in?"""

    open_to_read_only = True

    @extend_schema(operation_id="me_sessions_list", responses=SessionListOut)
    def get(self, request: Request) -> Response:
        """The live sessions, last used first."""
        current = self.require_session()
        found = selectors.list_sessions(user=self.user, at=clock.now(), current_key=current.key)
        return Response(SessionListOut({"results": found, "next": None, "previous": None}).data)

    @extend_schema(operation_id="me_sessions_end_others", request=None, responses=EndedOut)
    def delete(self, request: Request) -> Response:
        """End every session but this one."""
        current = self.require_session()
        ended = services.end_sessions(
            user_id=self.user.pk, actor=context.current().actor, at=clock.now(), keep=current.key
        )
        return Response(EndedOut({"sessions_ended": ended}).data)


class SessionView(ScopedView, APIView):
    """One of my sessions."""

    open_to_read_only = True

    @extend_schema(operation_id="me_sessions_end", request=None, responses={204: None})
    def delete(self, request: Request, session_id: str) -> Response:
        """End it; ending the present one logs out."""
        current = self.require_session()
        key = services.end_session(
            user_id=self.user.pk, session_id=session_id, actor=context.current().actor, at=clock.now()
        )
        if key == current.key:
            current.session.flush()
        return Response(status=204)


class AccessLogView(ScopedView, GenericAPIView[Any]):
    """Who of the staff looked at me?"""

    serializer_class = AccessOut
    keyset = ("-occurred_at", "-seq")
    open_to_read_only = True

    def get_queryset(self) -> Any:
        """The entries about the caller."""
        return selectors.list_staff_access(user=self.user)

    @extend_schema(operation_id="me_access_log_list", responses=AccessOut(many=True))
    def get(self, request: Request) -> Response:
        """Newest first: when, which role, what, and, where one was given for looking, why."""
        self.require_session()
        page = self.paginate_queryset(self.get_queryset())
        return self.get_paginated_response(AccessOut(selectors.describe_access(page or []), many=True).data)


class EmailChangeView(ScopedView, APIView):
    """My change of e-mail address."""

    @extend_schema(operation_id="me_email_change_retrieve", responses=EmailChangeOut)
    def get(self, request: Request) -> Response:
        """The change on its way; 404 where there is none."""
        self.require_session()
        change = selectors.find_open_email_change(user_id=self.user.pk, at=clock.now())
        if change is None:
            raise NotFound
        return Response(EmailChangeOut(change).data)

    @extend_schema(operation_id="me_email_change_request", request=EmailChangeIn, responses={202: EmailChangeOut})
    def post(self, request: Request) -> Response:
        """Ask for another address. Needs a login or reauthentication within the last 15 minutes.

        Both addresses get a mail: the new one must confirm, the old one can stop it. The change takes
        effect when it is confirmed and the waiting time is over.
        """
        self.require_recent_login()
        given = EmailChangeIn(data=request.data)
        given.is_valid(raise_exception=True)
        change = services.request_email_change(
            user_id=self.user.pk,
            new_email=given.validated_data["new_email"],
            actor=context.current().actor,
            at=clock.now(),
        )
        return Response(EmailChangeOut(change).data, status=202)

    @extend_schema(operation_id="me_email_change_cancel", request=None, responses=EmailChangeOut)
    def delete(self, request: Request) -> Response:
        """Stop the change."""
        self.require_session()
        change = services.cancel_email_change(user_id=self.user.pk, actor=context.current().actor, at=clock.now())
        return Response(EmailChangeOut(change).data)


class _TokenView(APIView):
    further_problems = ("410",)
    """For whoever holds the key of a mailed link: no login is needed."""

    authentication_classes: Any = ()
    permission_classes = (AllowAny,)

    def take_token(self, request: Request) -> str:
        given = TokenIn(data=request.data)
        given.is_valid(raise_exception=True)
        return str(given.validated_data["token"])


class EmailChangeConfirmView(_TokenView):
    """The new address says yes."""

    @extend_schema(operation_id="email_change_confirm", request=TokenIn, responses=EmailChangeOut)
    def post(self, request: Request) -> Response:
        """Confirm with the key of the mail to the new address."""
        change = services.confirm_email_change(token=self.take_token(request), at=clock.now())
        return Response(EmailChangeOut(change).data)


class EmailChangeCancelView(_TokenView):
    """The old address says no."""

    @extend_schema(operation_id="email_change_cancel", request=TokenIn, responses=EmailChangeOut)
    def post(self, request: Request) -> Response:
        """Stop the change with the key of the mail to the old address."""
        change = services.cancel_email_change_by_token(token=self.take_token(request), at=clock.now())
        return Response(EmailChangeOut(change).data)
