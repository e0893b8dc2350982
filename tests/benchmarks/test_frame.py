"""The frame: topics are found, each is measured whatever becomes of the others, and the exit code says it."""

from __future__ import annotations

import json
import subprocess
import sys
from types import ModuleType, SimpleNamespace
from typing import Any

import pytest
from benchmarks.comparing import Comparison
from benchmarks.limits.figure import Figure
from benchmarks.results import Run, describe, read_latest
from benchmarks.season import Size
from benchmarks.topics import Outcome, list_measures, list_topics, load, run_topic

from benchmarks import __main__ as frame
from benchmarks import limits
from tests.docs.pages import ROOT

pytestmark = pytest.mark.once

SIZE = Size(players=10, matches=100)
MACHINE = {"processor": "one"}


def make_module(code: str) -> ModuleType:
    """Return a module of some code, as if it were a file among the topics."""
    module = ModuleType("benchmarks.limits.made")
    exec(f"from benchmarks.limits.figure import Figure\n{code}", vars(module))  # noqa: S102 the code is below
    return module


def figure(name: str, value: float = 0.001, **fields: Any) -> dict[str, Any]:
    return describe(Figure(name, [value] * 3, **fields))


class Launch:
    """Measures nothing: it gives prepared outcomes, and notes for which topics it was asked."""

    def __init__(self, **outcomes: Outcome) -> None:
        self.outcomes = outcomes
        self.asked: list[str] = []

    def __call__(self, topic: str) -> Outcome:
        self.asked.append(topic)
        if isinstance(self.outcomes[topic], BaseException):
            raise self.outcomes[topic]
        return self.outcomes[topic]

    def describe_machine(self) -> dict[str, str]:
        return MACHINE


@pytest.fixture(autouse=True)
def own_folder(tmp_path, monkeypatch):
    monkeypatch.setattr(frame.Mark.__init__, "__defaults__", (tmp_path,))
    monkeypatch.setattr(frame, "read_code_state", lambda: "this code")


@pytest.fixture
def said(monkeypatch) -> list[str]:
    lines: list[str] = []
    monkeypatch.setattr(frame, "say", lines.append)
    return lines


def test_every_module_with_a_function_that_measures_is_a_topic():
    assert {"targets", "peers", "importing", "triggers"} <= set(list_topics())
    assert "figure" not in list_topics()
    for name in list_topics():
        assert load(name).__doc__, f"{limits.__name__}.{name} does not say what it measures"


def test_functions_that_measure_are_found_in_their_order_and_imported_ones_are_not():
    module = make_module("def measure_b(): ...\ndef measure(): ...\ndef measured(): ...\nmeasure_x = Figure")

    assert [function.__name__ for function in list_measures(module)] == ["measure_b", "measure"]


def test_a_function_is_given_what_it_takes():
    module = make_module(
        "def measure(samples): return [Figure('a', [samples])]\n"
        "def measure_more(size): return [Figure('b', [size.players])]\n"
        "def measure_rest(): yield Figure('c', [3.0])\n"
    )

    outcome = run_topic(module, {"samples": 2, "size": SIZE}, say=lambda line: None)

    assert [each["measured"] for each in outcome.figures] == [2_000, 10_000, 3_000]
    assert outcome.failure == ""


def test_a_function_that_fails_loses_only_what_it_had_not_given():
    module = make_module(
        "def measure():\n    yield Figure('a', [1.0])\n    raise RuntimeError('it broke')\n"
        "def measure_more(): return [Figure('b', [1.0])]\n"
    )
    lines: list[str] = []
    kept: list[int] = []

    outcome = run_topic(module, {}, lines.append, keep=lambda so_far: kept.append(len(so_far.figures)))

    assert [each["name"] for each in outcome.figures] == ["a", "b"]
    assert "measure: " in outcome.failure
    assert "RuntimeError: it broke" in outcome.failure
    assert any("FAILED  measure" in line for line in lines)
    assert kept == [1, 1, 2]


def test_two_figures_of_one_name_are_refused():
    module = make_module("def measure(): return [Figure('a', [1.0]), Figure('a', [2.0])]")

    assert "two figures are called 'a'" in run_topic(module, {}, say=lambda line: None).failure


def test_a_topic_that_fails_is_told_and_the_others_are_stored(tmp_path, said):
    launch = Launch(bad=Outcome(failure="Traceback …\nRuntimeError: it broke"), good=Outcome([figure("a")]))

    code = frame.run(SIZE, ["bad", "good"], launch, path=tmp_path / "latest.json")

    assert code == frame.FAILED
    stored = read_latest(tmp_path / "latest.json")[SIZE.name]
    assert list(stored.figures) == ["a"]
    assert stored.failed == {"bad": "RuntimeError: it broke"}
    assert any("FAILED:\n  bad: RuntimeError: it broke" in line for line in said)


def test_a_figure_that_became_slower_is_named_and_in_the_exit_code(tmp_path, said):
    before = Run({}, {"reading": [figure("rank", 0.001)]}, machine=MACHINE)
    launch = Launch(reading=Outcome([figure("rank", 0.002)]))

    code = frame.run(SIZE, ["reading"], launch, path=tmp_path / "latest.json", before=before)

    assert code == frame.SLOWER
    assert any("SLOWER" in line and "rank: 1 ms then, 2 ms now" in line for line in said)


def test_a_missed_target_of_the_specification_is_in_the_exit_code_and_another_budget_is_not(said):
    missed = figure("profile", 0.2, budget=100)
    elsewhere = Run({}, {"reading": [missed]})

    assert frame.conclude(Run({}, {frame.TARGETS: [missed]}), Comparison()) == frame.MISSED
    assert frame.conclude(elsewhere, Comparison()) == 0
    assert "0 of 1 budgets are met." in said[0]


def test_a_run_of_some_topics_keeps_the_figures_of_the_others(tmp_path, said):
    path = tmp_path / "latest.json"
    frame.run(SIZE, ["a", "b"], Launch(a=Outcome([figure("a")]), b=Outcome([figure("b")])), path=path)

    frame.run(SIZE, ["b"], Launch(b=Outcome([figure("b", 0.003)])), path=path)

    assert {name: each["measured"] for name, each in read_latest(path)[SIZE.name].figures.items()} == {
        "a": 1,
        "b": 3,
    }


def test_figures_of_another_machine_are_not_kept_beside_those_of_this_one(tmp_path, said):
    path = tmp_path / "latest.json"
    frame.run(SIZE, ["a"], Launch(a=Outcome([figure("a")])), path=path)
    other = Launch(b=Outcome([figure("b")]))
    other.describe_machine = lambda: {"processor": "two"}

    frame.run(SIZE, ["b"], other, path=path)

    assert list(read_latest(path)[SIZE.name].figures) == ["b"]


def test_a_stopped_run_goes_on_after_what_it_finished(tmp_path, said):
    path = tmp_path / "latest.json"
    stopped = Launch(a=Outcome([figure("a")]), b=KeyboardInterrupt())
    with pytest.raises(KeyboardInterrupt):
        frame.run(SIZE, ["a", "b"], stopped, path=path)

    again = Launch(a=Outcome([figure("a", 9)]), b=Outcome([figure("b")]))
    frame.run(SIZE, ["a", "b"], again, path=path, resume=True)

    assert again.asked == ["b"]
    assert read_latest(path)[SIZE.name].figures["a"]["measured"] == 1
    anew = Launch(a=Outcome([figure("a")]), b=Outcome([figure("b")]))
    frame.run(SIZE, ["a", "b"], anew, path=path, resume=True)
    assert anew.asked == ["a", "b"], "a run that came to its end is not resumed"


def test_a_stopped_run_of_other_code_is_not_resumed(tmp_path, monkeypatch):
    mark = frame.Mark(SIZE)
    mark.write(["a"])
    assert mark.read() == ["a"]

    monkeypatch.setattr(frame, "read_code_state", lambda: "other code")

    assert mark.read() == []


def test_a_process_that_ends_without_a_word_is_a_failure(monkeypatch):
    monkeypatch.setattr(frame.subprocess, "run", lambda *_, **__: SimpleNamespace(returncode=-9))

    assert frame.Launch("url", SIZE, None)("a").failure == "its process ended with -9"


def test_what_a_process_measured_before_it_was_ended_is_kept(monkeypatch):
    def die(command: list[str], **_: Any) -> Any:
        with open(command[command.index("--out") + 1], "w") as file:  # noqa: PTH123 as the other end does
            json.dump({"figures": [figure("a")], "failure": ""}, file)
        return SimpleNamespace(returncode=-9)

    monkeypatch.setattr(frame.subprocess, "run", die)

    outcome = frame.Launch("url", SIZE, 3)("a")

    assert [each["name"] for each in outcome.figures] == ["a"]
    assert outcome.failure == "its process ended with -9"


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ({}, [frame.USUAL]),
        ({"full": True}, [frame.FULL]),
        ({"grow": True}, [frame.FULL, frame.GROWN]),
        ({"players": 10, "matches": 100}, [SIZE]),
    ],
)
def test_the_size_follows_from_the_options(given, expected):
    options = SimpleNamespace(**{"players": None, "matches": None, "full": False, "grow": False, **given})

    assert frame.choose_sizes(options) == expected


def test_a_database_that_was_filled_before_is_copied_by_a_process_without_settings(tmp_path):
    """As every run after the first is: only filling needs Django."""
    code = f"""
from pathlib import Path
from benchmarks import seeding
from benchmarks.season import Size
size, seeding.FOLDER = Size(players=10, matches=100), Path({str(tmp_path)!r})
home = seeding.FOLDER / f"{{size.name}}-{{seeding.find_key()}}"
with seeding.kept_postgresql(home) as server:
    server.psql("CREATE DATABASE seed;")
    (home / seeding.DONE).touch()
with seeding.seeded(size) as url:
    print(url)
"""
    command = [sys.executable, "-W", "ignore", "-c", code]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False, timeout=300)

    assert done.returncode == 0, done.stderr
    assert "/bench?" in done.stdout
