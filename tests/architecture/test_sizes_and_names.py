"""Functions and files stay small, and no module is named for nothing in particular."""

from __future__ import annotations

import statistics

import pytest

from tests.architecture.source import Module, iter_functions, list_modules, sample

MEDIAN_FUNCTION, P95_FUNCTION, LONGEST_FUNCTION = 9, 40, 60
P95_FILE, LONGEST_FILE = 300, 400
SHAPELESS = {"utils", "util", "helpers", "helper", "common", "manager", "managers", "misc"}


def percentile_95(numbers: list[int]) -> float:
    return (
        statistics.quantiles(numbers, n=20, method="inclusive")[-1] if len(numbers) > 1 else float(numbers[0])
    )


def function_lengths(modules: list[Module]) -> dict[str, int]:
    """Lines from ``def`` to the end, docstring included, for every function."""
    return {
        f"{module.at(node)} {node.name}": (node.end_lineno or node.lineno) - node.lineno + 1
        for module in modules
        for node in iter_functions(module)
    }


def file_lengths(modules: list[Module]) -> dict[str, int]:
    return {f"src/{module.package}/{module.path}": len(module.text.splitlines()) for module in modules}


def find_shapeless(modules: list[Module]) -> list[str]:
    return [str(module.path) for module in modules if module.names & SHAPELESS]


def longer_than(limit: int, lengths: dict[str, int]) -> list[str]:
    return [f"{name}: {length} lines" for name, length in lengths.items() if length > limit]


def test_functions_are_short():
    lengths = function_lengths(list_modules())

    assert longer_than(LONGEST_FUNCTION, lengths) == []
    assert percentile_95(list(lengths.values())) <= P95_FUNCTION
    assert statistics.median(lengths.values()) <= MEDIAN_FUNCTION


def test_files_are_short():
    lengths = file_lengths(list_modules())

    assert longer_than(LONGEST_FILE, lengths) == []
    assert percentile_95(list(lengths.values())) <= P95_FILE


def test_no_module_is_named_for_nothing_in_particular():
    assert find_shapeless(list_modules()) == []


def test_a_long_function_is_found():
    body = "    x = 1\n" * 60
    module = sample(f"class A:\n  def short(self):\n    return 1\n\ndef long():\n{body}")

    assert longer_than(LONGEST_FUNCTION, function_lengths([module])) == [
        "src/deltacrown/web/views.py:5 long: 61 lines"
    ]


def test_a_long_file_is_found():
    assert longer_than(LONGEST_FILE, file_lengths([sample("x = 1\n" * 401)])) == [
        "src/deltacrown/web/views.py: 401 lines"
    ]


def test_the_95th_percentile_is_that():
    assert percentile_95(list(range(1, 102))) == 96


@pytest.mark.parametrize("path", ["games/utils.py", "games/helpers/matches.py", "teams/managers.py"])
def test_a_shapeless_name_is_found(path):
    assert find_shapeless([sample("", path), sample("", "games/services.py")]) == [path]
