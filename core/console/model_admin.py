"""The base class of every admin: facts to read, actions to take, at any number of rows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any, ClassVar

from django.contrib.admin import ModelAdmin
from django.core.exceptions import ImproperlyConfigured, ValidationError
from django.http import Http404, HttpRequest, HttpResponse
from django.urls import URLPattern, path, reverse
from django.utils.translation import gettext_lazy as _

from core.actors import Target
from core.console import action_views, bulk, detail, list_views, suggestions
from core.console.actions import Action, object_actions
from core.console.cells import public_id_of
from core.console.checks import ConsoleChecks
from core.console.customers import CustomerRef
from core.console.keyset import reversed_ordering
from core.console.list_views import ListLink
from core.console.nav import NavItem
from core.console.search import SearchRule
from core.ids import from_public

if TYPE_CHECKING:
    Base = ModelAdmin[Any]
else:
    Base = ModelAdmin


class ConsoleAdmin(Base):
    """Read-only pages over one model. Every change is an Action.

    ``view_permission`` is needed for every page. ``target_kind`` (``accounts.user``) names the kind
    of object in the trail and is where other apps attach panels and actions.
    """

    view_permission: str = ""
    reveal_permission: str = ""
    target_kind: str = ""
    nav: NavItem | None = None

    keyset: tuple[str, ...] = ("-created_at", "-id")
    sorts: Mapping[str, tuple[Any, tuple[str, ...]]] = {}
    search_rules: tuple[SearchRule, ...] = ()
    search_help: Any = ""
    empty_text: Any = ""
    list_per_page: ClassVar[int] = 50
    list_select_related: ClassVar[Any] = ()
    page_select_related: tuple[str, ...] = ()

    labels: Mapping[str, Any] = {}
    masked_fields: Mapping[str, str] = {}
    chip_fields: tuple[str, ...] = ("status",)
    chip_tones: Mapping[str, str] = {}
    gone_states: frozenset[str] = frozenset()
    key_facts: tuple[str, ...] = ()
    header_template: str = ""
    records_reads = True
    actions_for_object: tuple[Action, ...] = ()
    list_links: tuple[ListLink, ...] = ()

    actions = None
    checks_class = ConsoleChecks

    def __init__(self, model: Any, admin_site: Any) -> None:
        super().__init__(model, admin_site)
        if not self.view_permission:
            raise ImproperlyConfigured(f"{type(self).__name__} names no view_permission")
        self.target_kind = self.target_kind or f"{model._meta.app_label}.{model._meta.model_name}"

    # -- who may: Django's questions, answered from one permission ---------------------------------

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return bool(request.user.has_perm(self.view_permission))

    def has_module_permission(self, request: HttpRequest) -> bool:
        return self.has_view_permission(request)

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def may_reveal(self, request: HttpRequest) -> bool:
        """Whether the viewer may see masked fields, one logged reveal at a time."""
        return bool(self.reveal_permission and request.user.has_perm(self.reveal_permission))

    # -- what a subclass may say ------------------------------------------------------------------

    def get_title(self, obj: Any) -> str:
        """The heading of the object's page. Never personal data in full."""
        return str(obj)

    def get_page_fieldsets(self, obj: Any) -> Any:
        """The groups of facts on the page of ``obj``; ``fieldsets`` unless some depend on the object."""
        return self.fieldsets

    def get_header_context(self, request: HttpRequest, obj: Any) -> dict[str, Any]:
        """What ``header_template`` needs beyond the page's own context."""
        return {}

    def get_sorts(self) -> Mapping[str, tuple[Any, tuple[str, ...]]]:
        """Orders by name; the first is the default. Each needs an index on exactly its columns."""
        default = {"newest": (_("Newest first"), self.keyset), "oldest": (_("Oldest first"), self._oldest)}
        return self.sorts or default

    @property
    def _oldest(self) -> tuple[str, ...]:
        return reversed_ordering(self.keyset)

    def customer_of(self, obj: Any) -> CustomerRef | None:
        """Whose thing ``obj`` is, from its own columns; None for what is nobody's."""
        return None

    # -- objects -----------------------------------------------------------------------------------

    def find_object(self, object_id: str, request: HttpRequest | None = None) -> Any:
        """The object with this public id or primary key, or None.

        With a request, only among the rows that ``get_queryset`` lets its viewer see.
        """
        key: Any = from_public(getattr(self.model, "id_prefix", ""), object_id) or object_id
        rows = self.model._default_manager.all() if request is None else self.get_queryset(request)
        joined = (*(self.list_select_related or ()), *self.page_select_related)
        try:
            return rows.select_related(*joined).filter(pk=key).first()
        except (ValidationError, ValueError, OverflowError):
            return None

    def get_object_or_404(self, object_id: str, request: HttpRequest) -> Any:
        """As above, but raises Http404."""
        obj = self.find_object(object_id, request)
        if obj is None:
            raise Http404
        return obj

    def target_of(self, obj: Any) -> Target:
        """The object as the trail names it."""
        return Target(self.target_kind, public_id_of(obj))

    def url_of(self, obj: Any) -> str:
        """The object's page."""
        return self.url_of_id(public_id_of(obj))

    def url_of_id(self, object_id: str) -> str:
        """The page of the object with this id, which need not exist."""
        return reverse(self.url_name("change"), args=[object_id])

    def url_name(self, page: str) -> str:
        """The URL name of one of this model's pages: changelist, change, action, panel, reveal, bulk."""
        return f"admin:{self.opts.app_label}_{self.opts.model_name}_{page}"

    def page_context(self, request: HttpRequest, obj: Any) -> dict[str, Any]:
        """What every page about ``obj`` shows around its own content."""
        return detail.page_context(self, request, obj)

    # -- actions -----------------------------------------------------------------------------------

    def all_actions(self) -> list[Action]:
        """Own actions and those other apps attached, in order."""
        return sorted([*self.actions_for_object, *object_actions.of(self.target_kind)], key=lambda a: a.order)

    def find_action(self, name: str) -> Action | None:
        return next((action for action in self.all_actions() if action.name == name), None)

    def bulk_actions(self, request: HttpRequest) -> Sequence[Action]:
        """What the viewer may do to many rows at once."""
        return [a for a in self.all_actions() if a.bulk and request.user.has_perm(a.permission)]

    # -- pages -------------------------------------------------------------------------------------

    def get_urls(self) -> list[URLPattern]:
        """Our pages instead of Django's add, change, delete and history forms."""
        pages: list[tuple[str, Any, str]] = [
            ("", list_views.list_view, "changelist"),
            ("suggest/", suggestions.suggest_view, "suggest"),
            ("bulk/<slug:name>/", bulk.bulk_view, "bulk"),
            ("<str:object_id>/", detail.detail_view, "change"),
            ("<str:object_id>/do/<slug:name>/", action_views.action_view, "action"),
            ("<str:object_id>/panel/<slug:name>/", detail.panel_view, "panel"),
            ("<str:object_id>/reveal/<slug:name>/", detail.reveal_view, "reveal"),
        ]
        return [
            path(route, self.admin_site.admin_view(self._view(view)), name=self.url_name(name).removeprefix("admin:"))
            for route, view, name in pages
        ]

    def _view(self, view: Any) -> Any:
        bound = partial(view, self)

        def inner(request: HttpRequest, **kwargs: Any) -> HttpResponse:
            answer: HttpResponse = bound(request, **kwargs)
            return answer

        inner.__name__ = view.__name__
        return inner
