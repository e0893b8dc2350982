"""The page of guards names tests that exist."""

from __future__ import annotations

import re

from tests.docs.pages import ROOT, DocPage, page, sample

NAME = re.compile(r"`(test_\w+)`")


def find_missing(doc: DocPage) -> set[str]:
    defined = {
        name
        for path in ROOT.glob("tests/**/*.py")
        for name in re.findall(r"def (test_\w+)\(", path.read_text(encoding="utf-8"))
    }
    return set(NAME.findall(doc.text)) - defined


def test_every_test_it_names_exists():
    assert find_missing(page("docs/explanation/guards.md")) == set()


def test_every_guard_names_one():
    rows = re.findall(r"^\| (?!Guard)(.+) \|$", page("docs/explanation/guards.md").text, re.MULTILINE)
    assert len(rows) > 30
    assert [row for row in rows if not NAME.search(row)] == []


def test_a_name_that_does_not_exist_is_found():
    assert find_missing(sample("| a guard | `test_that_was_renamed`, `test_every_guard_names_one` |")) == {
        "test_that_was_renamed"
    }
