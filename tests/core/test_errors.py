"""Refusals must survive every ``with`` block they pass."""

import importlib
import pkgutil
from collections.abc import Iterator

import pytest
from django.apps import apps

from core.errors import Refusal


def _all_refusals() -> Iterator[type[Refusal]]:
    for config in apps.get_app_configs():
        if "errors" in {module.name for module in pkgutil.iter_modules([config.path])}:
            importlib.import_module(f"{config.name}.errors")
    found, queue = set(), [Refusal]
    while queue:
        for child in queue.pop().__subclasses__():
            if child not in found:
                found.add(child)
                queue.append(child)
    yield from sorted(found, key=lambda c: (c.__module__, c.__qualname__))


@pytest.mark.parametrize("refusal", list(_all_refusals()), ids=lambda c: f"{c.__module__}.{c.__qualname__}")
def test_no_refusal_is_frozen(refusal: type[Refusal]) -> None:
    parameters = getattr(refusal, "__dataclass_params__", None)
    assert parameters is None or not parameters.frozen, "contextlib cannot pass a frozen exception on"
