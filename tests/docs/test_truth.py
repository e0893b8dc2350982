"""What the pages show as code runs, and what they list is what there is."""

from __future__ import annotations

import re
import textwrap
from io import StringIO

import pytest
from django.core.management import call_command
from django.db import connection

from deltacrown.demo import loading
from deltacrown.demo.plan.people import HERO
from deltacrown.user_profile import stats
from tests.architecture.test_ownership import OWNERS
from tests.docs.pages import DocPage, list_pages, page, sample

#: Their code is added to a copy of the source, in ``test_house_guides.py`` and ``user_profile/test_guides``.
#: Those of seasons and of two times write rows, in ``test_season_guide.py`` and ``test_two_times.py``.
TRIED_ELSEWHERE = {
    "docs/how-to/add-an-activity.md",
    "docs/how-to/add-an-achievement.md",
    "docs/how-to/add-a-job.md",
    "docs/how-to/add-to-a-page.md",
    "docs/how-to/make-a-season.md",
    "docs/explanation/two-times.md",
}
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


def list_pages_to_run() -> list[DocPage]:
    return [doc for doc in list_pages() if python_blocks(doc) and doc.name not in TRIED_ELSEWHERE]


@pytest.mark.parametrize("doc", list_pages_to_run(), ids=lambda doc: doc.name)
def test_the_python_on_a_page_runs(doc):
    run_blocks(doc)


def test_the_page_on_ownership_lists_every_table():
    assert read_owners(page("docs/explanation/ownership.md").text) == OWNERS


def test_the_tutorial_signs_in_as_the_demo_does():
    tutorial = page("docs/tutorial/first-season.md").text

    assert f"Sign in as staff: {loading.STAFF} / {loading.STAFF_PASSWORD}\n" in tutorial
    assert f"Sign in as a player: {HERO} / {loading.PLAYER_PASSWORD}\n" in tutorial
    assert f"username = '{HERO}'" in tutorial


@pytest.mark.django_db
def test_what_the_tutorial_does_on_purpose_is_found_and_repaired(player, played, find_all_drift):
    played(player(HERO))
    (cheat,) = re.findall(
        r"^connection\.cursor.*?^\S*\)$", page("docs/tutorial/first-season.md").text, re.MULTILINE | re.DOTALL
    )

    exec(compile(cheat, "tutorial", "exec"), {"connection": connection})  # noqa: S102 - our own page

    assert [(stat, cached, actual) for _, _, stat, cached, actual in find_all_drift()] == [
        ("matches_won", 6, 1)
    ]
    with pytest.raises(SystemExit):
        call_command("reconcile_stats", stdout=StringIO())
    assert find_all_drift() == []


def test_python_that_does_not_run_is_found():
    with pytest.raises(NameError):
        run_blocks(sample("1. Declare:\n\n   ```python\n   x = Stat(count_of_all())\n   ```\n"))


def test_owners_are_read_from_a_table():
    assert read_owners("| App | Owns |\n|---|---|\n| `a` | `B`, `C`: two |\n") == {"a": {"B", "C"}}
