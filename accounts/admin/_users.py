"""Users."""

from __future__ import annotations

from typing import Any, ClassVar

from django.contrib import admin
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from accounts.admin._actions import USER_ACTIONS
from accounts.admin._export import EXPORT
from accounts.models import User
from accounts.permissions import Permission
from core.console import ConsoleAdmin, CustomerRef, NavItem, SearchRule, TokenFilter


def _tagged(tag: str) -> Q:
    return Q(tags__contains=[tag.lower()])


@admin.register(User)
class UserAdmin(ConsoleAdmin):
    """People: found by id, address or name."""

    view_permission = Permission.VIEW_USER
    reveal_permission = Permission.REVEAL_USER
    target_kind = "accounts.user"
    nav = NavItem(group="Customers", title=_("Users"), icon="person", order=10, key="u")
    list_display = ("name", "public_id", "email", "status", "created_at")
    list_filter: ClassVar[Any] = (
        "status",
        "is_staff",
        "created_at",
        TokenFilter("tag", title=_("Tag"), parse=_tagged, expects=_("a tag")),
    )
    search_rules = (
        SearchRule.public_id(),
        SearchRule.public_id("memberships__workspace", prefix="wsp"),
        SearchRule.email(),
        SearchRule.trigram("name"),
    )
    search_help = _("Id, workspace id, whole e-mail address, or part of the name")
    masked_fields = {"email": "email"}
    chip_tones = {"active": "good", "suspended": "warn", "banned": "bad", "closed": "neutral"}
    gone_states = frozenset({"closed"})
    key_facts = ("created_at", "last_login")
    fields = ("public_id", "name", "locale", "time_zone", "tag_list", "is_staff", "status_changed_at")
    actions_for_object = (*USER_ACTIONS, EXPORT)
    empty_text = _("Users appear here when they sign up.")

    @admin.display(description=_("Tags"))
    def tag_list(self, user: User) -> str:
        """The tags in one line."""
        return ", ".join(user.tags) or "—"

    def customer_of(self, obj: User) -> CustomerRef:
        """The person."""
        return CustomerRef(user_key=obj.pk)

    def get_title(self, obj: Any) -> str:
        """The name, or the id of who gave none."""
        return str(obj.name or obj.public_id)
