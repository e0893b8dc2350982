"""The reference is complete: settings by the environment variables read, stats by their declarations."""

from __future__ import annotations

import ast
import re

from deltacrown.user_profile.numbers.reference import render_stats_reference
from tests.architecture.source import Module, dotted, list_modules
from tests.architecture.source import sample as module_of
from tests.docs.pages import page

READERS = re.compile(r"^(env(\.\w+)?|os\.environ\.get|os\.getenv)$")
#: Set by Django's own convention, read by Django.
DJANGO = {"DJANGO_SETTINGS_MODULE"}


def read_variables(module: Module) -> set[str]:
    """The environment variables a module reads by name."""
    calls = [
        node
        for node in ast.walk(module.tree)
        if isinstance(node, ast.Call) and node.args and READERS.match(dotted(node.func))
    ]
    subscripts = [
        node
        for node in ast.walk(module.tree)
        if isinstance(node, ast.Subscript) and dotted(node.value) == "os.environ"
    ]
    # A reader of several that belong together names each of them.
    together = [arg for call in calls if dotted(call.func) == "env.client" for arg in call.args[1:]]
    named = [call.args[0] for call in calls] + together + [subscript.slice for subscript in subscripts]
    return {
        node.value for node in named if isinstance(node, ast.Constant) and isinstance(node.value, str)
    } - DJANGO


def test_every_environment_variable_is_documented_and_every_documented_one_is_read():
    documented = set(re.findall(r"^\| `([A-Z_]+)` \|", page("docs/reference/settings.md").text, re.MULTILINE))

    assert documented == {name for module in list_modules() for name in read_variables(module)}


def test_the_stats_page_is_what_the_declarations_say():
    assert page("docs/reference/stats.md").text == render_stats_reference(), "run `make docs`"


def test_every_way_of_reading_a_variable_is_seen():
    code = "env.bool('A')\nenv('B')\nos.environ['C']\nos.environ.get('D')\nos.getenv('E')\nother.get('F')\n"

    assert read_variables(module_of(code)) == {"A", "B", "C", "D", "E"}
