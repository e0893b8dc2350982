"""The page of guards explains each guard and names tests that exist."""

from __future__ import annotations

import re

from tests.docs.pages import ROOT, DocPage, page, sample

NAME = re.compile(r"`(test_\w+)`")
ROW = re.compile(r"^\| (?!Guard \|)(.+) \|$", re.MULTILINE)
GUARDS = "docs/explanation/guards.md"


def find_missing(doc: DocPage) -> set[str]:
    """Return the test names on the page that no test function has."""
    defined: set[str] = set()
    for path in ROOT.glob("tests/**/*.py"):
        defined.update(re.findall(r"def (test_\w+)\(", path.read_text(encoding="utf-8")))
    return set(NAME.findall(doc.text)) - defined


def find_incomplete(doc: DocPage) -> list[str]:
    """Return the rows without all of guard, consequence and at least one test."""
    incomplete = []
    for row in ROW.findall(doc.text):
        cells = [cell.strip() for cell in row.split(" | ")]
        if len(cells) != 3 or not all(cells) or not NAME.search(cells[2]):
            incomplete.append(row)
    return incomplete


def test_every_test_it_names_exists():
    assert find_missing(page(GUARDS)) == set()


def test_every_guard_says_what_breaks_without_it_and_names_a_test():
    assert len(ROW.findall(page(GUARDS).text)) > 30
    assert find_incomplete(page(GUARDS)) == []


def test_a_name_that_does_not_exist_is_found():
    doc = sample("| a guard | what breaks | `test_that_was_renamed`, `test_every_test_it_names_exists` |")

    assert find_missing(doc) == {"test_that_was_renamed"}


def test_a_row_without_consequence_or_test_is_found():
    without_consequence = "a guard | `test_every_test_it_names_exists`"
    without_test = "a guard | what breaks | none"
    complete = "a guard | what breaks | `test_every_test_it_names_exists`"
    doc = sample("\n".join(f"| {row} |" for row in (without_consequence, without_test, complete)))

    assert find_incomplete(doc) == [without_consequence, without_test]
