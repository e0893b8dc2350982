"""The page on the two times: its files imported and its calls made, its table and picture say the same."""

from __future__ import annotations

import io
import re
from datetime import UTC, datetime

import pytest
from django.core.management import call_command

from deltacrown.user_profile.services.stats_service import get_stat_as_of
from tests import scene
from tests.docs.pages import ROOT, list_blocks, page
from tests.tally.times import database_now

pytestmark = pytest.mark.django_db

PAGE = page("docs/explanation/two-times.md")
PICTURE = (ROOT / "docs/explanation/two-times.svg").read_text(encoding="utf-8")
#: The table's answers, of which the picture draws some.
ANSWERS = [6, 4, 3, 5, 0]


def blocks_of(language):
    return [body for written, body in list_blocks(PAGE.text) if written == language]


@pytest.fixture
def names(tmp_path):
    """What the calls of the page speak of: the files are imported now, and June 2026 lies between."""
    scene.game("chess")
    ann, between = scene.player("ann"), []
    for number, text in enumerate(blocks_of("csv")):
        path = tmp_path / f"{number}.csv"
        path.write_text(text, encoding="utf-8")
        call_command("import_matches", str(path), stdout=io.StringIO(), stderr=io.StringIO())
        between.append(database_now())

    return {
        "ann": ann,
        "stat": "matches_won",
        "get_stat_as_of": get_stat_as_of,
        "JUNE_2021": datetime(2021, 6, 30, 23, 59, 59, 999999, UTC),
        "JUNE_2026": between[0],
    }


def test_the_calls_return_what_the_page_says(names):
    calls = [line.split("#") for block in blocks_of("python") for line in block.splitlines()]
    found = [
        eval(call.strip(), dict(names))  # noqa: S307 - the page's own lines
        for call, _ in calls
    ]

    assert found == [int(told) for _, told in calls] == ANSWERS


def test_the_table_says_the_same():
    rows = re.findall(r"^\| [W…].*\? \| (\d+) \|", PAGE.text, re.MULTILINE)

    assert [int(row) for row in rows] == ANSWERS


def test_the_picture_says_the_same():
    told = re.findall(r">(as (?:of|shown)[^<]+): (\d)<", PICTURE)

    assert told == [
        ("as of 30 Jun 2021", "4"),
        ("as of 30 Jun 2021, as known on 30 Jun 2026", "3"),
        ("as shown on 30 Jun 2026", "5"),
    ]


def test_the_picture_counts_what_is_left_of_a_corner_and_below_it():
    """The corners and wins are where the numbers say: what a reader counts is the answer."""
    wins = [(int(x), int(y)) for x, y in re.findall(r'<circle cx="(\d+)" cy="(\d+)" r="7"/>', PICTURE)]
    tips = re.findall(r'<path class="(?:a|corner|c)" d="M(\d+) (\d+)', PICTURE)
    corners = [(int(x), int(y) + 10) for x, y in tips]

    assert [sum(x <= right and y >= top for x, y in wins) for right, top in corners] == [4, 3, 5]
