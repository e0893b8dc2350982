"""Which Pythons and Djangos the wheel is tried with, and what the package claims of them."""

from __future__ import annotations

import re
import subprocess
import sys
import tomllib

import pytest

from tests import versions
from tests.docs.pages import ROOT, page
from tests.versions import Pair, find_interpreters, is_tried_by_suite, list_missing, list_pairs

pytestmark = pytest.mark.once

PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]


def test_each_python_is_tried_with_each_django_that_it_runs():
    found = {(3, 14): "/b", (3, 11): "/a"}

    assert list_pairs(found) == [
        Pair((3, 11), "/a", "5.2"),
        Pair((3, 14), "/b", "5.2"),
        Pair((3, 14), "/b", "6"),
    ]
    assert list_missing(found) == [
        "Python 3.12 is not on this machine: not tried.",
        "Python 3.13 is not on this machine: not tried.",
    ]


def test_the_interpreter_of_the_suite_is_found():
    assert find_interpreters()[sys.version_info[:2]] == sys.executable
    assert is_tried_by_suite(Pair(sys.version_info[:2], sys.executable, "5.2"))
    assert not is_tried_by_suite(Pair(sys.version_info[:2], sys.executable, "6"))


def test_a_python_that_pyenv_only_names_is_found_where_it_is(tmp_path, monkeypatch):
    """In the path is a file that refuses; what runs is below pyenv's own folder."""
    shims, kept = tmp_path / "shims", tmp_path / "versions/3.13.9/bin"
    for place, body in ((shims, "exit 127"), (kept, "echo 3.13")):
        place.mkdir(parents=True)
        (place / "python3.13").write_text(f"#!/bin/sh\n{body}\n")
        (place / "python3.13").chmod(0o755)
    monkeypatch.setenv("PYENV_ROOT", str(tmp_path))
    monkeypatch.setenv("PATH", str(shims))

    assert versions.find_interpreter("3.13") == str(kept / "python3.13")
    assert versions.find_interpreter("3.12") == ""


@pytest.mark.parametrize(
    "error", [AssertionError("3 differ"), subprocess.CalledProcessError(1, "x", stderr="no")]
)
def test_a_pair_that_fails_is_told_and_the_others_are_tried(error, monkeypatch, tmp_path, capsys):
    tried = []

    def try_pair(pair, wheel, folder):
        tried.append(pair.python)
        if pair.python == (3, 12):
            raise error
        return "seen"

    monkeypatch.setattr(sys, "argv", ["versions"])
    monkeypatch.setattr(versions, "find_interpreters", lambda: {(3, 11): "/a", (3, 12): "/b", (3, 13): "/c"})
    monkeypatch.setattr(versions, "build_wheel", lambda folder: folder / "x.whl")
    monkeypatch.setattr(versions, "try_pair", try_pair)

    assert versions.main() == 1
    assert tried == [(3, 11), (3, 12), (3, 12), (3, 13), (3, 13)]
    told = capsys.readouterr().out
    assert "Python 3.11 with Django 5.2: seen\nPython 3.12 with Django 5.2: FAILED" in told
    assert "Python 3.14 is not on this machine" in told


def test_nothing_else_on_the_machine_is_no_failure(monkeypatch, capsys):
    monkeypatch.setattr(sys, "argv", ["versions", "--others"])
    monkeypatch.setattr(versions, "find_interpreters", lambda: {sys.version_info[:2]: sys.executable})
    monkeypatch.setattr(versions, "DJANGOS", {"5.2": (3, 10)})

    assert versions.main() == 0
    assert "Nothing but what the suite runs on is here." in capsys.readouterr().out


def test_the_package_claims_only_what_it_allows():
    lowest, above = re.fullmatch(r">=3\.(\d+),<3\.(\d+)", PROJECT["requires-python"]).groups()
    claimed = re.findall(r"Python :: 3\.(\d+)$", "\n".join(PROJECT["classifiers"]), re.MULTILINE)

    assert claimed == [str(minor) for minor in range(int(lowest), int(above))]
    assert {(3, int(minor)) for minor in claimed} <= set(versions.PYTHONS)
    [django] = re.findall(r"Framework :: Django :: ([\d.]+)", "\n".join(PROJECT["classifiers"]))
    assert (ROOT / "requirements/base.in").read_text().startswith(f"Django>={django},<")


def test_the_guide_names_every_extra():
    dynamic = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["setuptools"]["dynamic"]
    named = re.findall(r"^\| `deltacrown\[(\w+)\]`", page("docs/how-to/install.md").text, re.MULTILINE)

    assert set(named) == set(dynamic["optional-dependencies"])
