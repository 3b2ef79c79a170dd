"""The acting workspace's API keys. Only people handle them: no key can."""

from __future__ import annotations

import uuid
from datetime import timedelta
from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework.generics import GenericAPIView
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts import selectors, services
from accounts.api_base import WorkspaceView
from accounts.models import ApiKey
from accounts.serializers import ApiKeyIn, ApiKeyOut, NewApiKeyOut, RotationIn
from accounts.services import NewKey
from accounts.states import KeyMode
from core import clock, context


def _with_secret(made: NewKey) -> Response:
    key: Any = made.key
    key.secret = made.secret
    return Response(NewApiKeyOut(key).data, status=201)


class ApiKeysView(WorkspaceView, GenericAPIView[ApiKey]):
    """Keys of the acting workspace. For owners and admins."""

    serializer_class = ApiKeyOut
    queryset = ApiKey.objects.none()

    @extend_schema(operation_id="api_keys_list")
    def get(self, request: Request) -> Response:
        """Newest first, whether they still work or not."""
        self.require_session()
        self.require_manager()
        page = self.paginate_queryset(selectors.list_api_keys(workspace=self.workspace))
        return self.get_paginated_response(ApiKeyOut(page, many=True).data)

    @extend_schema(operation_id="api_keys_create", request=ApiKeyIn, responses={201: NewApiKeyOut})
    def post(self, request: Request) -> Response:
        """Make a key. Its secret is in this answer and nowhere else."""
        self.require_session()
        given = ApiKeyIn(data=request.data)
        given.is_valid(raise_exception=True)
        values = dict(given.validated_data)
        made = services.create_api_key(
            workspace_id=self.workspace.pk,
            by_id=self.user.pk,
            actor=context.current().actor,
            at=clock.now(),
            mode=KeyMode(values.pop("mode")),
            **values,
        )
        return _with_secret(made)


class ApiKeyView(WorkspaceView, APIView):
    """One key."""

    @extend_schema(operation_id="api_keys_revoke", request=None, responses=ApiKeyOut)
    def delete(self, request: Request, key_id: uuid.UUID) -> Response:
        """Revoke it, at once and for good."""
        self.require_session()
        key = services.revoke_api_key(
            workspace_id=self.workspace.pk,
            key_id=key_id,
            by_id=self.user.pk,
            actor=context.current().actor,
            at=clock.now(),
        )
        return Response(ApiKeyOut(key).data)


class ApiKeyRotationView(WorkspaceView, APIView):
    """A successor for a key."""

    @extend_schema(operation_id="api_keys_rotate", request=RotationIn, responses={201: NewApiKeyOut})
    def post(self, request: Request, key_id: uuid.UUID) -> Response:
        """Make a key with the same rights; both work until the overlap is over."""
        self.require_session()
        given = RotationIn(data=request.data)
        given.is_valid(raise_exception=True)
        made = services.rotate_api_key(
            workspace_id=self.workspace.pk,
            key_id=key_id,
            by_id=self.user.pk,
            actor=context.current().actor,
            at=clock.now(),
            overlap=timedelta(seconds=given.validated_data["overlap_seconds"]),
        )
        return _with_secret(made)
