"""The admin as Django brings it, on the same models: the baseline. Only its door is left open.

Also a URL configuration, so that the same middleware serves it.
"""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.db import models
from django.http import HttpRequest
from django.urls import include, path

_TEXTS = (models.CharField, models.TextField, models.EmailField)


class StockSite(admin.AdminSite):
    def has_permission(self, request: HttpRequest) -> bool:
        return True

    def get_urls(self) -> list[Any]:
        """With the one name that the console's frame around every page asks for."""
        return [path("find/", self.index, name="find"), *super().get_urls()]


class StockAdmin(admin.ModelAdmin):  # type: ignore[type-arg]
    """What a developer writes first: a few columns, and search in the text fields."""

    def __init__(self, model: Any, site: Any) -> None:
        texts = [f.name for f in model._meta.concrete_fields if isinstance(f, _TEXTS) and not f.choices]
        self.search_fields = tuple(texts[:4])
        self.list_display = ("__str__", *texts[:3])
        super().__init__(model, site)

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return True

    has_module_permission = has_view_permission

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    has_add_permission = has_delete_permission = has_change_permission


site = StockSite(name="stock")
for model in admin.site._registry:
    site.register(model, StockAdmin)

urlpatterns = [path("stock/", site.urls), path("", include("config.urls"))]
