"""Every page of the console, read off the site itself."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from django.urls import reverse

from core import registries
from core.console import console_site
from core.console.cells import public_id_of
from core.console.panels import panels
from tests import console_samples


@dataclass(frozen=True)
class Page:
    """One address and method. ``key`` is how the table calls it; ``url`` builds it from a sample."""

    key: str
    method: str
    app: str
    url: Callable[[], str]

    @property
    def row(self) -> str:
        return f"{self.key} {self.method}"


class Samples:
    """Objects made when first asked for, one a model."""

    def __init__(self) -> None:
        self._made: dict[str, Any] = {}

    def of(self, model: Any) -> Any:
        label = model._meta.label
        if label not in self._made:
            assert label in console_samples.OBJECTS, f"tests/console_samples.py has no object for {label}"
            self._made[label] = console_samples.OBJECTS[label]()
        return self._made[label]


def every_page(samples: Samples) -> Iterator[Page]:
    """All of them, in the order of the site's registry."""
    yield Page("index", "GET", "core", lambda: reverse("admin:index"))
    yield Page("find", "GET", "core", lambda: reverse("admin:find"))
    for name, _card in registries.home_cards.items():
        yield Page(f"home_card[{name}]", "GET", "core", lambda name=name: reverse("admin:home_card", args=[name]))
    for _route, view, name in console_site.views:
        app = view.__module__.partition(".")[0]
        for method in ("GET", "POST"):
            if hasattr(view, method.lower()):
                yield Page(name, method, app, lambda name=name: view_url(name))
    for console_admin in console_site._registry.values():
        yield from _pages_of(console_admin, samples)


def view_url(name: str) -> str:
    """The address of a view, with its sample's arguments and query."""
    sample = console_samples.VIEWS.get(name, console_samples.ViewSample())
    return reverse(f"admin:{name}", kwargs=sample.arguments, query=sample.query or None)


def _pages_of(console_admin: Any, samples: Samples) -> Iterator[Page]:
    app = console_admin.opts.app_label

    def page(kind: str, method: str, *arguments: str, is_about_one: bool = True) -> Page:
        name = console_admin.url_name(kind)

        def url() -> str:
            own = [public_id_of(samples.of(console_admin.model))] if is_about_one else []
            return reverse(name, args=[*own, *arguments])

        suffix = f"[{','.join(arguments)}]" if arguments else ""
        return Page(f"{name.removeprefix('admin:')}{suffix}", method, app, url)

    yield page("changelist", "GET", is_about_one=False)
    yield page("suggest", "GET", is_about_one=False)
    yield page("change", "GET")
    yield page("change", "POST")
    for panel in panels.of(console_admin.target_kind):
        yield page("panel", "GET", panel.name)
        if panel.load_revealed:
            yield page("panel", "POST", panel.name)
    for field in console_admin.masked_fields:
        yield page("reveal", "POST", field)
    for action in console_admin.all_actions():
        yield page("action", "GET", action.name)
        yield page("action", "POST", action.name)
        if action.bulk:
            yield page("bulk", "POST", action.name, is_about_one=False)


COVERED = {"index", "home_card", "login", "logout", None}


def url_names() -> set[str | None]:
    """The names of every route below /admin/."""
    return {pattern.name for pattern in console_site.get_urls()}
