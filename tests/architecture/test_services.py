"""The doors of an app: documented, and each write in one transaction that survives a deadlock."""

from __future__ import annotations

import ast

import pytest

from tests.architecture.doors import (
    decorators,
    exported_names,
    find_side_entries,
    find_unguarded_writes,
    is_public,
)
from tests.architecture.source import FunctionNode, Module, list_modules, sample

TEAM = "from deltacrown.teams.models import Team\n"


def list_services() -> list[Module]:
    return [module for module in list_modules() if module.is_service]


def find_undocumented(module: Module) -> list[str]:
    """Public functions and classes without a docstring; an overload has its implementation's."""
    public = [
        node for node in module.tree.body if isinstance(node, FunctionNode | ast.ClassDef) and is_public(node)
    ]
    return [
        f"{module.at(node)} {node.name}"
        for node in public
        if not ast.get_docstring(node) and "overload" not in decorators(node)
    ]


def unguarded(*modules: tuple[str, str]) -> list[str]:
    """The names found in modules given as path and source."""
    return [
        found.rpartition(" ")[2]
        for found in find_unguarded_writes([sample(text, path) for path, text in modules])
    ]


def test_every_door_is_documented():
    assert [name for module in list_services() for name in find_undocumented(module)] == []


def test_every_write_is_one_transaction():
    assert find_unguarded_writes(list_services()) == []


def test_other_apps_come_in_by_the_door():
    exported = exported_names(list_services())

    assert [entry for module in list_modules() for entry in find_side_entries(module, exported)] == []


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
        f"{TEAM}@other\ndef f():\n    Team.objects.filter(a=1).update(b=2)",
    ],
)
def test_an_unguarded_write_is_found(code):
    assert unguarded(("teams/services.py", code)) == ["f"]


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
    assert unguarded(("teams/services.py", code)) == []


STATES = ("teams/services/states.py", "def change(team: Team):\n    team.save()")


@pytest.mark.parametrize(
    "call",
    [
        "from deltacrown.teams.services.states import change\ndef f(team):\n    change(team)",
        "from deltacrown.teams.services import states\ndef f(team):\n    states.change(team)",
    ],
)
def test_a_package_answers_for_what_it_hands_out_and_for_what_that_calls(call):
    package = ("teams/services/__init__.py", "from deltacrown.teams.services.doors import f")
    guarded = call.replace("def f", "@atomic_service\ndef f")

    assert unguarded(package, STATES, ("teams/services/doors.py", call)) == ["f"]
    assert unguarded(package, STATES, ("teams/services/doors.py", guarded)) == []


def test_a_package_that_hands_out_nothing_answers_for_everything_public():
    assert unguarded(("teams/services/__init__.py", ""), STATES) == ["change"]


def test_a_side_entry_is_found():
    exported = {"teams": {"deltacrown.teams.services.doors.f"}}
    code = "from deltacrown.teams.services import f\nfrom deltacrown.teams.services.states import change\n"

    assert find_side_entries(sample(code, "web/views.py"), exported) == [
        "src/deltacrown/web/views.py:2 deltacrown.teams.services.states"
    ]
    assert find_side_entries(sample(code, "teams/services/doors.py"), exported) == []
