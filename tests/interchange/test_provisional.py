"""Tournaments made from their matches, and the file that tells what they really were, in any order."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from django.db import transaction

from deltacrown.accounts.models import User
from deltacrown.games.models import Game
from deltacrown.teams.services import ensure_teams, join_team
from deltacrown.tournaments.models import (
    Tournament,
)
from deltacrown.tournaments.services import complete_tournament, start_tournament
from deltacrown.tournaments.services.standings import Standing
from tests import scene
from tests.interchange.files import dump, run_import, tell

pytestmark = [pytest.mark.django_db, pytest.mark.once]

MATCHES = "match_key,game,player,result,played_at,team,tournament,round\n"
TOURNAMENTS = "tournament,name,game,starts_at,ends_at,status,player,team,placement,prize,registered_at\n"
DATES = "2019-03-01T10:00:00Z,2019-03-02T20:00:00Z"


def played(key: str, player: str, result: str, hour: int, *, team: str = "", cup: str = "cup") -> str:
    return f"{key},cs2,{player},{result},2019-03-01T{hour:02}:30:00Z,{team},{cup},Final\n"


def entered(
    player: str,
    team: str = "",
    placement: str = "",
    *,
    cup: str = "cup",
    status: str = "completed",
    at: str = "",
) -> str:
    return f"{cup},The Real Cup {cup},cs2,{DATES},{status},{player},{team},{placement},,{at}\n"


#: What two files say of the same tournaments: matches, tournaments.
FILES = {
    "players": (
        played("m2", "ada", "win", 14) + played("m2", "bob", "loss", 14)
        + played("m1", "ada", "win", 12) + played("m1", "cyd", "loss", 12),
        entered("ada", placement="1") + entered("bob", placement="2", at="2019-02-01T00:00:00Z")
        + entered("cyd", placement="2") + entered("eve", placement="dq: asleep"),
    ),
    "teams that the matches name": (
        played("m2", "ada", "win", 14, team="Reds") + played("m2", "bob", "loss", 14, team="Blues")
        + played("m1", "ada", "win", 12, team="Reds") + played("m1", "cyd", "loss", 12, team="Blues"),
        entered("ada", "Reds", "1") + entered("eve", "Reds", "1")
        + entered("bob", "Blues", "2") + entered("cyd", "Blues", "2"),
    ),
    "teams that the matches do not name": (
        played("m1", "ada", "win", 12) + played("m1", "bob", "loss", 12),
        entered("ada", "Reds", "1") + entered("bob", "Blues", "2"),
    ),
    "teams that some lines name": (
        played("m1", "ada", "win", 12) + played("m1", "bob", "loss", 12)
        + played("m2", "ada", "win", 14, team="Reds") + played("m2", "bob", "loss", 14),
        entered("ada", "Reds", "1") + entered("bob", "Blues", "2"),
    ),
    "players, though the matches name teams": (
        played("m1", "ada", "win", 12, team="Sweden") + played("m1", "bob", "loss", 12, team="Norway"),
        entered("ada", placement="1") + entered("bob", placement="2"),
    ),
    "a team with its members": (
        played("m1", "dan", "win", 12, team="Reds") + played("m1", "bob", "loss", 12, team="Blues"),
        entered("", "Reds", "1") + entered("bob", "Blues", "2"),
    ),
    "a player whom the standings do not know": (
        played("m1", "ada", "win", 12) + played("m1", "zoe", "loss", 12),
        entered("ada", placement="1") + entered("bob", placement="2"),
    ),
    "a player of no roster": (
        played("m1", "ada", "win", 12, team="Reds") + played("m1", "zoe", "loss", 12),
        entered("ada", "Reds", "1") + entered("bob", "Blues", "2"),
    ),
    "a running tournament": (
        played("m1", "ada", "win", 12) + played("m1", "zoe", "loss", 12),
        entered("ada", status="running") + entered("bob", status="running"),
    ),
    "an open tournament": (
        played("m1", "ada", "win", 12) + played("m1", "zoe", "loss", 12), entered("ada", status="open")
    ),
    "several tournaments": (
        played("m1", "ada", "win", 12) + played("m1", "bob", "loss", 12)
        + played("m2", "ada", "win", 13, cup="other", team="Reds")
        + played("m2", "bob", "loss", 13, cup="other", team="Blues"),
        entered("ada", placement="1") + entered("bob", placement="2")
        + entered("ada", "Reds", "2", cup="other") + entered("bob", "Blues", "1", cup="other"),
    ),
}  # fmt: skip


@pytest.fixture(autouse=True)
def known(db: None) -> None:
    """A game, and a team with one member."""
    Game.objects.create(slug="cs2", name="Counter-Strike 2")
    dan = scene.player("dan")
    join_team(team=ensure_teams(names=["Reds"])["Reds"], user=dan, joined_at=scene.at(-100_000))


@contextmanager
def taken_back() -> Iterator[None]:
    with transaction.atomic():
        yield
        transaction.set_rollback(True)


def take(folder: Path, command: str, text: str, batch_size: int) -> None:
    path = folder / f"{command}.csv"
    path.write_text((MATCHES if command == "import_matches" else TOURNAMENTS) + text)
    outcome = run_import(command, path, create_missing=True, batch_size=batch_size)
    assert (outcome.exit_code, outcome.reasons) == (0, {})


@pytest.mark.parametrize("what", FILES)
@pytest.mark.parametrize("batch_size", [1, 500])
def test_the_order_of_the_two_files_does_not_matter(tmp_path, find_all_drift, what, batch_size):
    matches, tournaments = FILES[what]
    with taken_back():
        take(tmp_path, "import_tournaments", tournaments, 500)
        take(tmp_path, "import_matches", matches, 500)
        expected = tell()

    take(tmp_path, "import_matches", matches, batch_size)
    take(tmp_path, "import_tournaments", tournaments, batch_size)

    assert tell() == expected
    assert not Tournament.objects.filter(is_provisional=True).exists()
    assert find_all_drift() == []


@pytest.mark.parametrize("what", FILES)
def test_what_is_guessed_does_not_depend_on_batches(tmp_path, what):
    matches, _ = FILES[what]
    with taken_back():
        take(tmp_path, "import_matches", matches, 500)
        expected = tell()

    take(tmp_path, "import_matches", matches, 1)

    assert tell() == expected
    assert set(Tournament.objects.values_list("is_provisional", flat=True)) == {True}


@pytest.mark.parametrize("what", FILES)
def test_both_files_once_more_change_nothing(tmp_path, what):
    matches, tournaments = FILES[what]
    take(tmp_path, "import_matches", matches, 500)
    take(tmp_path, "import_tournaments", tournaments, 500)
    before = dump()

    take(tmp_path, "import_matches", matches, 500)
    take(tmp_path, "import_tournaments", tournaments, 500)

    assert dump() == before


def test_what_was_told_is_compared(tmp_path):
    matches, tournaments = FILES["players"]
    take(tmp_path, "import_matches", matches, 500)
    take(tmp_path, "import_tournaments", tournaments, 500)
    before = dump()
    path = tmp_path / "other.csv"
    path.write_text(TOURNAMENTS + tournaments.replace("The Real Cup", "Another"))

    outcome = run_import("import_tournaments", path)

    assert "name is The Real Cup cup, the file says Another cup" in outcome.reasons[2]
    assert dump() == before


def test_another_game_is_no_guess(tmp_path):
    Game.objects.create(slug="chess", name="Chess")
    take(tmp_path, "import_matches", FILES["players"][0], 500)
    before = dump()
    path = tmp_path / "other.csv"
    path.write_text(TOURNAMENTS + FILES["players"][1].replace(",cs2,", ",chess,"))

    outcome = run_import("import_tournaments", path, create_missing=True)

    assert "game is cs2, the file says chess" in outcome.reasons[2]
    assert dump() == before


def test_results_that_were_recorded_are_no_guess(tmp_path):
    take(tmp_path, "import_matches", FILES["players"][0], 500)
    cup, ada = Tournament.objects.get(), User.objects.get(username="ada")
    start_tournament(tournament=cup)
    complete_tournament(tournament=cup, standings=[Standing(user=ada, placement=1)], now=scene.NOON)
    path = tmp_path / "other.csv"

    path.write_text(TOURNAMENTS + FILES["teams that the matches name"][1])
    as_teams = run_import("import_tournaments", path, create_missing=True)
    path.write_text(TOURNAMENTS + entered("ada", placement="1"))
    as_players = run_import("import_tournaments", path)

    assert "entrants is SOLO, the file says TEAM" in as_teams.reasons[2]
    assert as_players.exit_code == 0
    assert Tournament.objects.get().name == "The Real Cup cup"
