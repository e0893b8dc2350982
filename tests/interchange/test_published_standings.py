"""Standings of files, as they were published: taken with warnings, and compared when they come again."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from deltacrown.games.models import Game
from deltacrown.tournaments.models import Tournament, TournamentResult
from tests import scene
from tests.interchange.files import Outcome, dump, run_import

pytestmark = [pytest.mark.django_db, pytest.mark.once]

CUP = {"tournament": "open", "game": "tennis", "starts_at": "1877-07-09T00:00:00Z", "status": "completed"}
NAMES = ("ada", "bob", "cyd", "dan")


@pytest.fixture(autouse=True)
def known(db: None) -> None:
    Game.objects.create(slug="tennis", name="Tennis")
    for name in NAMES:
        scene.player(name)


def take(folder: Path, *said: dict[str, Any], **cup: Any) -> Outcome:
    """Import a tournament of ``NAMES``, of each of whom ``said`` tells the rest."""
    entrants = zip(NAMES, said, strict=False)
    lines = [{**CUP, **cup, "player": player, **about} for player, about in entrants]
    path = folder / "cups.ndjson"
    path.write_text("\n".join(json.dumps(line) for line in lines))
    return run_import("import_tournaments", path)


def results() -> list[tuple[Any, ...]]:
    rows = TournamentResult.objects.order_by("user__username")
    return list(rows.values_list("user__username", "placement", "placement_to", "unplaced_reason"))


def warnings(folder: Path) -> list[str]:
    path = folder / "cups.ndjson.warnings.ndjson"
    return [json.loads(line)["warning"] for line in path.read_text().splitlines()]


def test_ranges_gaps_and_the_unplaced_are_taken_with_warnings(tmp_path):
    outcome = take(tmp_path, {"placement": 2}, {"placement": "5-8"}, {"unplaced": "did not start"}, {})

    assert outcome.exit_code == 0
    assert results() == [
        ("ada", 2, None, ""),
        ("bob", 5, 8, ""),
        ("cyd", None, None, "did not start"),
    ]
    assert "Nobody is placed 1; the next placement is 2." in warnings(tmp_path)
    assert "1 with warnings" in outcome.output


def test_nobody_need_be_placed(tmp_path):
    outcome = take(tmp_path, {}, {})

    assert outcome.exit_code == 0
    assert (Tournament.objects.get().status, results()) == ("COMPLETED", [])
    assert warnings(tmp_path) == ["Nobody is placed."]


def test_the_same_standings_again_change_nothing(tmp_path):
    said = ({"placement": "1-2", "prize": 10}, {"placement": "1-2"}, {"unplaced": "lost its lock"}, {})
    take(tmp_path, *said, currency="gbp")
    before = dump()

    outcome = take(tmp_path, *said, currency="gbp")

    assert (outcome.exit_code, dump()) == (0, before)
    assert "1 unchanged" in outcome.output


@pytest.mark.parametrize(
    ("said", "difference"),
    [
        (
            {"placement": "5-6"},
            "ada has placement 5–8 with a prize of 7.00, the file says placement 5–6 with",
        ),
        ({"placement": 5}, "the file says placement 5 with a prize of 7.00"),
        ({"unplaced": "did not start"}, "the file says no placement (did not start) with a prize of 7.00"),
        ({"placement": "5-8", "currency": "EUR"}, "prize_currency is GBP, the file says EUR"),
    ],
)
def test_other_standings_are_refused_and_named(tmp_path, said, difference):
    take(tmp_path, {"placement": "5-8", "prize": 7}, currency="GBP")
    before = dump()

    outcome = take(tmp_path, {"prize": 7, **said})

    assert difference in outcome.reasons[1]
    assert dump() == before


def test_a_currency_that_was_left_open_is_filled_in(tmp_path):
    take(tmp_path, {"placement": 1, "prize": 7})

    outcome = take(tmp_path, {"placement": 1, "prize": 7}, currency="EUR")

    assert "1 updated" in outcome.output
    assert Tournament.objects.get().prize_currency == "EUR"
