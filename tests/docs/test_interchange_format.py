"""The page on the interchange format lists the columns that are read, and its examples can be imported."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from django.core.management import call_command

from deltacrown.games.models import Match
from deltacrown.interchange.columns import Columns
from deltacrown.interchange.formats.deltacrown.matches import MATCH_COLUMNS
from deltacrown.interchange.formats.deltacrown.tournaments import TOURNAMENT_COLUMNS
from deltacrown.tournaments.models import TournamentResult
from tests.docs.pages import list_blocks, page

FORMAT = page("docs/reference/interchange-format.md")


def read_columns(section: str) -> dict[str, bool]:
    """Column → whether every line needs it, from the section's table."""
    return {
        name: needed.strip() == "yes"
        for name, needed in re.findall(r"^\| `([\w.]+)` \|([^|]*)\|", section, re.MULTILINE)
    }


def columns_read(columns: Columns) -> dict[str, bool]:
    prefixed = {f"{columns.prefix}NAME": False} if columns.prefix else {}
    return dict.fromkeys(columns.required, True) | dict.fromkeys(columns.optional, False) | prefixed


def example(section: str, language: str) -> str:
    return next(body for found, body in list_blocks(FORMAT.section(section)) if found == language)


def write_example(folder: Path, section: str, language: str, name: str) -> str:
    (folder / name).write_text(example(section, language), encoding="utf-8")
    return str(folder / name)


@pytest.mark.parametrize(
    ("section", "columns"), [("Matches", MATCH_COLUMNS), ("Tournaments", TOURNAMENT_COLUMNS)]
)
def test_the_page_lists_the_columns_that_are_read(section, columns):
    assert read_columns(FORMAT.section(section)) == columns_read(columns)


@pytest.mark.django_db
def test_the_matches_of_the_page_import_and_their_ndjson_says_the_same(tmp_path):
    call_command("import_matches", write_example(tmp_path, "Matches", "csv", "m.csv"), create_missing=True)
    before = list(Match.objects.order_by("id").values())
    call_command("import_matches", write_example(tmp_path, "Matches", "json", "m.ndjson"))

    rows = Match.objects.order_by("match_key", "user__username").values_list(
        "match_key", "user__username", "result", "score", "stats"
    )
    assert list(rows) == [
        ("spring-1", "ann", "WIN", "3", {"kills": 12, "deaths": 4}),
        ("spring-1", "ben", "LOSS", "1", {"kills": 7, "deaths": 9}),
        ("spring-2", "ann", "DRAW", "2", {"kills": 8, "deaths": 8}),
    ]
    assert list(Match.objects.order_by("id").values()) == before


@pytest.mark.django_db
def test_the_tournament_of_the_page_imports(tmp_path):
    call_command(
        "import_tournaments", write_example(tmp_path, "Tournaments", "csv", "t.csv"), create_missing=True
    )

    results = TournamentResult.objects.order_by("user__username")
    assert [
        (row.user.username, row.placement, str(row.prize_amount), row.disqualified_reason) for row in results
    ] == [
        ("ann", 1, "500.00", ""),
        ("ben", 2, "250.50", ""),
        ("cem", None, "0.00", "account sharing"),
    ]


def test_columns_are_read_from_a_table():
    assert read_columns(
        "| Column | Needed | Meaning |\n|---|---|---|\n| `a_b` | yes | x |\n| `c.D` | | y |\n"
    ) == {
        "a_b": True,
        "c.D": False,
    }
