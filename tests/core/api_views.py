"""Routes that raise every kind of error, as a URLconf for the tests of the API's edge."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from typing import Any

from django.contrib.auth.models import Group
from django.core.exceptions import BadRequest, PermissionDenied, RequestDataTooBig, SuspiciousOperation, ValidationError
from django.db import OperationalError
from django.http import Http404, HttpRequest, HttpResponse
from django.urls import include, path
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.exceptions import NotAuthenticated, Throttled
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from core.api import idempotency
from core.api.converters import register_public_id
from core.api.fields import CreditsField, PublicIdField, TextField, UTCDateTimeField
from core.api.pagination import KeysetPagination
from core.api.serializers import NoInput, StrictQuery, StrictSerializer
from core.errors import FieldError, InvalidInput, InvalidTransition, NotFound, PermissionMissing, Refusal


@dataclass(eq=False)
class TooPoor(Refusal):
    """A refusal with facts, two of which collide with members of every problem."""

    code = "too_poor"
    http_status = 409
    title = "Too few credits"
    detail = "{available} credits are there, {needed} are needed."
    available: int
    needed: int
    status: str = "active"
    request_id: str = "mine"


register_public_id("thg")

ERRORS: dict[str, Any] = {
    "refusal": lambda: TooPoor(available=3, needed=5),
    "not-found": NotFound,
    "permission-missing": lambda: PermissionMissing("credits.adjust_account"),
    "invalid-input": lambda: InvalidInput(FieldError("name", "taken", "This name is taken.")),
    "invalid-transition": lambda: InvalidTransition("settled", "open"),
    "http404": lambda: Http404("No Secret matches the given query."),
    "permission-denied": lambda: PermissionDenied("internal words"),
    "suspicious": lambda: SuspiciousOperation("internal words"),
    "bad-request": lambda: BadRequest("internal words"),
    "too-big": lambda: RequestDataTooBig("internal words"),
    "django-validation": lambda: ValidationError({"name": ["Too short."]}),
    "not-authenticated": NotAuthenticated,
    "throttled": lambda: Throttled(wait=12.3),
    "database-away": lambda: OperationalError("connection to 10.0.0.7 failed"),
    "unforeseen": lambda: KeyError("a secret"),
}


class Open(APIView):
    authentication_classes = ()
    permission_classes = ()


class Raise(Open):
    def get(self, request: Request, name: str) -> Response:
        raise ERRORS[name]()


class Operation(StrictSerializer):
    amount_credits = CreditsField()


class Everything(StrictSerializer):
    amount_credits = CreditsField()
    hold_id = PublicIdField("hld", required=False)
    note = TextField(max_length=20, required=False, multiline=True)
    purpose = TextField(max_length=20, required=False)
    legacy = serializers.CharField(max_length=20, required=False)
    count = serializers.IntegerField(required=False)
    on = serializers.BooleanField(required=False)
    at = UTCDateTimeField(required=False)
    kind = serializers.ChoiceField(choices=["a", "1"], required=False)
    tags = serializers.ListField(child=serializers.CharField(max_length=5), required=False)
    operations = Operation(many=True, required=False)
    id = serializers.CharField(read_only=True)


class Echo(Open):
    @extend_schema(request=Everything, responses={200: Everything})
    def post(self, request: Request) -> Response:
        serializer = Everything(data=request.data)
        serializer.is_valid(raise_exception=True)
        return Response(serializer.to_representation(serializer.validated_data))


class Bodyless(Open):
    @extend_schema(request=NoInput, responses={200: None})
    @idempotency.required
    def post(self, request: Request) -> Response:
        NoInput.check(request)
        return idempotency.replayed(Response({"key": idempotency.require_key(request)}))


class Filter(StrictQuery):
    kind = serializers.ChoiceField(choices=["grant", "capture"], required=False)
    since = UTCDateTimeField(required=False)


class Filtered(Open):
    @extend_schema(parameters=[Filter], responses={200: OpenApiTypes.OBJECT})
    def get(self, request: Request) -> Response:
        return Response(sorted(Filter.parse(request)))


class Closed(APIView):
    """Wants someone, and acts in a workspace."""

    acts_in_workspace = True

    @extend_schema(responses={200: OpenApiTypes.OBJECT})
    def get(self, request: Request, thing_id: uuid.UUID) -> Response:
        return Response({"id": str(thing_id)})


class GroupOut(serializers.Serializer[Any]):
    name = serializers.CharField()


class Groups(Open):
    """A list over a table that exists before any of the product's own lists."""

    keyset = ("name", "id")
    pagination_class = KeysetPagination

    @extend_schema(responses={200: GroupOut(many=True)})
    def get(self, request: Request) -> Response:
        paginator = KeysetPagination()
        rows = paginator.paginate_queryset(Group.objects.all(), request, view=self)
        return paginator.get_paginated_response([row.name for row in rows])


def raise_outside_drf(request: HttpRequest, name: str) -> HttpResponse:
    raise ERRORS[name]()


urlpatterns = [
    path("api/things/<thg:thing_id>/", Closed.as_view()),
    path("api/raise/<str:name>/", Raise.as_view()),
    path("api/plain/<str:name>/", raise_outside_drf),
    path("page/<str:name>/", raise_outside_drf),
    path("api/echo/", Echo.as_view()),
    path("api/bodyless/", Bodyless.as_view()),
    path("api/filtered/", Filtered.as_view()),
    path("api/groups/", Groups.as_view()),
    path("_allauth/", include("allauth.headless.urls")),
]
handler400 = "core.api.problems.bad_request"
handler403 = "core.api.problems.permission_denied"
handler404 = "core.api.problems.page_not_found"
handler500 = "core.api.problems.server_error"
