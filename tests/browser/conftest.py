"""Real Chromium against a real server: pages that log an error or break their policy fail the test.

The browser is the one CHROMIUM names, Playwright's own, or the machine's.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from django.conf import settings
from django.test import Client
from playwright.sync_api import BrowserContext, ConsoleMessage, Page, Playwright, Response, expect

from tests.cast import log_in_as

# Playwright's loop runs in this thread, so Django takes it for an async context; it is not one.
os.environ.setdefault("DJANGO_ALLOW_ASYNC_UNSAFE", "true")

expect.set_options(timeout=20_000)  # a busy machine, not a slow page
_SHOTS = Path(__file__).resolve().parents[2] / "var" / "screenshots"
_REPORT_VIOLATIONS = """
document.addEventListener("securitypolicyviolation", (event) => console.error(
  `CSP: ${event.violatedDirective} blocked ${event.blockedURI} (${event.sourceFile}:${event.lineNumber})`));
"""


def chromium_path(playwright: Playwright) -> str | None:
    """Where a Chromium is, or None."""
    places = [
        os.environ.get("CHROMIUM"),
        playwright.chromium.executable_path,
        shutil.which("chromium"),
        shutil.which("google-chrome"),
    ]
    return next((place for place in places if place and Path(place).exists()), None)


@pytest.fixture(scope="session")
def browser_type_launch_args(browser_type_launch_args: dict[str, Any], playwright: Playwright) -> dict[str, Any]:
    """pytest-playwright's hook: which browser, and how. No Chromium skips, except under CI, where it fails."""
    path = chromium_path(playwright)
    if path is None:
        message = "no Chromium: apt-get install chromium, or run `playwright install chromium`, or set CHROMIUM"
        pytest.fail(message) if os.environ.get("CI") else pytest.skip(message)
    sandbox = ["--no-sandbox"] if os.geteuid() == 0 else []  # Chromium's own cannot start as root
    return {**browser_type_launch_args, "executable_path": path, "args": [*sandbox, "--disable-dev-shm-usage"]}


@pytest.fixture(scope="session")
def browser_context_args(browser_context_args: dict[str, Any]) -> dict[str, Any]:
    """pytest-playwright's hook: a wide screen, English, no animation to wait for."""
    return {
        **browser_context_args,
        "viewport": {"width": 1400, "height": 900},
        "locale": "en-US",
        "timezone_id": "UTC",
        "reduced_motion": "reduce",
    }


class Complaints(list[str]):
    """What the browser complained about; ``expect(part)`` says a complaint is what the test wants."""

    def __init__(self) -> None:
        super().__init__()
        self._expected: list[str] = []

    def expect(self, part: str) -> None:
        self._expected.append(part)

    def unexpected(self) -> list[str]:
        return [text for text in self if not any(part in text for part in self._expected)]


@pytest.fixture
def complaints(page: Page) -> Iterator[Complaints]:
    """Collects errors of the console, of scripts, of the policy and 5xx answers; any fails the test."""
    found = Complaints()

    def on_console(message: ConsoleMessage) -> None:
        # htmx reports a panel whose loading the next page cut short; an answer of 5xx is caught below
        if message.type == "error" and not message.text.startswith(("htmx:afterRequest", "htmx:send")):
            found.append(f"{message.text} [{message.location.get('url')}]")

    def on_response(response: Response) -> None:
        if response.status >= 500:
            found.append(f"{response.status} {response.url}")

    page.add_init_script(_REPORT_VIOLATIONS)
    page.on("console", on_console)
    page.on("pageerror", lambda error: found.append(f"script: {error}"))
    page.on("response", on_response)
    yield found
    assert found.unexpected() == []


@pytest.fixture
def shoot(page: Page) -> Callable[[str], None]:
    """``shoot("users-dark")`` keeps a picture of the whole page in var/screenshots, where SHOTS is set."""

    def take(name: str) -> None:
        if not os.environ.get("SHOTS"):
            return
        page.evaluate("scrollTo(0, 0)")
        _SHOTS.mkdir(parents=True, exist_ok=True)
        page.screenshot(path=str(_SHOTS / f"{name}.png"), full_page=True)

    return take


@pytest.fixture
def enter(context: BrowserContext, live_server: Any) -> Callable[..., None]:
    """``enter(user)`` gives the browser a session of that user; staff are in the console, second factor shown."""

    def give(user: Any, *, client: Client | None = None) -> None:
        client = client or log_in_as(user, console=user.is_staff)
        name = settings.SESSION_COOKIE_NAME
        host = urlsplit(live_server.url).hostname
        context.add_cookies([{"name": name, "value": client.cookies[name].value, "domain": host, "path": "/"}])

    return give


def set_theme(page: Page, theme: str) -> None:
    """Show the page ``light`` or ``dark``, as its switch would."""
    page.evaluate(
        "name => { localStorage.setItem('console-theme', name); dispatchEvent(new Event('console:theme')) }", theme
    )


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Everything in this folder drives a browser."""
    here = Path(__file__).parent
    for item in items:
        if here in Path(item.path).parents:
            item.add_marker(pytest.mark.browser)


def too_wide(page: Page) -> int:
    """By how many pixels the page is wider than the screen."""
    return int(page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth"))


_CONTRAST = (Path(__file__).parent / "contrast.js").read_text()


def poor_contrast(page: Page) -> list[str]:
    """Every visible text whose contrast is below 4.5 to 1 (WCAG 2.2 AA), with its ratio."""
    return list(page.evaluate(_CONTRAST))
