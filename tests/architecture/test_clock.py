"""Only edges read the clock: everything else is handed ``now``."""

from __future__ import annotations

import ast

import pytest

from tests.architecture.source import Module, dotted, list_modules, sample

#: Names below an app where a request, a command or a deploy enters.
EDGES = {
    "views",
    "admin",
    "tournament_admin",
    "commands",
    "management",
    "apps",
    "migrating",
    "receivers",
    "tasks",
    "jobs",
    "backends",
}
EDGE_APPS = {"web", "api", "demo", "config"}
READS = {
    "timezone.now",
    "datetime.now",
    "datetime.utcnow",
    "datetime.today",
    "date.today",
    "clock.now",
    "time.time",
    "timezone.localdate",
}
OWN_CLOCK = "deltacrown.core.clock"
#: The clock, and the check that a date is past: services whose callers hand them no ``now`` need that.
CLOCK_ITSELF = {"core/clock.py", "core/inputs.py"}


def is_edge(module: Module) -> bool:
    return module.app in EDGE_APPS or bool(module.names & EDGES) or str(module.path) in CLOCK_ITSELF


def find_clock_reads(module: Module) -> list[str]:
    """Every mention of a clock in a module that is not an edge: called or handed on as a default."""
    if is_edge(module):
        return []
    return [module.at(node) for node in ast.walk(module.tree) if reads_clock(node)]


def reads_clock(node: ast.AST) -> bool:
    if isinstance(node, ast.Attribute):
        return any(dotted(node) == read or dotted(node).endswith(f".{read}") for read in READS)
    if isinstance(node, ast.ImportFrom):
        return node.module == OWN_CLOCK or (
            node.module == "django.utils.timezone" and any(name.name == "now" for name in node.names)
        )
    return isinstance(node, ast.keyword) and node.arg in {"auto_now", "auto_now_add"}


def test_only_edges_read_the_clock():
    assert [place for module in list_modules() for place in find_clock_reads(module)] == []


@pytest.mark.parametrize(
    "line",
    [
        "at = timezone.now()",
        "at = datetime.datetime.now(tz=UTC)",
        "at = DateTimeField(default=timezone.now)",
        "at = DateTimeField(auto_now_add=True)",
        "from deltacrown.core.clock import now",
        "from django.utils.timezone import now",
        "today = date.today()",
    ],
)
def test_a_clock_read_in_a_service_is_found(line):
    assert find_clock_reads(sample(line, "games/services.py")) == ["src/deltacrown/games/services.py:1"]


@pytest.mark.parametrize(
    "path", ["web/views.py", "games/management/commands/import_matches.py", "core/clock.py", "demo/season.py"]
)
def test_an_edge_may_read_it(path):
    assert find_clock_reads(sample("at = timezone.now()", path)) == []


def test_a_database_default_and_a_column_called_now_are_no_clock():
    source = sample("at = DateTimeField(db_default=Now())\nvalue = repair.now", "games/models.py")
    assert find_clock_reads(source) == []
