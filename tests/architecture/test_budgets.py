"""Files and functions stay small enough to be read at once."""

from __future__ import annotations

import ast

from tests.architecture.source import ROOT, in_folder, listed, of_apps

FILE_LINES = 400
FUNCTION_LINES = 70
PUBLIC_PARAMETERS = 2
COMMAND_WORDS = {"actor", "at", "reason", "idempotency_key"}  # who takes one of these decides something
PRIVATE_PARAMETERS = 3
# Signatures that Django or another library calls
CALLED_BY_OTHERS = {"__init__", "__exit__", "__call__", "handle", "__new__"}


def _code() -> list:
    return [source for source in (*of_apps(), *in_folder("config")) if "/migrations/" not in source.path]


def test_no_file_is_longer_than_400_lines():
    assert [source.path for source in _code() if source.text.count("\n") > FILE_LINES] == []


def test_no_function_is_longer_than_70_lines():
    long = [
        f"{source.at(function)} {function.name}"
        for source in _code()
        for function in source.functions
        if (function.end_lineno or 0) - function.lineno + 1 > FUNCTION_LINES
    ]

    assert not long, listed(long)


def test_functions_take_few_positional_parameters():
    many = [
        f"{source.at(function)} {function.name}"
        for source in _code()
        if source.room in {"services", "selectors", "tasks"}
        for function in source.functions
        if function.name not in CALLED_BY_OTHERS
        and len(_positional(function)) > (PRIVATE_PARAMETERS if function.name.startswith("_") else PUBLIC_PARAMETERS)
    ]

    assert not many, listed(many)


def _positional(function: ast.FunctionDef | ast.AsyncFunctionDef) -> list[str]:
    names = [argument.arg for argument in (*function.args.posonlyargs, *function.args.args)]
    return [name for name in names if name not in {"self", "cls"} and not name.startswith("_")]


def _doors(app: str) -> set[str]:
    """What ``<app>/services/__init__.py`` hands out; everything, where services are one file."""
    package = ROOT / app / "services" / "__init__.py"
    if not package.exists():
        return {
            function.name for source in in_folder(app) if source.room == "services" for function in source.functions
        }
    return {
        alias.asname or alias.name
        for node in ast.parse(package.read_text()).body
        if isinstance(node, ast.ImportFrom)
        for alias in node.names
    }


def test_commands_take_keywords_only():
    """A call reads like a sentence, and a new parameter never changes what an old call means."""
    loose = [
        f"{source.at(function)} {function.name}"
        for source in _code()
        if source.room == "services"
        for function in source.tree.body
        if isinstance(function, ast.FunctionDef)
        and function.name in _doors(source.app)
        and COMMAND_WORDS & {argument.arg for argument in (*function.args.args, *function.args.kwonlyargs)}
        and _positional(function)
    ]

    assert not loose, listed(loose)


def test_public_functions_say_what_a_caller_gets():
    silent = [
        f"{source.at(node)} {node.name}"
        for source in _code()
        if source.room in {"services", "selectors", "invariants"}
        for node in source.tree.body
        if isinstance(node, ast.FunctionDef)
        and not node.name.startswith("_")
        and (source.room != "services" or node.name in _doors(source.app))
        and len(node.body) > 1  # a single return says it itself
        and ast.get_docstring(node) is None
    ]

    assert not silent, listed(silent)
