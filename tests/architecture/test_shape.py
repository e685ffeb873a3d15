"""Files and functions stay small, modules do not import each other in circles, public functions say what they do."""

import ast
import graphlib
from collections.abc import Iterator, Mapping
from pathlib import Path

import grimp
import pytest

from tests.architecture.repository import PACKAGES, ROOT, python_files

LONGEST_FILE, LONGEST_FUNCTION = 400, 60
UNDOCUMENTED_SHARE = 0.35
"""Of the public functions of more than ten lines, at most this share may let its name and types speak alone."""

Function = ast.FunctionDef | ast.AsyncFunctionDef


def functions(tree: ast.AST) -> Iterator[Function]:
    return (node for node in ast.walk(tree) if isinstance(node, Function))


def lines_of(function: Function) -> int:
    return (function.end_lineno or function.lineno) - function.lineno + 1


def too_long(source: str) -> list[str]:
    """What in one file breaks the limits, as `name: lines`."""
    lines = source.count("\n")
    found = [f"file: {lines}"] if lines > LONGEST_FILE else []
    return found + [
        f"{function.name}: {lines_of(function)}"
        for function in functions(ast.parse(source))
        if lines_of(function) > LONGEST_FUNCTION
    ]


@pytest.mark.parametrize("path", python_files(*PACKAGES, "tests", "scripts"), ids=str)
def test_a_file_and_its_functions_fit_on_a_few_screens(path: Path) -> None:
    assert not too_long((ROOT / path).read_text())


def test_the_limits_catch_what_is_too_long() -> None:
    long_function = "def f():\n" + "    x = 1\n" * LONGEST_FUNCTION

    assert too_long(long_function) == [f"f: {LONGEST_FUNCTION + 1}"]
    assert too_long("x = 1\n" * (LONGEST_FILE + 1)) == [f"file: {LONGEST_FILE + 1}"]


def circle_in(imports: Mapping[str, set[str]]) -> list[str]:
    """One circle of modules that import each other, first and last the same; empty when there is none."""
    try:
        graphlib.TopologicalSorter(imports).prepare()
    except graphlib.CycleError as error:
        return list(error.args[1])
    return []


def test_no_modules_import_each_other_in_a_circle() -> None:
    graph = grimp.build_graph(*PACKAGES, exclude_type_checking_imports=True, cache_dir=None)

    assert (
        circle_in({module: graph.find_modules_directly_imported_by(module) for module in graph.modules}) == []
    )


def test_a_circle_would_be_found() -> None:
    circle = circle_in({"a": {"b"}, "b": {"c"}, "c": {"a", "d"}})

    assert circle[0] == circle[-1]
    assert set(circle) == {"a", "b", "c"}


def undocumented(tree: ast.Module) -> tuple[list[str], int]:
    """The public functions of more than ten lines without a docstring, and how many such functions there are."""
    classes = [node for node in tree.body if isinstance(node, ast.ClassDef) and not node.name.startswith("_")]
    public = [
        node
        for body in (tree.body, *(cls.body for cls in classes))
        for node in body
        if isinstance(node, Function) and not node.name.startswith("_") and lines_of(node) > 10
    ]
    return [node.name for node in public if not ast.get_docstring(node)], len(public)


def test_most_public_functions_of_some_length_say_what_they_do() -> None:
    missing: list[str] = []
    total = 0
    for path in python_files(*PACKAGES):
        names, count = undocumented(ast.parse((ROOT / path).read_text()))
        missing += [f"{path}: {name}" for name in names]
        total += count

    assert len(missing) <= UNDOCUMENTED_SHARE * total, "\n".join(missing)
