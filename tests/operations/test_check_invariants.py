"""``manage.py check_invariants``."""

import io
import json

import pytest
from django.core.management import CommandError, call_command

from core.registries import Registry, Violation
from operations import selectors

pytestmark = pytest.mark.django_db


@pytest.fixture
def promises(monkeypatch) -> Registry:
    registry: Registry = Registry("invariant")
    monkeypatch.setattr(selectors, "invariants", registry)
    return registry


def run(*arguments: str) -> tuple[str, CommandError | None]:
    out = io.StringIO()
    try:
        call_command("check_invariants", *arguments, stdout=out)
    except CommandError as refusal:
        return out.getvalue(), refusal
    return out.getvalue(), None


def test_kept_promises_say_so(promises):
    promises.register("credits.sum", list)

    assert run() == ("Every invariant holds.\n", None)


def test_a_broken_one_is_listed_and_fails(promises):
    promises.register("credits.sum", lambda: [Violation("credits.sum", "acc_1", "3 is not 4")])
    said, refusal = run()

    assert said == "credits.sum  acc_1  3 is not 4\n"
    assert refusal.returncode == 1


def test_json_is_a_list_also_when_empty(promises):
    assert run("--json") == ("[]\n", None)


def test_json_carries_each_field(promises):
    promises.register("credits.sum", lambda: [Violation("credits.sum", "acc_1", "3 is not 4")])
    said, refusal = run("--json")

    assert json.loads(said) == [{"invariant": "credits.sum", "subject": "acc_1", "detail": "3 is not 4"}]
    assert refusal.returncode == 1


def test_a_check_that_fails_hides_no_other(promises):
    def breaks() -> list[Violation]:
        raise LookupError("gone")

    promises.register("first", breaks)
    promises.register("second", lambda: [Violation("second", "x", "wrong")])
    said, _ = run()

    assert said == "first    cannot be checked: LookupError: gone\nsecond  x  wrong\n"


def test_the_real_ones_hold_on_an_empty_database():
    assert run() == ("Every invariant holds.\n", None)


@pytest.mark.django_db(transaction=True)
def test_a_check_cannot_write(promises):
    from accounts.models import User

    def writes() -> list[Violation]:
        User.objects.create(email="x@ballast.test")
        return []

    promises.register("writes", writes)

    assert "read-only transaction" in run()[0]
