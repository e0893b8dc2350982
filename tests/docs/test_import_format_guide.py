"""The format of the guide, taken out of it, installed as a package and used as the guide says."""

from __future__ import annotations

import json
import re
import textwrap
import tomllib

import pytest

from deltacrown.games.models import Match
from deltacrown.user_profile.models import UserProfile
from tests.docs.pages import page
from tests.interchange.distributions import installed
from tests.interchange.files import dump, run_import

GUIDE = page("docs/how-to/add-an-import-format.md")
BLOCK = re.compile(r"^( *)```(\w+)\n(.*?)^\1```$", re.MULTILINE | re.DOTALL)
BLOCKS = {language: textwrap.dedent(body) for _, language, body in BLOCK.findall(GUIDE.text)}
PROJECT = tomllib.loads(BLOCKS["toml"])["project"]


@pytest.fixture
def sheet(tmp_path):
    """The guide's file, with its format installed."""
    modules = {"scoresheet": BLOCKS["python"]}
    formats = PROJECT["entry-points"]["deltacrown.formats"]
    path = tmp_path / "results.csv"
    path.write_text(BLOCKS["csv"], encoding="utf-8")
    with installed(tmp_path / "site", PROJECT["name"], modules=modules, formats=formats):
        yield path


def import_sheet(path):
    return run_import("import_matches", path, format="scoresheet", create_missing=True)


@pytest.mark.django_db
def test_the_guides_format_imports_its_file(sheet, find_all_drift):
    outcome = import_sheet(sheet)

    rows = Match.objects.order_by("played_at", "pk").values_list(
        "match_key", "user__username", "result", "score"
    )
    assert list(rows) == [
        ("2025-03-01 ann ben", "ann", "WIN", "3"),
        ("2025-03-01 ann ben", "ben", "LOSS", "1"),
        ("2025-03-08 ben cem", "ben", "DRAW", "2"),
        ("2025-03-08 ben cem", "cem", "DRAW", "2"),
    ]
    numbers = UserProfile.objects.order_by("user__username")
    assert list(numbers.values_list("user__username", "total_matches_played", "matches_won")) == [
        ("ann", 1, 1),
        ("ben", 2, 0),
        ("cem", 1, 0),
    ]
    assert find_all_drift() == []
    assert outcome.exit_code == 1


@pytest.mark.django_db
def test_the_guide_shows_what_the_command_says_and_rejects(sheet):
    outcome = import_sheet(sheet)

    shown = re.sub(r"[\d.]+ s\.", "0.1 s.", outcome.output).replace(f"{sheet.parent}/", "")
    assert shown == BLOCKS["text"]
    assert outcome.rejected == [json.loads(line) for line in BLOCKS["json"].splitlines()]


@pytest.mark.django_db
def test_a_second_import_changes_nothing(sheet):
    import_sheet(sheet)
    before = dump()

    again = import_sheet(sheet)

    assert "matches: 0 created, 2 unchanged, 1 refused" in again.output
    assert dump() == before


@pytest.mark.django_db
def test_a_line_that_is_there_twice_is_refused(sheet):
    text = "date;home;away;score\n2025-03-01;ann;ben;3:1\n2025-03-02;ann;ben;1:0\n2025-03-01;ann;ben;3:1\n"
    sheet.write_text(text, encoding="utf-8")

    outcome = import_sheet(sheet)

    assert outcome.reasons == dict.fromkeys([2, 4], "lines 2 and 4 are of the same match; keep one line")
    assert set(Match.objects.values_list("match_key", flat=True)) == {"2025-03-02 ann ben"}
