"""Console pages at scale: the same pages on the small demo and on very many rows, beside the stock admin.

``make bench NAME=console_scale`` adds 50,000 users; ``NAME=console_scale:1000000`` measures the full size.
The databases stay on the server for the next run (``bench_console_…``); they are made anew when migrations change.
A note on each page over twice its time on the small demo, or with more than twelve queries, goes to stderr.
"""

from __future__ import annotations

import math
import statistics
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace

from django.conf import settings
from django.contrib.auth import get_user_model
from django.contrib.auth.models import Group
from django.core.management import call_command
from django.db import connection
from django.test import Client, override_settings
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from accounts.roles import StaffRole
from accounts.sessions import stamp_staff
from benchmarks._console_pages import Page, find_pages
from benchmarks._measure import Measurement, measured
from core import clock
from core.demo import STAFF_DOMAIN
from operations.demo.load import load
from operations.demo.scale import scale
from operations.selectors import has_pending_migrations

USERS = 50_000
SMALL = "bench_console_small"
WARM, TIMES, ROUNDS = 2, 30, 3
STOCK = 2  # the third of those measured
MOST_RATIO, MOST_QUERIES = 2.0, 12
# Nothing is collected before a benchmark, and the limits are not what is measured.
_SETTINGS = {
    "ROOT_URLCONF": "benchmarks._stock_admin",
    "ALLOWED_HOSTS": ["testserver"],
    "LIMIT_SCALE": 10**6,
    "STORAGES": settings.STORAGES
    | {"staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}},
}
_BACKEND = "accounts.backends.AccountBackend"


@dataclass(slots=True)
class Seen:
    """What a page took, in milliseconds, and how many queries it asked."""

    times: list[float] = field(default_factory=list)
    queries: int = 0
    status: int = 0

    @property
    def p95(self) -> float:
        return sorted(self.times)[math.ceil(len(self.times) * 0.95) - 1]


def run(users: str = "") -> Iterator[Measurement]:
    """Pages worst first: each against the small demo, then each against the stock admin on the same rows."""
    count = int(users or USERS)
    large = f"bench_console_{count}"
    _prepare(count, large)
    with override_settings(**_SETTINGS):
        small, big, stock = _measure(large)
    names = sorted(small.keys() & big.keys(), key=lambda name: -big[name].p95 / small[name].p95)
    for name in names:
        yield measured(
            f"console {name}, {count} users", value=big[name].p95, unit="ms p95", baseline="the small demo",
            baseline_value=small[name].p95,
        )  # fmt: skip
    for name in names:
        if (seen := stock.get(name)) is not None and seen.status == 200:
            yield measured(
                f"console {name}, {count} users", value=big[name].p95, unit="ms p95",
                baseline="the stock admin on the same rows", baseline_value=seen.p95,
            )  # fmt: skip
    _report(names, small, big)


def _report(names: list[str], small: dict[str, Seen], big: dict[str, Seen]) -> None:
    for name in names:
        ratio = big[name].p95 / small[name].p95
        median = statistics.median(big[name].times) / statistics.median(small[name].times)
        complaints = [
            f"{ratio:.1f} times the small demo ({big[name].p95:.0f} ms; of the medians {median:.1f} times)"
            if ratio > MOST_RATIO
            else "",
            f"{big[name].queries} queries" if big[name].queries > MOST_QUERIES else "",
            f"answers {big[name].status}" if big[name].status != 200 else "",
        ]
        if any(complaints):
            print(f"console {name}: {', '.join(filter(None, complaints))}", file=sys.stderr)
    print(f"{len(names)} pages, at most {max(big[n].queries for n in names)} queries", file=sys.stderr)


# ------------------------------------------------------------------ databases


@contextmanager
def _on(database: str) -> Iterator[None]:
    before = connection.settings_dict["NAME"]
    connection.close()
    connection.settings_dict["NAME"] = database
    try:
        yield
    finally:
        connection.close()
        connection.settings_dict["NAME"] = before


def _prepare(count: int, large: str) -> None:
    if not _is_ready(SMALL):
        _create(SMALL)
        with _on(SMALL):
            call_command("migrate", verbosity=0)
            load(at=clock.now())
    if not _is_ready(large):
        _create(large, template=SMALL)
        with _on(large):
            done = scale(users=count, at=clock.now(), say=lambda line: print(line, file=sys.stderr))
            print(f"{done.rows:,} rows in {done.seconds} s: {done.rows_a_second:,} rows/s", file=sys.stderr)


def _is_ready(name: str) -> bool:
    with connection._nodb_cursor() as cursor:
        cursor.execute("SELECT EXISTS (SELECT FROM pg_database WHERE datname = %s)", [name])
        if not cursor.fetchone()[0]:
            return False
    with _on(name):
        return not has_pending_migrations() and get_user_model()._default_manager.exists()


def _create(name: str, *, template: str = "template1") -> None:
    connection.close()
    with connection._nodb_cursor() as cursor:
        cursor.execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')
        cursor.execute(f'CREATE DATABASE "{name}" TEMPLATE "{template}"')


# ------------------------------------------------------------------ looking


def _client() -> Client:
    """Signed in as somebody who may see every page."""
    user = get_user_model()._default_manager.get(email=f"{StaffRole.FOUNDER.value}@{STAFF_DOMAIN}")
    user.groups.set(Group.objects.filter(name__in=StaffRole.values))
    client = Client(raise_request_exception=False)
    client.force_login(user, backend=_BACKEND)
    session = client.session
    stamp_staff(session, second_factor="totp")
    session.save()
    if (status := client.get(reverse("admin:index")).status_code) != 200:
        raise SystemExit(f"error: the console answers {status} to {user.email}; nothing can be measured")
    return client


def _measure(large: str) -> tuple[dict[str, Seen], dict[str, Seen], dict[str, Seen]]:
    """Every page in both databases and in the stock admin, in turns, so that a slow minute slows all of them."""
    seen: tuple[dict[str, Seen], ...] = ({}, {}, {})
    for number in range(ROUNDS):
        for which, database in enumerate((SMALL, large, large)):
            with _on(database):
                client = _client()
                pages = find_pages(client)
                for page in pages if which < STOCK else filter(None, map(_stock_page, pages)):
                    one = seen[which].setdefault(page.name, Seen())
                    _see(client, page.url, one, last=number == ROUNDS - 1)
    return seen  # type: ignore[return-value]


def _see(client: Client, url: str, seen: Seen, *, last: bool) -> None:
    seen.status = client.get(url).status_code
    for _ in range(WARM):
        client.get(url)
    for _ in range(TIMES // ROUNDS):
        started = time.perf_counter()
        client.get(url)
        seen.times.append((time.perf_counter() - started) * 1000)
    if last:
        with CaptureQueriesContext(connection) as captured:
            client.get(url)
        seen.queries = len(captured)


def _stock_page(page: Page) -> Page | None:
    """The nearest page of the stock admin; None where it has none."""
    if page.model is None or "next page" in page.name:
        return None
    meta = page.model._meta
    url = reverse(f"stock:{meta.app_label}_{meta.model_name}_changelist")
    if page.name.startswith("detail"):
        first = page.model._default_manager.order_by("pk").first()
        url = reverse(f"stock:{meta.app_label}_{meta.model_name}_change", args=[first.pk])
    return replace(page, url=f"{url}?q={page.term}" if page.term else url)
