"""Files that tell of a tournament what its services would have done: no number or series may differ."""

from __future__ import annotations

from pathlib import Path

import pytest

from deltacrown.games.models import Game
from deltacrown.tournaments.models import (
    Disqualification,
    Tournament,
    TournamentResult,
    TournamentSeriesResult,
)
from deltacrown.tournaments.services import reopen_tournament
from deltacrown.tournaments.services.series import sync_all_series
from tests import scene
from tests.interchange.files import run_import

pytestmark = [pytest.mark.django_db, pytest.mark.once]

HEAD = (
    "tournament,name,game,starts_at,ends_at,status,player,team,entry,placement,disqualified,disqualified_at\n"
)
MATCHES = "match_key,game,player,result,played_at,tournament,round,series\n"
DATES = "2019-03-01T10:00:00Z,2019-03-02T20:00:00Z"


@pytest.fixture(autouse=True)
def game(db: None) -> Game:
    return Game.objects.create(slug="cs2", name="Counter-Strike 2")


@pytest.fixture
def take(tmp_path: Path):
    """Import lines with their header, and return the exit code and what was printed."""

    def act(command: str, head: str, *lines: str):
        file = tmp_path / "told.csv"
        file.write_text(head + "".join(f"{line}\n" for line in lines))
        return run_import(command, file, create_missing=True)

    return act


def entered(
    player: str = "", team: str = "", entry: str = "", placement: str = "", *, status: str, out: str = ","
):
    return f"cup,Cup,cs2,{DATES},{status},{player},{team},{entry},{placement},{out}"


def completed(*of):
    return [entered(*each, status="completed") for each in of]


def test_standings_for_a_reopened_tournament_take_the_place_of_those_set_aside(take, find_all_drift):
    take("import_tournaments", HEAD, *completed(("ada", "", "", "1"), ("bob", "", "", "2")))
    reopen_tournament(tournament=Tournament.objects.get(), reason="counted wrongly", now=scene.NOON)

    take("import_tournaments", HEAD, *completed(("ada", "", "", "2"), ("bob", "", "", "1")))

    assert Tournament.objects.get().status == "COMPLETED"
    told = TournamentResult.objects.order_by("user__username")
    assert [*told.values_list("user__username", "placement", "uncounted_reason")] == [
        ("ada", 2, ""),
        ("bob", 1, ""),
    ]
    assert find_all_drift() == []


def test_teams_learnt_of_later_are_those_of_the_series_too(take, find_all_drift):
    lines = [
        f"m{number},cs2,{player},{result},2019-03-01T{12 + number}:30:00Z,cup,Final,final"
        for number in (1, 2)
        for player, result in (("ada", "win"), ("bob", "loss"))
    ]
    take("import_matches", MATCHES, *lines)

    take("import_tournaments", HEAD, *completed(("ada", "Reds", "", "1"), ("bob", "Blues", "", "2")))

    rows = TournamentSeriesResult.objects.order_by("user__username")
    assert [*rows.values_list("user__username", "team__name", "opponent_team__name")] == [
        ("ada", "Reds", "Blues"),
        ("bob", "Blues", "Reds"),
    ]
    assert sync_all_series(dry_run=True).updated == 0
    assert find_all_drift() == []


def test_nobody_is_disqualified_in_the_future(take):
    lines = (
        entered("ada", status="running", out="cheated,2999-01-01T00:00:00Z"),
        entered("bob", status="running"),
    )

    answer = take("import_tournaments", HEAD, *lines)

    assert "disqualified_at 2999-01-01 00:00 is in the future" in str(answer)
    assert not Disqualification.objects.exists()
    assert not Tournament.objects.exists()


def test_the_entry_of_a_team_without_its_players_is_not_dropped(take):
    answer = take("import_tournaments", HEAD, entered(team="Reds", entry="withdrawn", status="running"))

    assert "entry: it is of a player; name the players of the team" in str(answer)
    assert not Tournament.objects.exists()
