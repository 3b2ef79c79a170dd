"""Pages that are not one table."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.views import View

from core.actors import Target
from core.console import access, footprints, pages
from core.console.nav import NavItem
from core.errors import PermissionMissing


class ConsoleView(View):
    """A page of its own: who may, what it is called, and what its template needs.

    ``target_kind``, where set, makes each GET leave a read in the trail (a page full of personal
    data); ``statement_timeout_ms`` replaces the console's limit.
    """

    permission: str = ""
    title: Any = ""
    template_name: str = ""
    nav: NavItem | None = None
    target_kind: str = ""
    statement_timeout_ms: int | None = None
    name: str = ""

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        """Check the permission, whatever the method; a refused write is recorded."""
        try:
            access.require(request, self.permission)
        except PermissionMissing as missing:
            if request.method not in {"GET", "HEAD", "OPTIONS"}:
                self.refuse(missing)
            raise
        return super().dispatch(request, *args, **kwargs)

    def refuse(self, missing: PermissionMissing) -> None:
        """Record a write that was refused at the door."""
        footprints.refused(f"console.{self.name}.posted", target=None, refusal=missing)

    def get(self, request: HttpRequest, **kwargs: Any) -> HttpResponse:
        """The page."""
        if self.target_kind:
            footprints.page_read(Target(self.target_kind, str(kwargs.get("object_id", "*"))))
        return self.render(request, **self.get_context(request, **kwargs))

    def get_context(self, request: HttpRequest, **kwargs: Any) -> dict[str, Any]:
        """What the template needs; ask selectors for it."""
        return {}

    def render(self, request: HttpRequest, *, status: int = 200, **context: Any) -> HttpResponse:
        """The page's template in the console's frame."""
        return pages.render(request, self.template_name, {"title": self.title, "view": self, **context}, status=status)
