"""The shape of what the API takes and gives about people, teams and keys."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from accounts.models import ApiKey, Invitation, Membership
from accounts.scopes import Scope
from accounts.services import LONGEST_OVERLAP
from accounts.states import InvitationStatus, KeyMode, MemberRole
from core import clock
from core.api.fields import PublicIdField, TextField, UTCDateTimeField
from core.api.serializers import StrictSerializer

Out = serializers.Serializer[Any]


class WorkspaceOut(Out):
    """A workspace and the caller's role in it."""

    id = PublicIdField("wsp", read_only=True)
    name = serializers.CharField(read_only=True)
    is_personal = serializers.BooleanField(read_only=True)
    role = serializers.ChoiceField(choices=MemberRole.choices, source="acting_role", read_only=True)
    created_at = UTCDateTimeField(read_only=True)


class MeOut(Out):
    """The caller."""

    id = PublicIdField("usr", read_only=True)
    email = serializers.EmailField(read_only=True)
    name = serializers.CharField(read_only=True)
    locale = serializers.CharField(read_only=True)
    time_zone = serializers.CharField(read_only=True)
    restricted = serializers.ListField(
        child=serializers.CharField(), read_only=True, help_text="Capabilities that are taken away at present."
    )
    created_at = UTCDateTimeField(read_only=True)


class MeIn(StrictSerializer):
    """What people may change about themselves. What is left out stays."""

    name = TextField(max_length=200, required=False, allow_blank=True)
    locale = TextField(max_length=16, required=False)
    time_zone = TextField(max_length=64, required=False)


class EmailChangeIn(StrictSerializer):
    """Where mail shall go from now on."""

    new_email = serializers.EmailField(max_length=254)


class TokenIn(StrictSerializer):
    """The key of a mailed link."""

    token = TextField(max_length=128)


class EmailChangeOut(Out):
    """A change of address on its way."""

    id = PublicIdField("emc", read_only=True)
    new_email = serializers.EmailField(read_only=True)
    status = serializers.CharField(read_only=True)
    effective_at = UTCDateTimeField(read_only=True)
    expires_at = UTCDateTimeField(read_only=True)


class SessionOut(Out):
    """A session in use."""

    id = serializers.CharField(read_only=True)
    ip = serializers.IPAddressField(read_only=True)
    user_agent = serializers.CharField(read_only=True)
    created_at = UTCDateTimeField(read_only=True)
    last_seen_at = UTCDateTimeField(read_only=True)
    is_current = serializers.BooleanField(read_only=True)


class SessionListOut(Out):
    """All of them: there are never more than a hundred."""

    results = SessionOut(many=True, read_only=True)
    next = serializers.CharField(read_only=True, allow_null=True)
    previous = serializers.CharField(read_only=True, allow_null=True)


class EndedOut(Out):
    """How many sessions were ended."""

    sessions_ended = serializers.IntegerField(read_only=True)


class WorkspaceIn(StrictSerializer):
    """A team's name."""

    name = TextField(max_length=200)


class MemberOut(Out):
    """A member of a workspace."""

    id = PublicIdField("mem", read_only=True)
    user_id = PublicIdField("usr", source="user", read_only=True)
    name = serializers.CharField(source="user.name", read_only=True)
    email = serializers.EmailField(source="user.email", read_only=True)
    role = serializers.ChoiceField(choices=MemberRole.choices, read_only=True)
    created_at = UTCDateTimeField(read_only=True)

    class Meta:
        model = Membership


class RoleIn(StrictSerializer):
    """A member's new role."""

    role = serializers.ChoiceField(choices=MemberRole.choices)


class InvitationIn(StrictSerializer):
    """Whom to invite, as what."""

    email = serializers.EmailField(max_length=254)
    role = serializers.ChoiceField(choices=MemberRole.choices, default=MemberRole.MEMBER.value)


class InvitationOut(Out):
    """An invitation. The token is in the mail alone."""

    id = PublicIdField("inv", read_only=True)
    email = serializers.EmailField(read_only=True)
    role = serializers.ChoiceField(choices=MemberRole.choices, read_only=True)
    status = serializers.SerializerMethodField()
    expires_at = UTCDateTimeField(read_only=True)
    created_at = UTCDateTimeField(read_only=True)

    @extend_schema_field(serializers.ChoiceField(choices=InvitationStatus.choices))
    def get_status(self, invitation: Invitation) -> str:
        """``expired`` as soon as its time is over."""
        is_over = invitation.status == InvitationStatus.PENDING and not invitation.is_open(clock.now())
        return InvitationStatus.EXPIRED.value if is_over else invitation.status


class ApiKeyIn(StrictSerializer):
    """A key to make. Without ``expires_at`` it lives until it is revoked."""

    name = TextField(max_length=100)
    mode = serializers.ChoiceField(choices=KeyMode.choices, default=KeyMode.LIVE.value)
    scopes = serializers.ListField(
        child=serializers.ChoiceField(choices=Scope.choices), min_length=1, max_length=len(Scope)
    )
    allowed_networks = serializers.ListField(
        child=TextField(max_length=43), max_length=20, required=False, help_text="CIDR; empty means from anywhere."
    )
    expires_at = UTCDateTimeField(required=False, allow_null=True)


class RotationIn(StrictSerializer):
    """How long the old key works on beside the new one: a day where nothing is said."""

    overlap_seconds = serializers.IntegerField(
        min_value=0, max_value=int(LONGEST_OVERLAP.total_seconds()), default=86_400
    )


class ApiKeyOut(Out):
    """A key, without the secret."""

    id = PublicIdField("key", read_only=True)
    name = serializers.CharField(read_only=True)
    mode = serializers.ChoiceField(choices=KeyMode.choices, read_only=True)
    key_prefix = serializers.CharField(read_only=True)
    scopes = serializers.ListField(child=serializers.CharField(), read_only=True)
    allowed_networks = serializers.ListField(child=serializers.CharField(), read_only=True)
    created_by = PublicIdField("usr", read_only=True)
    is_live = serializers.SerializerMethodField()
    replaced_by = PublicIdField("key", read_only=True, allow_null=True)
    expires_at = UTCDateTimeField(read_only=True, allow_null=True)
    revoked_at = UTCDateTimeField(read_only=True, allow_null=True)
    last_used_at = UTCDateTimeField(read_only=True, allow_null=True)
    created_at = UTCDateTimeField(read_only=True)

    @extend_schema_field(serializers.BooleanField())
    def get_is_live(self, key: ApiKey) -> bool:
        """Neither revoked nor expired."""
        return key.is_live(clock.now())


class NewApiKeyOut(ApiKeyOut):
    """A key that was just made, with its secret: it is told this once."""

    secret = serializers.CharField(read_only=True)


class AccessOut(Out):
    """A look of somebody of the staff at the caller."""

    at = UTCDateTimeField(source="occurred_at", read_only=True)
    staff_role = serializers.CharField(read_only=True)
    action = serializers.CharField(read_only=True)
    description = serializers.CharField(read_only=True)
    reason = serializers.CharField(read_only=True)
