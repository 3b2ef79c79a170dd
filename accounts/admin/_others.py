"""Workspaces, invitations, restrictions, API keys."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts import selectors, services
from accounts.actions import AuditAction
from accounts.admin._chips import key_chip
from accounts.admin._effects import restrict_effect
from accounts.admin._forms import WorkspaceRestrictForm
from accounts.models import ApiKey, Invitation, Restriction, Workspace
from accounts.permissions import Permission
from accounts.states import Capability, InvitationStatus
from core import clock
from core.console import Action, ActionCall, Chip, ConsoleAdmin, CustomerRef, Effect, NavItem, SearchRule


def _restrict_workspace(call: ActionCall) -> None:
    services.restrict_workspace(
        workspace_id=call.obj.pk,
        capability=Capability(call.data["capability"]),
        ends_at=call.data.get("ends_at"),
        actor=call.actor,
        reason=call.reason,
        ticket=call.ticket,
        at=call.at,
    )


def _lift(call: ActionCall) -> None:
    services.lift_restriction(
        restriction_id=call.obj.pk, actor=call.actor, reason=call.reason, ticket=call.ticket, at=call.at
    )


def _revoke_invitation(call: ActionCall) -> None:
    services.revoke_invitation_as_staff(
        invitation_id=call.obj.pk, actor=call.actor, reason=call.reason, ticket=call.ticket, at=call.at
    )


def _revoke_key(call: ActionCall) -> None:
    services.revoke_api_key_as_staff(
        key_id=call.obj.pk, actor=call.actor, reason=call.reason, ticket=call.ticket, at=call.at
    )


@admin.register(Workspace)
class WorkspaceAdmin(ConsoleAdmin):
    """Teams and personal workspaces."""

    view_permission = Permission.VIEW_WORKSPACE
    target_kind = "accounts.workspace"
    nav = NavItem(group="Customers", title=_("Workspaces"), icon="groups", order=20, key="w")
    list_display = ("name", "public_id", "is_personal", "created_at")
    list_filter = ("created_at",)
    search_rules = (
        SearchRule.public_id(),
        SearchRule.public_id("memberships__user", prefix="usr"),
        SearchRule.trigram("name"),
    )
    search_help = _("Id, id of a member, or part of the name")
    key_facts = ("created_at",)
    fields = ("public_id", "is_personal", "personal_owner")
    list_select_related = ("personal_owner",)
    empty_text = _("Every user has a personal workspace; teams are opened by users.")
    actions_for_object = (
        Action(
            "restrict",
            _("Restrict"),
            Permission.RESTRICT_USER,
            _restrict_workspace,
            form=WorkspaceRestrictForm,
            effect=restrict_effect,
            key="r",
            icon="lock_clock",
            order=10,
            audit_action=AuditAction.RESTRICTION_ADDED,
        ),
    )

    def customer_of(self, obj: Workspace) -> CustomerRef:
        """Its owner."""
        return CustomerRef(user_key=obj.personal_owner_id, workspace_key=obj.pk)

    @admin.display(description=_("Personal"), boolean=True)
    def is_personal(self, workspace: Workspace) -> bool:
        """Whether it is one person's own."""
        return workspace.is_personal

    def get_title(self, obj: Any) -> str:
        """Its name."""
        return str(obj.name)


@admin.register(Invitation)
class InvitationAdmin(ConsoleAdmin):
    """Who was asked into which team."""

    view_permission = Permission.VIEW_INVITATION
    reveal_permission = Permission.REVEAL_USER
    target_kind = "accounts.invitation"
    nav = NavItem(group="Customers", title=_("Invitations"), icon="mail", order=30)
    list_display = ("public_id", "workspace", "email", "role", "status", "expires_at", "created_at")
    list_filter = ("created_at",)
    list_select_related = ("workspace", "invited_by", "accepted_by")
    search_rules = (SearchRule.public_id(), SearchRule.public_id("workspace", prefix="wsp"), SearchRule.email())
    search_help = _("Id, workspace id, or whole e-mail address")
    masked_fields = {"email": "email"}
    key_facts = ("workspace", "email", "role")
    fields = ("public_id", "invited_by", "accepted_by", "expires_at", "status_changed_at", "created_at")
    empty_text = _("Invitations appear here when members send them.")
    actions_for_object = (
        Action(
            "revoke",
            _("Revoke invitation"),
            Permission.REVOKE_INVITATION,
            _revoke_invitation,
            effect=lambda _obj, _data, _request: [Effect(_("The link stops working."), tone="warn")],
            available=lambda invitation: invitation.status == InvitationStatus.PENDING,
            icon="cancel",
            audit_action=AuditAction.INVITATION_REVOKED,
        ),
    )


@admin.register(Restriction)
class RestrictionAdmin(ConsoleAdmin):
    """What is taken from whom, until when."""

    view_permission = Permission.VIEW_RESTRICTION
    target_kind = "accounts.restriction"
    nav = NavItem(group="Customers", title=_("Restrictions"), icon="lock_clock", order=40)
    list_display = ("public_id", "capability", "state", "user", "workspace", "author_label", "ends_at", "created_at")
    list_filter = ("capability", "created_at")
    list_select_related = ("user", "workspace")
    labels = {"author_label": _("By"), "lift_reason": _("Why it was lifted")}
    search_rules = (
        SearchRule.public_id(),
        SearchRule.public_id("user", prefix="usr"),
        SearchRule.public_id("workspace", prefix="wsp"),
    )
    search_help = _("Id, user id or workspace id")
    key_facts = ("capability", "state", "ends_at")
    fields = (
        "public_id",
        "user",
        "workspace",
        "reason",
        "ticket",
        "author_label",
        "starts_at",
        "lifted_at",
        "lifted_by",
        "lift_reason",
    )
    empty_text = _("Restrictions appear here when staff take a capability from somebody.")
    actions_for_object = (
        Action(
            "lift",
            _("Lift restriction"),
            Permission.LIFT_RESTRICTION,
            _lift,
            effect=lambda _obj, _data, _request: [Effect(_("The capability is back at once."), tone="good")],
            available=lambda restriction: (
                restriction.lifted_at is None and (restriction.ends_at is None or restriction.ends_at > timezone.now())
            ),
            key="l",
            icon="lock_open",
            audit_action=AuditAction.RESTRICTION_LIFTED,
        ),
    )

    def customer_of(self, obj: Restriction) -> CustomerRef:
        """Who is restricted, or the owner of what is."""
        return CustomerRef(user_key=obj.user_id, workspace_key=obj.workspace_id)

    @admin.display(description=_("State"))
    def state(self, restriction: Restriction) -> Chip:
        """In force, to come, or over."""
        now = timezone.now()
        if restriction.is_active(now):
            return Chip(str(_("In force")), "warn")
        is_over = restriction.lifted_at is not None or restriction.starts_at <= now
        return Chip(str(_("Over"))) if is_over else Chip(str(_("To come")), "info")


@admin.register(ApiKey)
class ApiKeyAdmin(ConsoleAdmin):
    """Keys, without their secrets."""

    view_permission = Permission.VIEW_API_KEY
    target_kind = "accounts.api_key"
    nav = NavItem(group="Customers", title=_("API keys"), icon="vpn_key", order=50)
    list_display = (
        "name",
        "public_id",
        "key_prefix",
        "state",
        "workspace",
        "created_by",
        "last_used_at",
        "created_at",
    )
    list_filter = ("mode", "created_at")
    list_select_related = ("workspace", "created_by", "replaced_by")
    chip_fields = ("mode",)
    search_rules = (
        SearchRule.public_id(),
        SearchRule.public_id("workspace", prefix="wsp"),
        SearchRule.public_id("created_by", prefix="usr"),
        SearchRule.prefix("key_prefix", pattern=r"bk_(live|test)_[0-9A-Za-z]{2,6}", is_sharp=True),
    )
    search_help = _("Id, workspace id, user id, or how the key begins (bk_live_…)")
    key_facts = ("key_prefix", "state", "last_used_at")
    fields = (
        "public_id",
        "workspace",
        "created_by",
        "mode",
        "scope_list",
        "network_list",
        "expires_at",
        "revoked_at",
        "revoked_by",
        "replaced_by",
        "created_at",
    )
    empty_text = _("Keys appear here when customers make them.")
    actions_for_object = (
        Action(
            "revoke",
            _("Revoke key"),
            Permission.REVOKE_API_KEY,
            _revoke_key,
            effect=lambda _obj, _data, _request: [Effect(_("Calls with this key fail from now on."), tone="warn")],
            available=lambda key: key.is_live(timezone.now()),
            danger=True,
            typed_name=lambda key: key.key_prefix,
            icon="key_off",
            audit_action=AuditAction.KEY_REVOKED,
        ),
    )

    def customer_of(self, obj: ApiKey) -> CustomerRef:
        """Its maker, in its workspace."""
        return CustomerRef(user_key=obj.created_by_id, workspace_key=obj.workspace_id)

    def get_queryset(self, request: HttpRequest) -> QuerySet[ApiKey]:
        """With what may stop a key although it is neither revoked nor expired."""
        return selectors.with_what_stops(super().get_queryset(request), at=clock.now())

    @admin.display(description=_("State"))
    def state(self, key: ApiKey) -> Chip:
        """Whether calls with it are let in now, and why not."""
        return key_chip(key, at=clock.now())

    @admin.display(description=_("Scopes"))
    def scope_list(self, key: ApiKey) -> str:
        """In one line."""
        return ", ".join(key.scopes)

    @admin.display(description=_("Networks"))
    def network_list(self, key: ApiKey) -> str:
        """In one line."""
        return ", ".join(key.allowed_networks) or str(_("from anywhere"))

    def get_title(self, obj: Any) -> str:
        """Its name."""
        return str(obj.name)
