"""The doors of an app: documented, and each write in one transaction that survives a deadlock."""

from __future__ import annotations

import ast

import pytest

from tests.architecture.inference import Names
from tests.architecture.source import FunctionNode, Module, dotted, list_modules, sample
from tests.architecture.test_ownership import SHARED, SURE

DOOR = "atomic_service"
#: Written beside a public function that writes and is no single transaction, with its reason.
EXPLANATION = "# not atomic:"


def list_services() -> list[Module]:
    return [module for module in list_modules() if module.is_service]


def find_undocumented(module: Module) -> list[str]:
    """Public functions and classes without a docstring; an overload has its implementation's."""
    public = [node for node in module.tree.body if isinstance(node, FunctionNode | ast.ClassDef) and is_public(node)]
    return [f"{module.at(node)} {node.name}" for node in public if not ast.get_docstring(node) and "overload" not in decorators(node)]


def is_public(node: FunctionNode | ast.ClassDef) -> bool:
    return not node.name.startswith("_")


def decorators(node: FunctionNode | ast.ClassDef) -> set[str]:
    """The last part of each decorator's name."""
    return {dotted(decorator).rpartition(".")[2] for decorator in node.decorator_list}


def is_door(node: FunctionNode) -> bool:
    return DOOR in decorators(node)


def find_unguarded_writes(module: Module) -> list[str]:
    """Public functions that write, by themselves or through private ones of the module, outside a door."""
    functions = {node.name: node for node in module.tree.body if isinstance(node, FunctionNode)}
    writing = {name for name, node in functions.items() if writes(module, node)}
    while more := {name for name, node in functions.items() if name not in writing and calls(node) & unguarded(writing, functions)}:
        writing |= more
    lines = module.text.splitlines()
    return [
        f"{module.at(functions[name])} {name}"
        for name in sorted(writing)
        if is_public(functions[name]) and not is_door(functions[name]) and not is_explained(lines, functions[name])
    ]


def writes(module: Module, function: FunctionNode) -> bool:
    names = Names(module, function)
    return any(
        isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and (node.func.attr in SURE or (node.func.attr in SHARED and names.of(node.func.value) is not None))
        for node in ast.walk(function)
    )


def calls(function: FunctionNode) -> set[str]:
    return {node.func.id for node in ast.walk(function) if isinstance(node, ast.Call) and isinstance(node.func, ast.Name)}


def unguarded(names: set[str], functions: dict[str, FunctionNode]) -> set[str]:
    return {name for name in names if not is_door(functions[name])}


def is_explained(lines: list[str], function: FunctionNode) -> bool:
    """Whether the reason stands within the function or on the line above it."""
    start = min([function.lineno, *(decorator.lineno for decorator in function.decorator_list)])
    return any(EXPLANATION in line for line in lines[max(start - 2, 0) : function.end_lineno])


def test_every_door_is_documented():
    assert [name for module in list_services() for name in find_undocumented(module)] == []


def test_every_write_is_one_transaction():
    assert [name for module in list_services() for name in find_unguarded_writes(module)] == []


def test_an_undocumented_door_is_found():
    code = "def open(): ...\ndef _own(): ...\nclass Refused(Exception): ...\ndef done():\n    '''Do it.'''"

    found = find_undocumented(sample(code, "games/services.py"))

    assert [name.partition(" ")[2] for name in found] == ["open", "Refused"]


@pytest.mark.parametrize(
    "code",
    [
        "def f(team: Team):\n    team.save()",
        "def f():\n    _g()\ndef _g():\n    Team.objects.bulk_create([])",
        "def f():\n    _g()\ndef _g():\n    _h()\ndef _h():\n    Team.objects.create()",
        "from deltacrown.teams.models import Team\n@other\ndef f():\n    Team.objects.filter(a=1).update(b=2)",
    ],
)
def test_an_unguarded_write_is_found(code):
    assert [name.rpartition(" ")[2] for name in find_unguarded_writes(sample(code, "teams/services.py"))] == ["f"]


@pytest.mark.parametrize(
    "code",
    [
        "@atomic_service\ndef f(team: Team):\n    team.save()",
        "@transactions.atomic_service\ndef f():\n    _g()\ndef _g():\n    Team.objects.create()",
        "def f():\n    g()\n@atomic_service\ndef g():\n    Team.objects.create()",
        "def f(team: Team):\n    # not atomic: commits in batches\n    team.save()",
        "def list_teams():\n    return Team.objects.filter(a=1)",
    ],
)
def test_a_guarded_or_explained_one_is_not(code):
    assert find_unguarded_writes(sample(code, "teams/services.py")) == []
