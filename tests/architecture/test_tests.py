"""The tests themselves keep to their form."""

from __future__ import annotations

import ast
from pathlib import Path

from tests.architecture.source import ROOT, in_folder, listed

TESTS = in_folder("tests")


def _tests() -> list:
    return [
        (source, function)
        for source in TESTS
        if Path(source.path).name.startswith("test_")
        for function in source.functions
        if function.name.startswith("test_")
    ]


def test_every_folder_is_a_package():
    """Else ``tests/credits`` could stand for the app ``credits``."""
    folders = {path.parent for path in (ROOT / "tests").rglob("*.py")}

    assert [str(folder) for folder in folders if not (folder / "__init__.py").exists()] == []


def test_names_finish_the_sentence():
    short = [f"{source.at(function)} {function.name}" for source, function in _tests() if function.name.count("_") < 2]

    assert not short, listed(short)


def test_no_name_stands_for_two_tests():
    """The second one would replace the first without a word."""
    twice = []
    for source in TESTS:
        for scope in (source.tree, *(node for node in source.tree.body if isinstance(node, ast.ClassDef))):
            names = [node.name for node in scope.body if isinstance(node, ast.FunctionDef)]
            twice += [f"{source.path} {name}" for name in set(names) if names.count(name) > 1]

    assert not twice, listed(twice)


def test_assertions_are_plain():
    fancy = [
        source.at(node)
        for source in TESTS
        for node in ast.walk(source.tree)
        if isinstance(node, ast.Call) and ast.unparse(node.func).startswith("self.assert")
    ]

    assert not fancy, listed(fancy)


def test_nothing_stands_in_for_the_database():
    mocked = [
        source.at(node)
        for source in TESTS
        for node in ast.walk(source.tree)
        if isinstance(node, ast.ImportFrom | ast.Import)
        for alias in node.names
        if "mock" in alias.name.lower() or "mock" in (getattr(node, "module", "") or "")
    ]

    assert not mocked, listed(mocked)


def test_no_skip_is_without_a_reason():
    silent = [
        source.at(node)
        for source in TESTS
        for node in ast.walk(source.tree)
        if isinstance(node, ast.Call)
        and ast.unparse(node.func) in {"pytest.mark.skip", "pytest.mark.skipif", "pytest.mark.xfail"}
        and not any(word.arg == "reason" and ast.unparse(word.value).strip("'\"") for word in node.keywords)
    ]

    assert not silent, listed(silent)
