"""What the pages show as code runs, and what they list is what there is."""

from __future__ import annotations

import re
import textwrap

import pytest

from deltacrown.user_profile import stats
from tests.architecture.test_ownership import OWNERS
from tests.docs.pages import DocPage, list_pages, page, sample

PYTHON = re.compile(r"^( *)```python\n(.*?)^\1```", re.MULTILINE | re.DOTALL)


def python_blocks(doc: DocPage) -> list[str]:
    return [textwrap.dedent(body) for _, body in PYTHON.findall(doc.text)]


def run_blocks(doc: DocPage) -> None:
    """Run the page's Python, from the first block to the last, as if it stood at the end of the catalogue."""
    names = dict(vars(stats))
    for block in python_blocks(doc):
        exec(compile(block, doc.name, "exec"), names)  # noqa: S102 - our own pages


def read_owners(table: str) -> dict[str, set[str]]:
    """``| `app` | `Model`, `Other` |`` for every row of a Markdown table."""
    rows = re.findall(r"^\| `(\w+)` \| (.+) \|$", table, re.MULTILINE)
    return {app: set(re.findall(r"`(\w+)`", models)) for app, models in rows}


@pytest.mark.parametrize("doc", [doc for doc in list_pages() if python_blocks(doc)], ids=lambda doc: doc.name)
def test_the_python_on_a_page_runs(doc):
    run_blocks(doc)


def test_the_page_on_ownership_lists_every_table():
    assert read_owners(page("docs/explanation/ownership.md").text) == OWNERS


def test_python_that_does_not_run_is_found():
    with pytest.raises(NameError):
        run_blocks(sample("1. Declare:\n\n   ```python\n   x = Stat(count_of_all())\n   ```\n"))


def test_owners_are_read_from_a_table():
    assert read_owners("| App | Owns |\n|---|---|\n| `a` | `B`, `C`: two |\n") == {"a": {"B", "C"}}
