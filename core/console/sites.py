"""The console itself: Django's default admin site, with our pages on it."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace
from typing import Any

from django.conf import settings
from django.contrib.admin import ModelAdmin
from django.db.models import Model
from django.db.models.base import ModelBase
from django.http import HttpRequest, HttpResponse, HttpResponseBase, HttpResponseRedirect
from django.urls import URLPattern, URLResolver, path
from unfold.sites import UnfoldAdminSite

from core.console import home, omnibox, pages, ports
from core.console.guard import guarded
from core.console.model_admin import ConsoleAdmin
from core.console.nav import Nav, NavItem, nav
from core.console.views import ConsoleView


class ConsoleSite(UnfoldAdminSite):  # type: ignore[misc]  # unfold carries no types
    """The site behind ``django.contrib.admin.site``.

    Admin classes that do not stand on ConsoleAdmin are turned away: libraries register their raw
    tables when their admin modules are imported, and none of those belongs in the console.
    """

    index_title = "Home"
    logout_template = "console/logged_out.html"

    def __init__(self, name: str = "admin", *, own_nav: Nav | None = None) -> None:
        super().__init__(name)
        self.nav = nav if own_nav is None else own_nav
        self.nav.register("home", home.LINE)
        self.turned_away: list[tuple[type[Model], Any]] = []
        self.views: list[tuple[str, type[ConsoleView], str]] = []

    # -- registration ------------------------------------------------------------------------------

    def register(self, model_or_iterable: Any, admin_class: Any = None, **options: Any) -> None:
        """Register a ConsoleAdmin; anything else is noted in ``turned_away``."""
        if isinstance(admin_class, type) and issubclass(admin_class, ConsoleAdmin):
            super().register(model_or_iterable, admin_class, **options)
            self._add_nav(model_or_iterable)
            return
        self.turned_away += [(model, admin_class or ModelAdmin) for model in _models(model_or_iterable)]

    def unregister(self, model_or_iterable: Any) -> None:
        """Unregister; of models that were turned away there is nothing to undo."""
        kept = [model for model in _models(model_or_iterable) if self.is_registered(model)]
        super().unregister(kept)

    def add_view(self, route: str, view: type[ConsoleView], *, name: str) -> None:
        """Put a page at ``/admin/<route>`` under the URL name ``admin:<name>``."""
        self.views.append((route, view, name))
        if view.nav is not None:
            self.nav.register(name, _carried(view.nav, permission=view.permission, url_name=f"admin:{name}"))

    def _add_nav(self, model_or_iterable: Any) -> None:
        for model in _models(model_or_iterable):
            console_admin = self._registry[model]
            if console_admin.nav is not None:
                url_name = console_admin.url_name("changelist")
                item = _carried(console_admin.nav, permission=console_admin.view_permission, url_name=url_name)
                self.nav.register(url_name, item)

    # -- pages -------------------------------------------------------------------------------------

    def admin_view(self, view: Callable[..., Any], cacheable: bool = False) -> Any:
        """Django's own wrapping (sign-in, CSRF, no caching) around ours."""
        return super().admin_view(guarded(view), cacheable)

    def get_urls(self) -> list[URLPattern | URLResolver]:
        """Only what the console offers; none of the raw admin's extra pages."""
        own = [path(r, self.admin_view(v.as_view(name=n)), name=n) for r, v, n in self.views]
        models = [
            path(f"{model._meta.app_label}/{model._meta.model_name}/{url.pattern}", url.callback, name=url.name)
            for model, console_admin in self._registry.items()
            for url in console_admin.get_urls()
        ]
        return [
            path("", self.admin_view(home.home_view), name="index"),
            path("home/<slug:name>/", self.admin_view(home.card_view), name="home_card"),
            path("find/", self.admin_view(omnibox.find_view), name="find"),
            path("login/", self.login, name="login"),
            path("logout/", super().admin_view(self.logout), name="logout"),  # also for those the gate holds back
            *own,
            *models,
            path("<path:rest>", self.admin_view(_nowhere)),
        ]

    def login(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponseBase:
        """The login page of ``ports.use_login_view``, else Django's."""
        view = ports.login_view()
        answer: HttpResponseBase = view(request) if view else super().login(request, extra_context)
        return answer

    def get_app_list(self, request: HttpRequest, app_label: str | None = None) -> list[Any]:
        """Empty: the sidebar is ours, and Django's would ask for every model's permissions."""
        return []

    def each_context(self, request: HttpRequest) -> dict[str, Any]:
        """What every page shows: the sidebar, the environment, and a warning where it is due."""
        may_enter = self.has_permission(request)
        return {
            **super().each_context(request),
            "sidebar": self.nav.sidebar(request) if may_enter else [],
            "own_links": self.nav.own(request) if may_enter else [],
            "environment_name": getattr(settings, "ENVIRONMENT", ""),
            "is_production": getattr(settings, "ENVIRONMENT", "") == "production",
            "warns_of_mfa": not settings.STAFF_MFA_REQUIRED,
        }


def _nowhere(request: HttpRequest, rest: str) -> HttpResponse:
    if not rest.endswith("/"):  # what CommonMiddleware would do, had this route not matched
        return HttpResponseRedirect(f"{request.path}/")
    return pages.not_found(request)


def _models(model_or_iterable: Any) -> Iterable[Any]:
    return [model_or_iterable] if isinstance(model_or_iterable, ModelBase) else list(model_or_iterable)


def _carried(item: NavItem, *, permission: str, url_name: str) -> NavItem:
    return replace(item, permission=item.permission or permission, url_name=item.url_name or url_name)
