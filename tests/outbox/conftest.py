"""What every test of the outbox may lean on."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from outbox import carrier, templates
from tests.factories import outbox as factories


@pytest.fixture(autouse=True)
def quiet_calls() -> Iterator[None]:
    """No call of a test's job is left from another test."""
    factories.CALLS.clear()
    yield
    factories.CALLS.clear()


@pytest.fixture(autouse=True)
def hello_template(settings: Any, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """One mail template that belongs to no app."""
    folder = Path(__file__).parents[1] / "faults" / "templates"
    first = {**settings.TEMPLATES[0], "DIRS": [folder, *settings.TEMPLATES[0]["DIRS"]]}
    settings.TEMPLATES = [first, *settings.TEMPLATES[1:]]
    monkeypatch.setitem(templates.registry._entries, factories.HELLO.name, factories.HELLO)
    templates._engines.cache_clear()
    yield
    templates._engines.cache_clear()


@pytest.fixture(autouse=True)
def mail_folder(settings: Any, tmp_path: Path) -> Path:
    """Mail is written to files of this test."""
    settings.EMAIL_BACKEND = "outbox.mailfiles.EmailBackend"
    settings.EMAIL_FILE_PATH = tmp_path / "mail"
    return tmp_path / "mail"


@pytest.fixture
def heard(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The ids of the jobs whose wake-ups the broker was given."""
    calls: list[str] = []
    monkeypatch.setattr(carrier, "wake", lambda **message: calls.append(message["job_id"]) or True)
    return calls
