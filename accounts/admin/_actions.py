"""What staff can do to a user: each deed is one service call."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.utils.formats import date_format
from django.utils.timezone import localtime
from django.utils.translation import gettext as _t
from django.utils.translation import gettext_lazy as _

from accounts import services
from accounts.actions import AuditAction
from accounts.admin._effects import (
    ENDS,
    becomes,
    email_effect,
    grant_effect,
    reset_factor_effect,
    restrict_effect,
    says,
    tag_effect,
    untag_effect,
    verification_effect,
)
from accounts.admin._forms import EmailForm, NameForm, RestrictForm, RoleForm, TagForm
from accounts.models import User
from accounts.permissions import Permission
from accounts.roles import StaffRole
from accounts.states import USER_MOVES, Capability, UserStatus
from core.console import Action, ActionCall, Effect


def _common(call: ActionCall) -> dict[str, Any]:
    return {"user_id": call.obj.pk, "actor": call.actor, "reason": call.reason, "ticket": call.ticket, "at": call.at}


def _simple(service: Callable[..., Any]) -> Callable[[ActionCall], None]:
    def run(call: ActionCall) -> None:
        service(**_common(call))

    return run


def _can_become(target: UserStatus, *, only_from: frozenset[UserStatus]) -> Callable[[User], Any]:
    def available(user: User) -> bool:
        status = UserStatus(user.status)
        return status in only_from and target in USER_MOVES[status]

    return available


_STOPPED = frozenset({UserStatus.SUSPENDED, UserStatus.BANNED})
_NOT_CLOSED = frozenset(UserStatus) - {UserStatus.CLOSED}


def _restrict(call: ActionCall) -> None:
    services.restrict_user(
        **_common(call), capability=Capability(call.data["capability"]), ends_at=call.data.get("ends_at")
    )


def _edit_name(call: ActionCall) -> None:
    services.edit_user(**_common(call), name=call.data["name"])


def _tag(call: ActionCall) -> None:
    services.tag_user(**_common(call), tag=call.data["tag"])


def _untag(call: ActionCall) -> None:
    services.untag_user(**_common(call), tag=call.data["tag"])


def _change_email(call: ActionCall) -> str:
    change = services.request_email_change(**_common(call), new_email=call.data["new_email"])
    when = date_format(localtime(change.effective_at), "Y-m-d H:i T")
    return _t("Both addresses were told. Not before %(when)s.") % {"when": when}


def _grant(call: ActionCall) -> str:
    approval = services.grant_staff_role(**_common(call), role=StaffRole(call.data["role"]))
    return _t("Asked. A second person must consent: %(id)s.") % {"id": approval.public_id}


def _revoke_role(call: ActionCall) -> None:
    services.revoke_staff_role(**_common(call), role=StaffRole(call.data["role"]))


def _reset_factor(call: ActionCall) -> str:
    outcome = services.reset_second_factor(**_common(call))
    if outcome.approval_id:
        return _t("Asked. A second person must consent: %(id)s.") % {"id": outcome.approval_id}
    return _t("Reset. The user was told by mail.")


USER_ACTIONS: tuple[Action, ...] = (
    Action(
        "suspend",
        _("Suspend"),
        Permission.SUSPEND_USER,
        _simple(services.suspend_user),
        effect=becomes(UserStatus.SUSPENDED, ENDS),
        available=_can_become(UserStatus.SUSPENDED, only_from=_NOT_CLOSED),
        bulk=True,
        danger=True,
        key="s",
        icon="pause_circle",
        order=10,
        audit_action=AuditAction.USER_SUSPENDED,
    ),
    Action(
        "reinstate",
        _("Reinstate"),
        Permission.SUSPEND_USER,
        _simple(services.reinstate_user),
        effect=becomes(UserStatus.ACTIVE),
        available=_can_become(UserStatus.ACTIVE, only_from=_STOPPED),
        bulk=True,
        icon="play_circle",
        order=11,
        audit_action=AuditAction.USER_REINSTATED,
    ),
    Action(
        "restrict",
        _("Restrict"),
        Permission.RESTRICT_USER,
        _restrict,
        form=RestrictForm,
        effect=restrict_effect,
        key="r",
        icon="lock_clock",
        order=12,
        audit_action=AuditAction.RESTRICTION_ADDED,
    ),
    Action(
        "send-password-reset",
        _("Send password reset"),
        Permission.SEND_PASSWORD_RESET,
        _simple(services.send_password_reset),
        effect=says(_("The user gets a link to choose a password. Nobody else can choose one.")),
        available=lambda user: user.is_active,
        key="p",
        icon="key",
        order=20,
        audit_action=AuditAction.PASSWORD_RESET_SENT,
    ),
    Action(
        "reset-second-factor",
        _("Reset second factor"),
        Permission.RESET_SECOND_FACTOR,
        _reset_factor,
        effect=reset_factor_effect,
        available=lambda user: user.is_active,
        danger=True,
        description=_("For a lost phone or key. Be sure who asks: call back, or ask what only the customer knows."),
        icon="phonelink_erase",
        order=20,
        audit_action=AuditAction.FACTOR_RESET,
    ),
    Action(
        "unlock-login",
        _("Unlock login"),
        Permission.UNLOCK_LOGIN,
        _simple(services.unlock_login),
        effect=says(_("Failed logins of this account are forgotten, from every network.")),
        key="u",
        icon="lock_open",
        order=21,
        audit_action=AuditAction.LOGIN_UNLOCKED,
    ),
    Action(
        "resend-verification",
        _("Send verification again"),
        Permission.RESEND_VERIFICATION,
        _simple(services.resend_verification),
        effect=verification_effect,
        available=lambda user: user.is_active,
        icon="mark_email_read",
        order=22,
        audit_action=AuditAction.VERIFICATION_SENT,
    ),
    Action(
        "end-sessions",
        _("End sessions"),
        Permission.END_SESSIONS,
        _simple(services.end_sessions),
        effect=says(_("Every browser and app is logged out. API keys go on."), "warn"),
        icon="logout",
        order=23,
        audit_action=AuditAction.SESSION_ENDED,
    ),
    Action(
        "change-email",
        _("Change e-mail address"),
        Permission.CHANGE_EMAIL,
        _change_email,
        form=EmailForm,
        effect=email_effect,
        available=lambda user: user.is_active,
        icon="alternate_email",
        order=24,
        audit_action=AuditAction.EMAIL_CHANGE_REQUESTED,
    ),
    Action(
        "edit-name",
        _("Change name"),
        Permission.EDIT_USER,
        _edit_name,
        form=NameForm,
        effect=lambda user, data, _request: [Effect(_("Name"), user.name or "—", data.get("name") or "—")],
        initial=lambda user: {"name": user.name},
        icon="edit",
        order=25,
        audit_action=AuditAction.USER_EDITED,
    ),
    Action(
        "tag",
        _("Tag"),
        Permission.TAG_USER,
        _tag,
        form=TagForm,
        effect=tag_effect,
        bulk=True,
        icon="label",
        order=30,
        audit_action=AuditAction.USER_TAGGED,
    ),
    Action(
        "untag",
        _("Take a tag off"),
        Permission.TAG_USER,
        _untag,
        form=TagForm,
        effect=untag_effect,
        available=lambda user: bool(user.tags),
        icon="label_off",
        order=31,
        audit_action=AuditAction.USER_UNTAGGED,
    ),
    Action(
        "ban",
        _("Ban"),
        Permission.BAN_USER,
        _simple(services.ban_user),
        effect=becomes(UserStatus.BANNED, ENDS),
        available=_can_become(UserStatus.BANNED, only_from=_NOT_CLOSED),
        danger=True,
        typed_name=lambda user: user.public_id,
        icon="block",
        order=40,
        audit_action=AuditAction.USER_BANNED,
    ),
    Action(
        "close",
        _("Close account"),
        Permission.CLOSE_USER,
        _simple(services.close_user),
        effect=becomes(UserStatus.CLOSED, ENDS, _("API keys are revoked and stay so after reopening.")),
        available=_can_become(UserStatus.CLOSED, only_from=_NOT_CLOSED),
        danger=True,
        typed_name=lambda user: user.public_id,
        icon="no_accounts",
        order=41,
        audit_action=AuditAction.USER_CLOSED,
    ),
    Action(
        "reopen",
        _("Reopen account"),
        Permission.CLOSE_USER,
        _simple(services.reopen_user),
        effect=becomes(UserStatus.ACTIVE),
        available=_can_become(UserStatus.ACTIVE, only_from=frozenset({UserStatus.CLOSED})),
        icon="person_add",
        order=42,
        audit_action=AuditAction.USER_REOPENED,
    ),
    Action(
        "grant-role",
        _("Grant staff role"),
        Permission.GRANT_STAFF_ROLE,
        _grant,
        form=RoleForm,
        effect=grant_effect,
        available=lambda user: user.is_active,
        icon="admin_panel_settings",
        order=50,
        audit_action=AuditAction.ROLE_REQUESTED,
    ),
    Action(
        "revoke-role",
        _("Take staff role"),
        Permission.REVOKE_STAFF_ROLE,
        _revoke_role,
        form=RoleForm,
        effect=says(_("It works on the person's next request. With the last role the console closes."), "warn"),
        available=lambda user: user.is_staff,
        danger=True,
        icon="remove_moderator",
        order=51,
        audit_action=AuditAction.ROLE_REVOKED,
    ),
)
